import attrs
import numpy as np
import pytest
from hnn_trees import complete, path, random_tree

import geoframe
from geoframe.run.directory import Run
from geoframe_embedding.comparison import ratios_of
from geoframe_hnn.arrays.tree_arrays import fit_arrays
from geoframe_hnn.quality import evaluation_pairs, measure_items


def test_what_is_easy_is_left_as_it_was_laid_out() -> None:
    tree = complete(2, 5)
    found = fit_arrays(tree, 3, radius=15.0, steps=50, seed=0)
    plain = fit_arrays(tree, 3, radius=15.0, steps=0, seed=0)
    np.testing.assert_array_equal(found.poincare, plain.poincare)
    assert found.poincare.dtype == found.lorentz.dtype == np.float32
    assert found.lorentz.shape == (63, 4)
    for distances in (found.in_ball, found.on_hyperboloid):
        assert measure_items(distances, tree, "edges", 63)["map_edges"] == 1.0


def test_refinement_helps_where_there_is_little_room() -> None:
    tree = random_tree(100)
    found = [
        measure_items(
            fit_arrays(tree, 2, radius=6.0, steps=steps, seed=0).in_ball, tree, "edges", 100
        )["map_edges"]
        for steps in (0, 80)
    ]
    assert found[1] > found[0] + 0.05


def test_lengths_of_a_weighted_tree_are_kept_in_its_unit() -> None:
    tree = random_tree(80, ratio=10.0)
    pairs = evaluation_pairs(tree, 10**6)
    small, large = (
        fit_arrays(attrs.evolve(tree, length=factor * tree.length), 5, radius=15.0, steps=9, seed=0)
        for factor in (1.0, 7.0)
    )
    assert ratios_of(small.in_ball, pairs).relative_error < 0.2
    assert large.unit == pytest.approx(7.0 * small.unit)


def test_a_single_node() -> None:
    found = fit_arrays(path(1), 2, radius=15.0, steps=9, seed=0)
    assert found.poincare.tolist() == [[0.0, 0.0]]
    assert found.lorentz.tolist() == [[1.0, 0.0, 0.0]]


def test_a_run_keeps_measures_and_exports_them(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(Run, "write_figure", lambda *_: None)
    data = {"dataset": {"name": "random-tree", "nodes": 40}}
    config = {"data": data, "hnn": {"radius": 8.0, "refine": 5}}
    run = geoframe.run_method("hnn", config, path=tmp_path / "run")
    trained = geoframe.open_run(run.path).load()
    arrays = trained.arrays
    assert np.linalg.norm(arrays.poincare, axis=1).max() == pytest.approx(np.tanh(4.0), rel=1e-5)
    metrics = run.results["metrics"]
    expected = measure_items(arrays.in_ball, trained.tree, "edges", 200)["map_edges"]
    assert metrics["float32_poincare_map_edges"] == pytest.approx(expected)
    assert metrics["float32_lorentz_map_edges"] == pytest.approx(expected, abs=0.05)
    assert any("float32 coordinates" in line for line in run.results["verdict"])
    trained.export(tmp_path / "out")
    with np.load(tmp_path / "out/coordinates.npz") as found:
        np.testing.assert_array_equal(found["poincare"], arrays.poincare)
        np.testing.assert_array_equal(found["lorentz"], arrays.lorentz)
        assert found["name"].tolist() == list(trained.names)
