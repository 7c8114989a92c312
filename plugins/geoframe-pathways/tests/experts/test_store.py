from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors import safe_open

from geoframe import RunError
from geoframe_pathways.experts.pack import read_header, write_pack
from geoframe_pathways.experts.store import PAGES, ExpertStore

ROWS, COLUMNS = 50, 37


@pytest.fixture
def matrix() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(ROWS, COLUMNS)).astype(np.float32)


@pytest.fixture
def pack(tmp_path: Path, matrix: np.ndarray) -> Path:
    path = tmp_path / "experts.safetensors"
    write(path, matrix)
    return path


def write(path: Path, matrix: np.ndarray) -> None:
    arrays = {"prototypes": np.arange(15.0).reshape(5, 3), "odd": np.arange(7, dtype=np.uint8)}
    write_pack(
        path,
        metadata='{"any": "thing"}',
        arrays=arrays,
        experts=np.array_split(matrix, 3),
        count=len(matrix),
        columns=matrix.shape[1],
    )


def test_a_pack_is_plain_safetensors(pack: Path, matrix: np.ndarray) -> None:
    with safe_open(pack, "numpy") as file:
        np.testing.assert_array_equal(file.get_tensor("experts"), matrix)
        np.testing.assert_array_equal(file.get_slice("experts")[3], matrix[3])
        np.testing.assert_array_equal(file.get_tensor("prototypes").ravel(), np.arange(15.0))
        assert file.metadata() == {"pathways": '{"any": "thing"}'}
    header = read_header(pack)
    assert (header.rows, header.columns, header.offset % 64) == (ROWS, COLUMNS, 0)
    assert header.arrays["odd"].tolist() == list(range(7))


@given(asked=st.lists(st.integers(0, ROWS - 1), max_size=60), cached=st.integers(1, 6))
def test_rows_are_right_whatever_is_cached(
    asked: list[int], cached: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "shared.safetensors"
    matrix = np.arange(ROWS * COLUMNS, dtype=np.float32).reshape(ROWS, COLUMNS)
    if not path.exists():
        write(path, matrix)
    budget = cached * (4 * COLUMNS + 2 * PAGES)
    store = ExpertStore(path, cache_bytes=budget)
    for expert in asked:
        np.testing.assert_array_equal(store.row(expert), matrix[expert])
    assert store.footprint().cached == 4 * COLUMNS * min(cached, len(set(asked)))
    np.testing.assert_array_equal(store.rows(asked), matrix[asked])


def test_a_row_cannot_be_written_to(pack: Path) -> None:
    with pytest.raises(ValueError, match="read-only"):
        ExpertStore(pack).row(0)[0] = 1.0


def test_an_expert_that_is_not_there(pack: Path) -> None:
    store = ExpertStore(pack)
    for expert in (-1, ROWS):
        with pytest.raises(IndexError, match=f"there are {ROWS}"):
            store.row(expert)


def test_one_expert_is_replaced_and_the_others_stay(pack: Path, matrix: np.ndarray) -> None:
    before = pack.read_bytes()
    store, other = ExpertStore(pack), ExpertStore(pack)
    new = np.full(COLUMNS, 7.0, dtype=np.float32)
    other.row(11)
    store.replace(11, new)
    assert pack.read_bytes() == before
    np.testing.assert_array_equal(store.row(11), new)
    np.testing.assert_array_equal(other.row(11), matrix[11])
    other.refresh()
    np.testing.assert_array_equal(other.row(11), new)
    np.testing.assert_array_equal(ExpertStore(pack).row(11), new)
    matrix[11] = new
    np.testing.assert_array_equal(other.rows(range(ROWS)), matrix)
    store.compact()
    assert not store.replaced
    np.testing.assert_array_equal(store.rows(range(ROWS)), matrix)
    np.testing.assert_array_equal(ExpertStore(pack).rows(range(ROWS)), matrix)


def test_a_reader_meets_the_old_expert_or_the_new_one(pack: Path) -> None:
    store = ExpertStore(pack)
    store.replace(3, np.zeros(COLUMNS, dtype=np.float32))
    seen: set[tuple[float, ...]] = set()
    stop = threading.Event()

    def read() -> None:
        reader = ExpertStore(pack)
        while not stop.is_set():
            reader.refresh()
            seen.add(tuple(np.unique(reader.row(3))))

    thread = threading.Thread(target=read)
    thread.start()
    for value in range(1, 30):
        store.replace(3, np.full(COLUMNS, value, dtype=np.float32))
    stop.set()
    thread.join()
    assert all(len(values) == 1 for values in seen)


def test_what_is_no_row_is_refused(pack: Path) -> None:
    store = ExpertStore(pack)
    with pytest.raises(ValueError, match="shape"):
        store.replace(0, np.zeros(COLUMNS + 1, dtype=np.float32))
    with pytest.raises(IndexError):
        store.replace(ROWS, np.zeros(COLUMNS, dtype=np.float32))


@pytest.mark.parametrize("size", [0, 5, 100, -1])
def test_a_damaged_pack_is_told_in_one_line(pack: Path, size: int) -> None:
    content = pack.read_bytes()
    pack.write_bytes(content[:size])
    with pytest.raises(RunError, match="cannot be read as an expert pack") as failure:
        ExpertStore(pack)
    assert "\n" not in str(failure.value)


def test_a_failed_write_leaves_the_old_pack(pack: Path, matrix: np.ndarray) -> None:
    def broken() -> object:
        yield matrix[:10]
        raise OSError(28, "no space left on device")

    with pytest.raises(RunError, match="the disk is full"):
        write_pack(
            pack,
            metadata="{}",
            arrays={},
            experts=broken(),  # type: ignore[arg-type]
            count=ROWS,
            columns=COLUMNS,
        )
    np.testing.assert_array_equal(ExpertStore(pack).rows(range(ROWS)), matrix)
    assert [path.name for path in pack.parent.iterdir()] == [pack.name]
