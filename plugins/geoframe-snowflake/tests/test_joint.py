from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import approx_fprime
from scipy.spatial.distance import cdist

from geoframe import DataError, open_run, run_method
from geoframe.config.toml import TomlTable
from geoframe_data import Distances
from geoframe_embedding.baselines import smacof_baseline
from geoframe_embedding.comparison import ratios_of
from geoframe_embedding.distances import Floats, MatrixDistances
from geoframe_embedding.measures import Ratios
from geoframe_embedding.pairs import choose_pairs
from geoframe_snowflake.datasets import MetricGraph
from geoframe_snowflake.joint.dense import AllPairs, Focus
from geoframe_snowflake.joint.fit import fit_jointly
from geoframe_snowflake.joint.sampled import SomePairs, fit_jointly_sampled
from geoframe_snowflake.joint.search import JointFit, Search
from geoframe_snowflake.metric.cleaning import graph_metric, matrix_metric, point_metric
from geoframe_snowflake.metric.finite_metric import FiniteMetric, GraphMetric
from geoframe_snowflake.metric.points import Points


def metric_of(graph: str, **options: Any) -> GraphMetric:
    return graph_metric(MetricGraph(graph=graph, **options).load())  # type: ignore[arg-type]


def lengths(fit: JointFit) -> Floats:
    r = cdist(fit.points, fit.points)
    power = (r + fit.offset) ** fit.exponent - fit.offset**fit.exponent
    return np.asarray(power + fit.jump * (r > 0))


def stress(given_distances: Floats, embedded: Floats) -> float:
    first, second = np.triu_indices(len(given_distances), 1)
    return Ratios(given=given_distances[first, second], embedded=embedded[first, second]).stress


@given(seed=st.integers(0, 10**6), focus=st.sampled_from(["distances", "neighbors"]))
@settings(max_examples=15)
def test_the_gradient_is_that_of_the_loss(seed: int, focus: Focus) -> None:
    generator = np.random.default_rng(seed)
    distances = cdist(*2 * [generator.standard_normal((9, 3))])
    known = ~np.eye(9, dtype=bool)
    known[2, 5] = known[5, 2] = False
    problem = AllPairs(distances, known, focus)
    search = Search(problem, generator.standard_normal((9, 2)), 1.3, 0.1, most=0.5)
    _, gradient = search._evaluate(search.at)
    expected = approx_fprime(search.at, lambda at: search._evaluate(at)[0], 1e-3)
    np.testing.assert_allclose(gradient, expected, atol=2e-2 * np.abs(expected).max())


@pytest.mark.parametrize("focus", ["distances", "neighbors"])
def test_some_pairs_weigh_as_they_do_among_all(focus: Focus) -> None:
    generator = np.random.default_rng(0)
    distances = cdist(*2 * [generator.standard_normal((9, 3))])
    known = ~np.eye(9, dtype=bool)
    known[2, 5] = known[5, 2] = False
    first, second = (index.ravel() for index in np.indices((9, 9)))
    given = np.where(known, distances, np.nan).ravel()
    some = SomePairs(9, first, second, given, focus)
    every = AllPairs(np.where(known, distances, 0.0), known, focus)
    points = generator.standard_normal((9, 2)).astype(np.float32)
    for ours, theirs in zip(
        some.value(points, 1.3, 0.1, 0.2), every.value(points, 1.3, 0.1, 0.2), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("exponent", [0.6, 1.0, 1.7])
def test_a_power_of_the_plane_is_found_again(exponent: float) -> None:
    points = np.random.default_rng(0).standard_normal((60, 2))
    distances = 5 * cdist(points, points) ** exponent
    fit = fit_jointly(distances, 2, focus="distances", seed=0)
    assert stress(distances, lengths(fit)) < 0.02
    assert fit.exponent == pytest.approx(exponent, abs=0.15)


@pytest.mark.parametrize("graph", ["les-miserables", "karate"])
@pytest.mark.parametrize("dim", [2, 8])
def test_it_is_ahead_of_smacof(graph: str, dim: int) -> None:
    metric = metric_of(graph)
    distances = metric.matrix()
    fit = fit_jointly(distances, dim, focus="distances", seed=0)
    pairs = choose_pairs(metric, 10**6, seed=0)
    ours = ratios_of(MatrixDistances(matrix=lengths(fit)), pairs)
    theirs = ratios_of(smacof_baseline(distances, dim, seed=0).distances, pairs)
    assert ours.stress < theirs.stress
    assert ours.spearman > theirs.spearman - 0.002  # level on the neighbours of a graph at 8


def test_a_fifth_of_the_distances_may_be_missing() -> None:
    points = np.random.default_rng(0).standard_normal((80, 2))
    distances = cdist(points, points)
    missing = np.triu(np.random.default_rng(1).random((80, 80)) < 0.2, 1)
    holed = np.where(missing | missing.T, np.nan, distances)
    fit = fit_jointly(holed, 2, focus="distances", seed=0)
    assert stress(distances, lengths(fit)) < 0.03


def test_twins_and_a_single_place() -> None:
    assert fit_jointly(np.zeros((3, 3)), 2, focus="distances", seed=0).points.shape == (3, 2)
    points = np.repeat(np.random.default_rng(0).standard_normal((20, 2)), 2, axis=0)
    distances = cdist(points, points)
    fit = fit_jointly(distances, 2, focus="distances", seed=0)
    assert stress(distances, lengths(fit)) < 0.03


def test_many_items_try_their_starts_on_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geoframe_snowflake.joint.fit.SAMPLE", 30)
    distances = metric_of("grid", size=9).matrix()
    fit = fit_jointly(distances, 3, focus="neighbors", seed=0)
    theirs = smacof_baseline(distances, 3, seed=0, starts=1)
    found = theirs.distances.rows(np.arange(len(distances)))
    assert stress(distances, lengths(fit)) < stress(distances, found)


@pytest.mark.parametrize("kind", ["graph", "points", "gaps"])
def test_many_items_are_fitted_to_landmarks_and_neighbours(kind: str) -> None:
    points = np.random.default_rng(0).random((400, 2))
    metric: FiniteMetric
    if kind == "graph":
        metric = metric_of("grid", size=20)
    elif kind == "points":
        metric = point_metric(
            Points(names=[str(i) for i in range(400)], values=points, origin="points")
        )
    else:
        distances = cdist(points, points)
        hidden = np.triu(np.random.default_rng(1).random(distances.shape) < 0.1, 1)
        distances[hidden | hidden.T] = np.nan
        names = [str(i) for i in range(400)]
        metric = matrix_metric(Distances(names=names, values=distances), missing="mask")
    fit = fit_jointly_sampled(metric, 2, focus="distances", seed=0)
    all_pairs = fit_jointly(metric.matrix(), 2, focus="distances", seed=0)
    whole = metric.completed().matrix()
    assert stress(whole, lengths(fit)) < stress(whole, lengths(all_pairs)) + 0.02


def test_the_nearest_over_a_graph_are_those_of_all_paths() -> None:
    metric = metric_of("grid", size=7)
    nearest, found = metric.nearest(5, np.empty((0, 0)))
    rows = metric.matrix()
    np.testing.assert_allclose(found, np.sort(rows, axis=1)[:, 1:6])
    np.testing.assert_allclose(np.take_along_axis(rows, nearest, axis=1), found)


def test_a_run_fits_points_and_curve_together(tmp_path: Path) -> None:
    config = {
        "data": {"dataset": {"name": "metric-graph", "graph": "les-miserables"}},
        "geometry": {"name": "snowflake-curve", "dim": 4},
        "compare": [],
    }
    run = run_method("snowflake", config, path=tmp_path / "run")
    metrics = run.results["metrics"]
    rows = {row["geometry"]: row for row in run.results["tables"]["comparison"]}
    assert metrics["stress_pairs"] < rows["SMACOF (4 starts)"]["stress_pairs"]
    assert metrics["seconds"] < 20 * rows["SMACOF (4 starts)"]["seconds"]
    trained = open_run(run.path).load()
    distances = metric_of("les-miserables").matrix()
    assert stress(distances, trained.matrix()) == pytest.approx(metrics["stress_pairs"], rel=1e-4)
    assert (run.path / "figures" / "learned-curve.svg").exists()


@pytest.mark.parametrize("gaps", [True, False])
def test_distances_that_no_points_have_are_fitted_and_measured(tmp_path: Path, gaps: bool) -> None:
    points = np.random.default_rng(0).standard_normal((40, 2))
    distances = cdist(points, points)
    if gaps:
        hidden = np.triu(np.random.default_rng(1).random((40, 40)) < 0.2, 1)
        distances[hidden | hidden.T] = np.nan
    else:
        distances[3, 4] = distances[4, 3] = 0.0
    np.savez(tmp_path / "d.npz", distances=distances)
    tables = {
        "data": {"path": str(tmp_path / "d.npz"), "missing": "mask"},
        "geometry": {"name": "snowflake-curve", "dim": 2},
    }
    run = run_method("snowflake", TomlTable(tables), path=tmp_path / "run")
    results = run.results
    said = " ".join(results["notes"])
    assert ("stay out of account" in said) == gaps
    assert ("There is no exact embedding" in said) == (not gaps)
    assert results["metrics"]["stress_pairs"] < 0.1
    assert results["metrics"]["neighbors_kept_10"] > 0.8
    untrained = TomlTable({**tables, "snowflake": {"train": False}})
    if gaps:
        found = run_method("snowflake", untrained, path=tmp_path / "exact").results
        assert found["metrics"]["exact_error"] < 1e-6
    else:
        with pytest.raises(DataError, match="at distance 0"):
            run_method("snowflake", untrained, path=tmp_path / "exact")


def test_where_nothing_fits_more_starts_are_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(0)
    noise = generator.lognormal(0, 0.2, (60, 60))
    distances = cdist(*2 * [generator.standard_normal((60, 5))]) ** 2 * np.sqrt(noise * noise.T)
    found = fit_jointly(distances, 2, focus="distances", seed=0)
    monkeypatch.setattr("geoframe_snowflake.joint.fit.LOOSE", np.inf)
    plain = fit_jointly(distances, 2, focus="distances", seed=0)
    assert plain.loss > 0.0625
    assert found.loss < plain.loss
