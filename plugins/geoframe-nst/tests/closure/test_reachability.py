import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoframe_nst.closure import bitsets
from geoframe_nst.closure.reachability import Reachability, topological_order

digraphs = st.integers(1, 140).flatmap(
    lambda n: st.tuples(
        st.just(n),
        st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=2 * n),
    )
)


def truth(n: int, edges: list[tuple[int, int]]) -> np.ndarray:
    graph = nx.DiGraph(edges)
    graph.add_nodes_from(range(n))
    matrix = np.eye(n, dtype=bool)
    for u in graph:
        matrix[u, list(nx.descendants(graph, u))] = True
    return matrix


@given(graph=digraphs, memory_budget=st.sampled_from([8, 4096, 2**30]))
def test_it_reaches_what_paths_reach(
    graph: tuple[int, list[tuple[int, int]]], memory_budget: int
) -> None:
    n, edges = graph
    matrix = truth(n, edges)
    reachability = Reachability(n, edges, memory_budget=memory_budget)
    nodes = np.arange(n)
    np.testing.assert_array_equal(reachability.reaches(nodes[:, None], nodes), matrix)
    assert reachability.comparable == (matrix & ~matrix.T).sum()
    assert reachability.mutual == (matrix & matrix.T).sum() - n
    assert reachability.incomparable == (~matrix & ~matrix.T).sum()
    assert reachability.acyclic == (reachability.mutual == 0)
    assert (np.diff(reachability.edges, axis=1) > 0).all()


@pytest.mark.parametrize("memory_budget", [64, 2**30])
def test_comparable_pairs_are_drawn_uniformly(memory_budget: int) -> None:
    # A cycle in the middle, and more than 64 nodes, so that small budgets make several blocks.
    edges = [(0, 1), (1, 2), (2, 1), (2, 3), (4, 3), *((3, node) for node in range(5, 90))]
    matrix = truth(90, edges)
    wanted = {(int(u), int(v)) for u, v in np.argwhere(matrix & ~matrix.T)}
    reachability = Reachability(90, edges, memory_budget=memory_budget)
    draws = reachability.sample_comparable(50 * len(wanted), np.random.default_rng(0))
    pairs, counts = np.unique(draws, axis=0, return_counts=True)
    assert {(int(u), int(v)) for u, v in pairs} == wanted
    assert counts.min() > 15
    assert counts.max() < 100


def test_nothing_is_drawn_where_nothing_is_comparable() -> None:
    empty = Reachability(3, [(0, 1), (1, 0)])
    assert empty.sample_comparable(5, np.random.default_rng(0)).shape == (0, 2)


def test_a_deep_and_wide_graph_is_closed() -> None:
    n = 3000
    path = np.stack([np.arange(n - 1), np.arange(1, n)], axis=1)[::-1]
    assert Reachability(n, path).comparable == n * (n - 1) // 2
    assert Reachability(n, [(0, leaf) for leaf in range(1, n)]).comparable == n - 1


def test_an_order_of_a_cycle_does_not_exist() -> None:
    with pytest.raises(ValueError, match="cycle"):
        topological_order(3, np.array([[0, 1], [1, 2], [2, 1]]))


@given(n=st.integers(1, 200), seed=st.integers(0, 1000))
def test_bitsets_agree_with_boolean_matrices(n: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    matrix = generator.random((n, n)) < 0.3
    words = bitsets.pack(matrix)
    np.testing.assert_array_equal(bitsets.unpack(words, n), matrix)
    np.testing.assert_array_equal(bitsets.sizes(words), matrix.sum(axis=1))
    np.testing.assert_array_equal(bitsets.members(words[0], n), np.flatnonzero(matrix[0]))
    transposed = bitsets.transpose(words, n, rows_at_once=64)
    np.testing.assert_array_equal(bitsets.unpack(transposed, n), matrix.T)
    rows, numbers = generator.integers(0, n, (2, 50))
    np.testing.assert_array_equal(bitsets.contains(words, rows, numbers), matrix[rows, numbers])
    bitsets.add(words, rows, numbers)
    matrix[rows, numbers] = True
    np.testing.assert_array_equal(bitsets.unpack(words, n), matrix)
