from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geoframe import DataError
from geoframe_pathways.data.columns import as_frame
from geoframe_pathways.data.config import TableDataConfig
from geoframe_pathways.data.encoder import Encoder, fit_encoder
from geoframe_pathways.data.reading import load_table, stream
from geoframe_pathways.data.table import make_table
from geoframe_pathways.datasets.builtin import BuiltIn
from geoframe_pathways.datasets.functions import FUNCTIONS, FunctionGrid
from geoframe_pathways.datasets.uci import UCIRegression
from geoframe_registry import configs


def config(**options: object) -> TableDataConfig:
    dataset = configs.component("dataset", {"name": "function-grid"})
    return TableDataConfig(dataset=dataset, **options)  # type: ignore[arg-type]


@pytest.fixture
def frame() -> pd.DataFrame:
    random = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "size": random.normal(50, 10, 40),
            "kind": random.choice(["a", "b", "c"], 40),
            "always": 3,
            "note": [f"text {index}" for index in range(40)] * 1,
            "value": random.normal(size=40),
        }
    )


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".csv.gz", ".parquet"])
def test_the_same_table_in_every_format(frame: pd.DataFrame, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"table{suffix}"
    if suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False, sep="\t" if suffix == ".tsv" else ",")
    table = load_table(config(path=path, target="value"))
    assert table.task == "regression"
    pd.testing.assert_frame_equal(table.features, frame.drop(columns="value"), check_dtype=False)
    np.testing.assert_allclose(table.target.astype(float), frame["value"])
    streamed = pd.concat([piece for piece, _ in stream(path)])
    np.testing.assert_allclose(streamed["size"], frame["size"])
    assert list(stream(path))[-1][1] == pytest.approx(1.0)


def test_arrays_in_npz(tmp_path: Path) -> None:
    path = tmp_path / "images.npz"
    images = np.random.default_rng(0).integers(0, 255, (30, 4, 5)).astype(np.uint8)
    np.savez(path, x=images, y=np.arange(30) % 3)
    table = load_table(config(path=path))
    assert table.features.shape == (30, 20)
    assert table.task == "classification"


def test_the_task_is_guessed(frame: pd.DataFrame) -> None:
    def guess(target: object) -> str:
        return make_table(frame, np.array(target), "t", "auto").task

    assert guess(["x", "y"] * 20) == "classification"
    assert guess([True, False] * 20) == "classification"
    assert guess(list(range(4)) * 10) == "classification"
    assert guess(range(40)) == "regression"
    assert guess([0.0, 1.0] * 20) == "regression"


def test_columns_are_encoded_on_the_training_rows(frame: pd.DataFrame) -> None:
    frame.loc[3, "size"] = np.nan
    encoder, dropped = fit_encoder(frame, "column")
    assert encoder.names == [
        *("size", "value", "size missing", "kind=a", "kind=b", "kind=c"),
        *(f"note={text}" for text in sorted(frame["note"])),
    ]
    assert dropped == ["column 'always' is constant and was left out"]
    x = encoder.encode(frame)
    assert x.dtype == np.float32
    np.testing.assert_allclose(x[np.arange(40) != 3, 0].mean(), 0, atol=1e-5)
    assert x[:, 2].tolist() == [0, 0, 0, 1] + [0] * 36
    assert (x[:, 3:6].sum(axis=1) == 1).all()
    new = frame.head(1).assign(kind="unseen", size=encoder.numeric[0].fill)
    assert encoder.encode(new)[0, 3:6].tolist() == [0, 0, 0]
    import attrs

    assert Encoder.from_plain(attrs.asdict(encoder)) == encoder


def test_one_scale_for_all_pixels() -> None:
    x = np.random.default_rng(0).normal(size=(100, 3)) * [1.0, 10.0, 0.1]
    common, _ = fit_encoder(as_frame(x), "common")
    spreads = common.encode(x).std(axis=0)
    np.testing.assert_allclose(spreads / spreads[0], x.std(axis=0) / x.std(axis=0)[0], rtol=1e-4)
    untouched, _ = fit_encoder(as_frame(x), "none")
    np.testing.assert_allclose(untouched.encode(x), x, rtol=1e-5)


def test_missing_columns_are_named(frame: pd.DataFrame) -> None:
    encoder, _ = fit_encoder(frame, "column")
    with pytest.raises(DataError, match=r"'size'.*missing; did you mean 'sise'"):
        encoder.encode(frame.rename(columns={"size": "sise"}))
    with pytest.raises(DataError, match="'size' should hold numbers"):
        encoder.encode(frame.assign(size="large"))


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (b"a,b\n1,2\n", {}, "1 rows; at least 10"),
        (b"a\n1\n", {}, "1 column"),
        (b"", {}, "cannot be read"),
        (b"a,b\n" + b"1,2\n" * 20, {"target": "c"}, "no column 'c'"),
        (b"a,b\n" + b"1,2\n" * 20, {"task": "regression"}, "same value in every row"),
        (b"a,b\n" + b"1,x\n2,y\n" * 20, {"task": "regression"}, "not numeric"),
        (b"a,b\n" + b"1,inf\n2,1.5\n" * 20, {}, "infinite"),
    ],
)
def test_bad_tables_are_told(
    tmp_path: Path, content: bytes, options: dict[str, object], message: str
) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        load_table(config(path=path, **options))


def test_rows_without_a_target_are_left_out(frame: pd.DataFrame) -> None:
    target = frame["value"].to_numpy().copy()
    target[:4] = np.nan
    table = make_table(frame, target, "value", "auto")
    assert len(table) == 36
    assert table.repairs == ("left out 4 rows without 'value'",)
    with pytest.raises(DataError, match="predefined split"):
        make_table(frame, target, "value", "auto", test_rows=np.arange(3))


def test_predefined_splits(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame.to_csv(tmp_path / "t.csv", index=False)
    np.savez(tmp_path / "s.npz", test_0=np.arange(5), test_1=np.array([38, 41]))
    found = load_table(config(path=tmp_path / "t.csv", splits=tmp_path / "s.npz"))
    assert found.test_rows is not None
    assert found.test_rows.tolist() == [0, 1, 2, 3, 4]
    for split, message in ((1, "does not fit"), (2, "no array 'test_2'")):
        with pytest.raises(DataError, match=message):
            load_table(config(path=tmp_path / "t.csv", splits=tmp_path / "s.npz", split=split))


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_functions_on_grids(name: str) -> None:
    table = FunctionGrid(function=name, dims=2, side=21).load()  # type: ignore[arg-type]
    assert len(table) == 21**2
    x, y = table.features.to_numpy(), table.target
    best = x[np.asarray(y).argmin()]
    if name in ("ackley", "rastrigin"):
        np.testing.assert_allclose(best, 0, atol=1e-12)
        assert float(y.min()) == pytest.approx(0, abs=1e-9)
    if name == "rosenbrock":
        np.testing.assert_allclose(best, 1, atol=1e-12)
    if name == "himmelblau":
        assert np.abs(best - [3.0, 2.0]).min() <= 0.5


def test_grids_that_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="needs 2 coordinates"):
        FunctionGrid(function="himmelblau", dims=3).load()
    with pytest.raises(DataError, match="too large"):
        FunctionGrid(dims=12, side=100).load()
    with pytest.raises(DataError, match="no such dataset file"):
        UCIRegression(root=tmp_path).load()


def test_tables_of_scikit_learn() -> None:
    assert BuiltIn().load().task == "regression"
    digits = BuiltIn(table="digits").load()
    assert (digits.task, digits.scaling, digits.features.shape[1]) == (
        "classification",
        "common",
        64,
    )


def test_columns_as_people_have_them(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "city": random.choice(["Oslo", "Łódź", None], 300),
            "flag": pd.Series(random.choice([True, False], 300), dtype=object),
            "code": pd.Series(random.choice([3.0, 5.0], 300), dtype=object),
            "when": pd.date_range("2020-01-01", periods=300, freq="7h").astype(str),
            "make": [f"m{number}" for number in random.zipf(1.5, 300)],
            "wrong": np.where(np.arange(300) == 7, 1e300, random.normal(size=300)),
        }
    )
    frame.loc[5, "flag"] = None
    frame.loc[6, "code"] = "x"
    frame["list"] = [[1, 2]] * 300
    encoder, notes = fit_encoder(frame, "column")
    levels = {column.name: column.levels for column in encoder.categories}
    assert levels["city"] == ("", "Oslo", "Łódź")
    assert levels["flag"] == ("", "False", "True")
    assert levels["code"] == ("3", "5", "x")  # whole numbers, also where they were read as floats
    assert len(levels["make"]) == 64
    assert [column.name for column in encoder.numeric if column.date] == ["when"]
    assert any("'wrong': numbers cut off" in note for note in notes)
    assert any("'list' holds lists" in note for note in notes)
    x = encoder.encode(frame)
    assert np.isfinite(x).all()
    place = encoder.names.index("wrong")
    assert x[np.arange(300) != 7, place].std() > 0.2  # one slip does not set the scale
    dates = pd.to_datetime(frame["when"], utc=True).dt.tz_convert("Europe/Rome")
    np.testing.assert_allclose(encoder.encode(frame.assign(when=dates)), x, atol=1e-6)
    with pytest.raises(DataError, match="'when' should hold dates"):
        encoder.encode(frame.assign(when="soon"))


@pytest.mark.parametrize(
    ("name", "write", "note"),
    [
        ("t.csv", {"sep": ";"}, ""),
        ("t.csv", {"sep": ";", "decimal": ","}, ""),
        ("t.csv", {"index": True}, "counts the rows"),
        ("t.txt", {"sep": " ", "header": False}, "no line of names"),
        ("t.data", {"header": False, "na_rep": "?"}, "no line of names"),
        ("t.csv.zip", {}, ""),
    ],
)
def test_files_as_people_have_them(
    name: str, write: dict[str, object], note: str, tmp_path: Path
) -> None:
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(50, 3)), columns=["a", "b", "c"])
    if "na_rep" in write:
        frame.loc[3, "b"] = np.nan
    frame.to_csv(tmp_path / name, **{"index": False, **write})  # type: ignore[arg-type]
    table = load_table(config(path=tmp_path / name))
    np.testing.assert_allclose(table.features.to_numpy(), frame[["a", "b"]])
    np.testing.assert_allclose(table.target.astype(float), frame["c"])
    assert note in " ".join(table.repairs)
    streamed = pd.concat([piece for piece, _ in stream(tmp_path / name)])
    np.testing.assert_allclose(streamed[table.features.columns], table.features)


def test_targets_of_objects() -> None:
    features = pd.DataFrame({"a": np.arange(40.0)})
    for target, task, kind in (
        ([1, 2, None, 3] * 10, "classification", "i"),
        ([f"{value}.5" for value in range(40)], "classification", "U"),
        ([True, "x"] * 20, "classification", "U"),
    ):
        if kind == "U" and len(set(target)) == 40:
            with pytest.raises(DataError, match="40 classes in 40 rows"):
                make_table(features, np.array(target, dtype=object), "t", "auto")
            continue
        table = make_table(features, np.array(target, dtype=object), "t", "auto")
        assert (table.task, table.target.dtype.kind) == (task, kind)
    lists = np.empty(40, dtype=object)
    lists[:] = [[1]] * 40
    with pytest.raises(DataError, match="holds lists"):
        make_table(features, lists, "t", "auto")
    with pytest.raises(DataError, match="0 rows; at least 10"):
        make_table(features.head(0), np.array([]), "t", "auto")


def test_images_in_an_array_of_any_name(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 255, (30, 4, 5)).astype(np.uint8)
    np.savez(tmp_path / "i.npz", images=images, label=np.arange(30) % 3)
    table = load_table(config(path=tmp_path / "i.npz", target="label"))
    assert (table.features.shape, table.scaling) == ((30, 20), "common")
    with pytest.raises(DataError, match=r"no array 'lable'.*did you mean 'label'"):
        load_table(config(path=tmp_path / "i.npz", target="lable"))
