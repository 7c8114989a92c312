"""Arrays written for other tools."""

import numpy as np
import pandas as pd
import pytest

from geoframe import DataError
from geoframe.run.tables import write_arrays

ARRAYS = {
    "name": np.array(["NA", "é", "a,b", ""]),
    "space": np.arange(8, dtype=np.float32).reshape(4, 2),
    "rank": np.arange(4),
}


def test_npz_keeps_arrays_as_they_are(tmp_path):
    write_arrays(tmp_path / "c.npz", ARRAYS)
    with np.load(tmp_path / "c.npz", allow_pickle=False) as back:
        for name, array in ARRAYS.items():
            np.testing.assert_array_equal(back[name], array)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_tables_get_a_column_per_coordinate(tmp_path, suffix):
    path = tmp_path / f"c{suffix}"
    write_arrays(path, ARRAYS)
    frame = pd.read_csv(path, keep_default_na=False) if suffix == ".csv" else pd.read_parquet(path)
    assert list(frame.columns) == ["name", "space_0", "space_1", "rank"]
    assert frame["name"].tolist() == ARRAYS["name"].tolist()
    np.testing.assert_array_equal(frame[["space_0", "space_1"]], ARRAYS["space"])


def test_an_unknown_suffix_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"c\.xls: cannot tell the format"):
        write_arrays(tmp_path / "c.xls", ARRAYS)
