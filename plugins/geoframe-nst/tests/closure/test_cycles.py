"""Cycles: what is refused, what is repaired, and that every repair is told."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoframe.errors import DataError
from geoframe_data.graph import Graph
from geoframe_nst.closure.cycles import find_cycle
from geoframe_nst.closure.strong_components import strong_components
from geoframe_nst.data import repair

Rows = list[tuple[int, int, float]]


def raw(rows: Rows, n: int = 0, **parts: object) -> Graph:
    table = np.array(rows, dtype=np.float64).reshape(-1, 3)
    edges = table[:, :2].astype(np.int64)
    names = tuple(f"n{k}" for k in range(max(n, int(edges.max(initial=-1)) + 1)))
    return Graph(origin="memory", names=names, edges=edges, weights=table[:, 2], **parts)  # type: ignore[arg-type]


def networkx_graph(graph: Graph) -> nx.DiGraph:
    result = nx.DiGraph()
    result.add_nodes_from(range(len(graph)))
    result.add_edges_from(graph.edges.tolist())
    return result


digraphs = st.integers(2, 12).flatmap(
    lambda n: st.lists(
        st.tuples(st.integers(0, n - 1), st.integers(0, n - 1), st.floats(0.01, 10)),
        min_size=1,
        max_size=30,
    )
)


def test_a_clean_graph_is_left_alone() -> None:
    graph = repair(raw([(0, 1, 2.0), (2, 3, 0.5)]))  # not connected, which is allowed
    assert graph.repairs == ()
    assert graph.edges.tolist() == [[0, 1], [2, 3]]
    assert graph.lengths.tolist() == [2.0, 0.5]


@given(digraphs)
def test_strong_components_and_the_cycle_that_is_shown(rows: Rows) -> None:
    rows = [row for row in rows if row[0] != row[1]]
    graph = raw(rows, n=12)
    labels = strong_components(graph.edges, 12)
    reference = nx.DiGraph()
    reference.add_nodes_from(range(12))
    reference.add_edges_from(graph.edges.tolist())
    expected = {frozenset(group) for group in nx.strongly_connected_components(reference)}
    assert {
        frozenset(np.flatnonzero(labels == k).tolist()) for k in set(labels.tolist())
    } == expected
    _, first = np.unique(labels, return_index=True)
    assert (np.diff(first) > 0).all()
    if not nx.is_directed_acyclic_graph(reference):
        cycle = find_cycle(graph.edges, labels)
        assert len(set(cycle)) == len(cycle) >= 2
        assert all(
            reference.has_edge(u, v) for u, v in zip(cycle, [*cycle[1:], cycle[0]], strict=True)
        )


@given(digraphs)
def test_condensing_gives_the_condensation(rows: Rows) -> None:
    graph = raw(rows)
    reference = nx.DiGraph()
    reference.add_nodes_from(range(len(graph.names)))
    reference.add_edges_from(graph.edges[graph.edges[:, 0] != graph.edges[:, 1]].tolist())
    condensation = nx.condensation(reference)
    if not condensation.number_of_edges():
        with pytest.raises(DataError, match="no edges"):
            repair(graph, duplicates="mean", cycles="condense")
        return
    result = repair(graph, duplicates="mean", cycles="condense")
    groups = [frozenset(name.split("+")) for name in result.names]
    members = nx.get_node_attributes(condensation, "members")
    named = {c: frozenset(f"n{node}" for node in group) for c, group in members.items()}
    assert set(groups) == set(named.values())
    assert {(groups[u], groups[v]) for u, v in result.edges.tolist()} == {
        (named[c], named[d]) for c, d in condensation.edges
    }


def test_condensing_merges_names_features_times_and_weights() -> None:
    graph = repair(
        raw(
            [(0, 1, 1.0), (1, 0, 1.0), (0, 2, 2.0), (1, 2, 4.0), (3, 0, 1.0)],
            features=np.array([[1, 0], [3, 1], [5, 5], [7, 7]], dtype=np.float32),
            times=np.array([10, np.nan, np.nan, 3]),
        ),
        cycles="condense",
    )
    assert graph.names == ("n0+n1", "n2", "n3")
    assert graph.edges.tolist() == [[0, 1], [2, 0]]
    assert graph.lengths.tolist() == [3.0, 1.0]
    assert graph.features is not None
    assert graph.features.tolist() == [[2, 0.5], [5, 5], [7, 7]]
    np.testing.assert_array_equal(graph.times, [10, np.nan, 3])
    assert graph.repairs == (
        "condensed 1 groups of nodes on cycles (2 of 4 nodes, largest group 2) to one node each; "
        "3 edges fell away",
    )


@given(digraphs)
def test_breaking_gives_an_acyclic_graph_and_keeps_what_it_can(rows: Rows) -> None:
    graph = raw([*rows, (0, 1, 1.0)])
    kept = repair(graph, duplicates="first", cycles="keep")
    broken = repair(graph, duplicates="first", cycles="break")
    assert nx.is_directed_acyclic_graph(networkx_graph(broken))
    assert broken.names == kept.names
    removed = len(kept.edges) - len(broken.edges)
    if removed:
        assert f"removed {removed} of {len(kept.edges)} edges" in broken.repairs[-1]
    lost = {tuple(e) for e in kept.edges.tolist()} - {tuple(e) for e in broken.edges.tolist()}
    for edge in lost:  # a minimal set: putting any one back closes a cycle again
        again = networkx_graph(broken)
        again.add_edge(*edge)
        assert not nx.is_directed_acyclic_graph(again)


def test_keeping_cycles_is_told() -> None:
    graph = repair(raw([(0, 1, 1.0), (1, 0, 1.0), (1, 2, 1.0)]), cycles="keep")
    assert len(graph.edges) == 3
    assert graph.repairs == (
        "kept the cycles (2 of 3 nodes lie on cycles), so no order can honour every edge",
    )
