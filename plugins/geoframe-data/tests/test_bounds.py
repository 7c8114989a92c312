"""Small files that unpack to gigabytes, and tables too wide: one line, in bounded memory."""

from __future__ import annotations

import gzip
import io
import zipfile

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from geoframe.data import UNPACKED_LEAST, unpacked_bound
from geoframe.errors import DataError
from geoframe_data.arrays import load_arrays
from geoframe_data.files import open_file
from geoframe_data.scene_files.archive import read_npz
from geoframe_data.table import MAX_COLUMNS, read_table


def test_a_small_file_unpacks_to_no_gigabytes_unasked(tmp_path):
    path = tmp_path / "x.csv.gz"
    block = gzip.compress(b"1,2\n" * 2**22, 1)
    path.write_bytes(block * 17)
    with pytest.raises(DataError, match="allows more"):
        open_file(path)
    assert len(open_file(path, max_bytes=2**30).content) == 17 * 2**24


def test_the_bound_of_a_packed_file():
    assert unpacked_bound(1) == UNPACKED_LEAST
    assert unpacked_bound(2**24) == 40 * 2**24
    assert unpacked_bound(2**31) == 2**31
    assert unpacked_bound(1, 2**40) == 2**40


def test_what_an_npz_says_of_its_size_is_believed_before_it_is_read(tmp_path):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("x.npy", b"\0" * (UNPACKED_LEAST + 1))
    (tmp_path / "x.npz").write_bytes(content.getvalue())
    with pytest.raises(DataError, match="allows more"):
        load_arrays(open_file(tmp_path / "x.npz"))
    with pytest.raises(DataError, match=f"unpacks to more than {UNPACKED_LEAST} bytes"):
        read_npz(tmp_path / "x.npz")


def test_rows_of_a_small_parquet_file_are_counted_before_they_are_read(tmp_path):
    column = pa.array(np.zeros(2_000_000))
    table = pa.table({f"c{number}": column for number in range(20)})
    parquet.write_table(table, tmp_path / "x.parquet", compression="zstd")
    with pytest.raises(DataError, match="allows more"):
        read_table(tmp_path / "x.parquet")


def test_a_table_has_a_bounded_number_of_columns(tmp_path):
    path = tmp_path / "x.csv"
    names = [f"c{number}" for number in range(MAX_COLUMNS + 1)]
    path.write_text(",".join(names) + "\n" + ",".join(["1"] * len(names)) + "\n")
    with pytest.raises(DataError, match=f"has {MAX_COLUMNS + 1} columns; at most"):
        read_table(path)


@pytest.mark.parametrize(
    ("array", "problem"),
    [
        (np.float64(3), "holds no rows"),
        (np.zeros((0, 3)), "holds no rows"),
        (np.zeros(3, complex), "no numbers or texts"),
        (np.zeros(3, [("a", "<i4")]), "no numbers or texts"),
    ],
)
def test_arrays_that_are_no_rows_are_told(tmp_path, array, problem):
    np.savez(tmp_path / "x.npz", x=array)
    with pytest.raises(DataError, match=problem):
        read_table(tmp_path / "x.npz")


def test_a_line_of_very_many_cells_is_refused_before_it_is_split(tmp_path):
    path = tmp_path / "wide.csv"
    path.write_bytes(
        b",".join(b"c%d" % k for k in range(100_000)) + b"\n" + b"1," * 99_999 + b"1\n"
    )
    with pytest.raises(DataError, match="has 100000 columns; at most 20000"):
        read_table(path)
