import itertools
import os
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoframe_nst.closure.feedback import feedback_arc_set
from geoframe_nst.metrics import directionality_ceiling


def acyclic_without(n: int, edges: np.ndarray, removed: np.ndarray) -> bool:
    graph = nx.DiGraph(np.delete(edges, removed, axis=0).tolist())
    return nx.is_directed_acyclic_graph(graph)


def fewest(n: int, edges: np.ndarray, weights: np.ndarray) -> float:
    """Try all orders of the nodes."""
    positions = np.array(list(itertools.permutations(range(n))))
    backward = positions[:, edges[:, 0]] >= positions[:, edges[:, 1]]
    return float((backward @ weights).min())


@settings(deadline=None, max_examples=40)
@given(n=st.integers(2, 6), seed=st.integers(0, 10_000), weighted=st.booleans())
def test_it_is_the_minimum_over_all_orders(n: int, seed: int, weighted: bool) -> None:
    generator = np.random.default_rng(seed)
    edges = generator.integers(0, n, (3 * n, 2))  # with self-loops and parallel edges
    weights = generator.random(3 * n) + 0.1 if weighted else np.ones(3 * n)
    result = feedback_arc_set(n, edges, weights=weights)
    assert acyclic_without(n, edges, result.removed)
    assert result.optimal
    assert result.weight == pytest.approx(fewest(n, edges, weights))
    assert result.weight == pytest.approx(weights[result.removed].sum())
    assert result.lower_bound == result.weight


def test_an_acyclic_graph_loses_nothing() -> None:
    result = feedback_arc_set(4, [(0, 1), (1, 2), (0, 3)])
    assert (len(result.removed), result.optimal, result.weight) == (0, True, 0)


@pytest.mark.parametrize("seconds", [0.0, 0.3])
def test_without_time_it_bounds_the_minimum_from_both_sides(seconds: float) -> None:
    generator = np.random.default_rng(0)
    edges = np.argwhere(generator.random((60, 60)) < 0.25)
    edges = edges[edges[:, 0] != edges[:, 1]]
    result = feedback_arc_set(60, edges, seconds=seconds)
    assert acyclic_without(60, edges, result.removed)
    assert not result.optimal
    assert 0 < result.lower_bound < result.weight == len(result.removed) < len(edges) / 2
    ceiling = directionality_ceiling(60, edges, seconds=seconds)
    assert not ceiling.exact
    assert 0.5 < ceiling.attained < ceiling.value < 1


def test_a_cycle_too_large_for_the_search_is_broken_too() -> None:
    n = 2500
    edges = np.stack([np.arange(n), (np.arange(n) + 1) % n], axis=1)
    result = feedback_arc_set(n, edges)
    assert acyclic_without(n, edges, result.removed)
    assert (len(result.removed), result.optimal) == (1, True)


@pytest.mark.skipif(
    "GEOFRAME_DATA" not in os.environ, reason="GEOFRAME_DATA, the folder of test data, is not set"
)
@pytest.mark.parametrize(
    ("file", "edges", "failing"),
    [
        ("webkb/geomgcn_cornell", 295, 18),
        ("webkb/geomgcn_texas", 309, 30),
        ("webkb/geomgcn_wisconsin", 499, 51),
        ("dream5/net1_insilico", 4012, 16),
        ("dream5/net3_ecoli", 2066, 11),
    ],
)
def test_the_ceilings_of_real_graphs(file: str, edges: int, failing: int) -> None:
    stored = np.load(Path(os.environ["GEOFRAME_DATA"]) / f"{file}.npz")
    n = int(stored["edges"].max()) + 1
    ceiling = directionality_ceiling(n, stored["edges"])
    assert ceiling.exact
    assert ceiling.value == ceiling.attained == pytest.approx(1 - failing / edges)
