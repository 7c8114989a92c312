"""What is refused, what is repaired, and that every repair is told."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoframe.errors import DataError
from geoframe_data.graph import Graph
from geoframe_data.policy import (
    check_names,
    check_weights,
    connected,
    cosine_weights,
    merge_edges,
    with_weights,
    without_duplicates,
    without_self_loops,
)

Rows = list[tuple[int, int, float]]


def graph_of(rows: Rows, n: int = 0) -> Graph:
    table = np.array(rows, dtype=np.float64).reshape(-1, 3)
    edges = table[:, :2].astype(np.int64)
    names = tuple(f"n{k}" for k in range(max(n, int(edges.max(initial=-1)) + 1)))
    return Graph(origin="memory", names=names, edges=edges, weights=table[:, 2])


digraphs = st.integers(2, 12).flatmap(
    lambda n: st.lists(
        st.tuples(st.integers(0, n - 1), st.integers(0, n - 1), st.floats(0.01, 10)),
        min_size=1,
        max_size=30,
    )
)


def test_self_loops_are_dropped_and_told_even_with_a_bad_weight() -> None:
    graph = without_self_loops(graph_of([(0, 0, np.nan), (0, 1, 1.0)]))
    assert graph.edges.tolist() == [[0, 1]]
    assert graph.repairs == ("dropped 1 edge from a node to itself",)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [("first", 3.0), ("mean", 2.0), ("min", 1.0), ("max", 3.0), ("sum", 6.0)],
)
def test_duplicates(policy: str, expected: float) -> None:
    rows = [(0, 1, 3.0), (1, 2, 7.0), (0, 1, 1.0), (0, 1, 2.0)]
    graph = without_duplicates(graph_of(rows), policy)  # type: ignore[arg-type]
    assert graph.edges.tolist() == [[0, 1], [1, 2]]
    assert graph.lengths.tolist() == [expected, 7.0]
    assert graph.repairs == (f"merged 2 edges that stood there before ('{policy}')",)


def test_exact_repetitions_are_merged_by_default() -> None:
    graph = without_duplicates(graph_of([(0, 1, 0.1), (0, 1, 0.1), (0, 1, 0.1)]))
    assert graph.lengths.tolist() == [0.1]
    assert graph.repairs == ("merged 2 edges that stood there before (identical)",)


@given(digraphs, st.sampled_from(["first", "mean", "min", "max", "sum"]))
def test_merging_agrees_with_a_dictionary(rows: Rows, how: str) -> None:
    lists: dict[tuple[int, int], list[float]] = {}
    for u, v, weight in rows:
        lists.setdefault((u, v), []).append(weight)
    graph = graph_of(rows)
    first, merged = merge_edges(graph.edges, graph.lengths, how)  # type: ignore[arg-type]
    rule = {"first": lambda w: w[0], "mean": np.mean, "min": min, "max": max, "sum": sum}[how]
    assert [tuple(edge) for edge in graph.edges[first].tolist()] == list(lists)
    np.testing.assert_allclose(merged, [rule(weights) for weights in lists.values()])


def test_cosine_weights_match_the_definition() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(20, 7)).astype(np.float32)
    features[3] = 0
    edges = rng.integers(0, 20, (50, 2))
    for (u, v), weight in zip(edges, cosine_weights(features, edges), strict=True):
        x, y = features[u].astype(float), features[v].astype(float)
        length = np.linalg.norm(x) * np.linalg.norm(y)
        assert weight == pytest.approx(max(0.01, x @ y / length if length else 0), abs=1e-6)


def test_missing_weights_by_cosine() -> None:
    graph = Graph(
        origin="memory",
        names=("a", "b", "c"),
        edges=np.array([[0, 1], [1, 2]]),
        weights=None,
        features=np.array([[1, 0], [1, 1], [1, 1]], dtype=np.float32),
    )
    np.testing.assert_allclose(with_weights(graph, "cosine").lengths, [0.5**0.5, 1])
    assert with_weights(graph, "one").lengths.tolist() == [1, 1]
    bare = Graph(names="ab", edges=[[0, 1]], origin="memory")
    assert with_weights(bare).repairs == ("no weights given: every edge has weight 1",)
    with pytest.raises(DataError, match=r"memory: data\.missing_weight is cosine"):
        with_weights(bare, "cosine")


def test_the_fingerprint_sees_every_part() -> None:
    parts = {"names": "abc", "edges": [[0, 1]], "weights": [1.0]}
    changed = [
        {},
        {"names": "abd"},
        {"edges": [[1, 0]]},
        {"weights": [2.0]},
        {"features": np.zeros((3, 1))},
        {"features": np.zeros((3, 2))},
        {"times": np.zeros(3)},
    ]
    prints = [Graph(**{**parts, **change}).fingerprint() for change in changed]  # type: ignore[arg-type]
    assert len(set(prints)) == len(changed)
    told = Graph(**parts, repairs=["told"])  # type: ignore[arg-type]
    assert told.fingerprint() == prints[0]
    strided = Graph(**{**parts, "edges": np.array([[0, 9, 1, 9]])[:, ::2]})  # type: ignore[arg-type]
    assert strided.fingerprint() == prints[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"edges": [[0, 3]]}, "must lie in 0"),
        ({"weights": [1.0, 2.0]}, "weights must have shape"),
        ({"features": np.zeros((2, 2))}, "features must have shape"),
        ({"times": np.zeros(2)}, "times must have shape"),
    ],
)
def test_a_graph_checks_its_parts(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Graph(**{"names": "abc", "edges": [[0, 1]], "weights": [1.0], **change})  # type: ignore[arg-type]


def test_a_graph_is_immutable() -> None:
    edges = np.array([[0, 1]])
    graph = Graph(names="ab", edges=edges, weights=[1.0])
    with pytest.raises(ValueError, match="read-only"):
        graph.edges[0, 0] = 1
    edges[0, 0] = 1
    assert graph.edges[0, 0] == 0


def test_undirected_edges_are_parallel_in_both_directions() -> None:
    graph = graph_of([(0, 1, 3.0), (1, 0, 1.0), (1, 2, 2.0)])
    assert len(without_duplicates(graph).edges) == 3
    merged = without_duplicates(graph, "min", directed=False)
    assert merged.lengths.tolist() == [1.0, 2.0]
    with pytest.raises(DataError, match="stands there twice, with weights 3 and 1"):
        without_duplicates(graph, directed=False)


@pytest.mark.parametrize(
    ("weight", "said"),
    [(0.0, "weight 0"), (-2.0, "weight -2"), (np.inf, "weight inf"), (np.nan, "no weight"),
     (1e300, "weight 1e.300; .*choose another unit"), (1e-300, "choose another unit")],
)  # fmt: skip
def test_impossible_weights_are_refused(weight: float, said: str) -> None:
    with pytest.raises(DataError, match=f"memory: edge 'n0' -> 'n1' has .*{said}"):
        check_weights(graph_of([(0, 1, weight)]), 1e-18, 1e18, "as a test wants it")


def test_names_must_differ_and_not_be_empty() -> None:
    with pytest.raises(DataError, match="2 nodes are named 'a'"):
        check_names(Graph(names=("a", "b", "a"), edges=[]))
    with pytest.raises(DataError, match="node 2 has an empty name"):
        check_names(Graph(names=("a", ""), edges=[]))
    with pytest.raises(DataError, match="needed are 2 or more"):
        check_names(Graph(names=("a",), edges=[]), at_least=2)


def test_the_largest_part_is_taken_with_all_that_belongs_to_it() -> None:
    graph = Graph(
        names="abcxy", edges=[[3, 4], [1, 0], [1, 2]], weights=[9, 1, 2], times=[1, 2, 3, 4, 5]
    )
    with pytest.raises(DataError, match=r"in 2 parts .no path from 'a' to 'x'"):
        connected(graph)
    part = connected(graph, "largest")
    assert part.names == ("a", "b", "c")
    assert part.edges.tolist() == [[1, 0], [1, 2]]
    assert part.lengths.tolist() == [1, 2]
    np.testing.assert_array_equal(part.times, [1, 2, 3])
    assert part.repairs == ("2 items outside the largest part were left out",)
