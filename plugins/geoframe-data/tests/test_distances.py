"""Every format gives the same distances, and every bad one a line that says why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from geoframe.errors import DataError
from geoframe_data import Distances, read_distances, repaired_distances
from geoframe_data.testing.distances import NAMES, VALUES, bad_distances, good_distances
from geoframe_data.testing.files import SuiteFile, check_refused, named


def load(path: Any, **options: Any) -> Distances:
    return repaired_distances(read_distances(path), **options)


@pytest.mark.parametrize("file", named(good_distances()))
def test_every_file_holds_the_same_distances(tmp_path: Path, file: SuiteFile) -> None:
    found = load(file.write(tmp_path), **file.options)
    assert found.names in (NAMES, ("0", "1", "2"))
    np.testing.assert_allclose(found.values, VALUES, rtol=3e-7)
    assert found.symmetric


@pytest.mark.parametrize("file", named(bad_distances()))
def test_bad_distances_get_one_line(tmp_path: Path, file: SuiteFile) -> None:
    check_refused(file, tmp_path, load)


def test_asymmetry_follows_the_policy() -> None:
    given = np.array([[0, 1.0], [3, 0]])
    for policy, there, back in (("mean", 2, 2), ("min", 1, 1), ("max", 3, 3), ("keep", 1, 3)):
        found = load(given, asymmetry=policy)
        assert found.values[[0, 1], [1, 0]].tolist() == [there, back]
    assert not found.symmetric
    assert repr(found) == "Distances(2 items, directed)"


def test_missing_distances_follow_the_policy() -> None:
    given = VALUES.copy()
    given[0, 2] = np.nan
    found = load(given)
    assert found.values[0, 2] == 2  # taken from the other direction
    given[2, 0] = np.nan
    found = load(given, missing="mask")
    assert np.isnan(found.values).sum() == 2
    assert "2 distances are missing" in found.repairs[0]
    with pytest.raises(DataError, match="is missing"):
        load(given)


def test_frames_and_arrays_in_memory() -> None:
    frame = pd.DataFrame(VALUES, index=list(NAMES), columns=list(NAMES))
    assert load(frame).names == NAMES
    assert load(VALUES[np.triu_indices(3, 1)]).values.tolist() == VALUES.tolist()


def test_the_fingerprint_sees_names_and_distances() -> None:
    one = Distances(names=NAMES, values=VALUES)
    other = Distances(names=("a", "b", "d"), values=VALUES)
    double = Distances(names=NAMES, values=2 * VALUES)
    assert len({one.fingerprint(), other.fingerprint(), double.fingerprint()}) == 3
    assert one.fingerprint() == Distances(names=NAMES, values=VALUES.copy()).fingerprint()
