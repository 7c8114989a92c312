import numpy as np
import pytest

from geoframe.api import configure
from geoframe_ames.datasets.known_geometry import KnownGeometry, Shape
from geoframe_lgi.data import load_rows


@pytest.mark.parametrize(("shape", "rows"), [("tree", 127), ("sphere", 250), ("blobs", 250)])
def test_rows_of_a_shape_have_four_classes_and_a_seed_of_their_own(shape: Shape, rows: int) -> None:
    first, other = KnownGeometry(shape=shape), KnownGeometry(shape=shape, seed=1, noise=0.1)
    table = first.load()
    assert len(table) == rows
    assert sorted(set(table.frame["class"])) == list("abcd")
    assert first.fingerprint() == KnownGeometry(shape=shape, seed=0).fingerprint()
    assert other.fingerprint() != first.fingerprint()


def test_neighbours_in_the_tree_differ_in_one_column() -> None:
    frame = KnownGeometry(shape="tree").load().frame
    features = frame.drop(columns="class").to_numpy(dtype=float)
    assert np.abs(features[1:3] - features[0]).sum(axis=1).tolist() == [1, 1]
    assert np.abs(features[3] - features[6]).sum() == 4  # over the root


def test_the_seed_of_a_run_draws_the_rows() -> None:
    data = {"dataset": {"name": "known-geometry", "shape": "blobs"}}
    prints = [
        load_rows(configure("ames", {"data": data}).data, seed).task.fingerprint()
        for seed in (0, 1, 1)
    ]
    assert prints[0] != prints[1] == prints[2]
