"""Users' files: one clear line for whatever is wrong."""

import numpy as np
import pytest

from geoframe import DataError
from geoframe.data import (
    listed,
    load_npz,
    read_bytes,
    read_text,
    shown,
    stored_file,
)


def test_text_is_read_with_or_without_a_byte_order_mark(tmp_path):
    for name, content in (("a", "é".encode()), ("b", b"\xef\xbb\xbf" + "é".encode())):
        (tmp_path / name).write_bytes(content)
        assert read_text(tmp_path / name) == "é"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"file: no such file"),
        (b" \n", r"file: the file is empty"),
        (b"ok\nok\n\xff\n", r"file:3: not UTF-8 text; save the file as UTF-8"),
    ],
)
def test_bad_files_are_named(tmp_path, content, message):
    if content is not None:
        (tmp_path / "file").write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_text(tmp_path / "file")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(DataError, match="is a folder; name a file in it"):
        read_bytes(tmp_path)


def test_arrays_come_back_as_they_were_saved(tmp_path):
    np.savez(tmp_path / "a.npz", edges=np.eye(2, dtype=np.int8), names=np.array(["é", "b"]))
    arrays = load_npz(tmp_path / "a.npz")
    assert arrays["edges"].dtype == np.int8
    assert arrays["names"].tolist() == ["é", "b"]


def test_what_is_no_plain_npz_is_refused(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, names=np.array([None, 1], dtype=object))
    with pytest.raises(DataError, match="pickled Python objects, which are never loaded"):
        load_npz(path)
    np.savez_compressed(path, x=np.arange(1000))
    whole = path.read_bytes()
    for damaged in (whole[:200], whole[:60] + b"\xff" * 40 + whole[100:], b"PK nonsense"):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match="not a readable npz file") as caught:
            load_npz(path)
        assert "\n" not in str(caught.value)
    with path.open("wb") as file:
        np.save(file, np.arange(3))
    with pytest.raises(DataError, match="a single array"):
        load_npz(path)
    path.write_text("a,b")
    with pytest.raises(DataError, match="not an npz file"):
        load_npz(path)


def test_long_text_is_cut_and_kept_on_one_line():
    assert shown("a\n  b") == "a b"
    assert len(shown("x" * 1000)) == 60
    assert listed([str(i) for i in range(12)]) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ... (12 in all)"


def test_stored_files_are_found_by_root_or_variable(tmp_path, monkeypatch):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "a.npz").write_bytes(b"x")
    monkeypatch.delenv("GEOFRAME_DATA", raising=False)
    with pytest.raises(
        DataError, match="GEOFRAME_DATA is not set; set GEOFRAME_DATA to the folder"
    ):
        stored_file("set", "a.npz")
    assert stored_file("set", "a.npz", tmp_path / "set") == tmp_path / "set" / "a.npz"
    monkeypatch.setenv("GEOFRAME_DATA", str(tmp_path))
    assert stored_file("set", "a.npz") == tmp_path / "set" / "a.npz"
    with pytest.raises(DataError, match=r"b\.npz: no such dataset file"):
        stored_file("set", "b.npz")
