import networkx as nx
import numpy as np
import pytest

from geoframe_data.graph import Graph
from geoframe_embedding.distances import EuclideanDistances, PathDistances
from geoframe_nst.path_quality import sample_paths
from geoframe_nst.targets import edge_targets, off_the_edges, path_targets

# A square with a long side, a tail, and a part of its own.
EDGES = np.array([[0, 1], [1, 2], [3, 2], [0, 3], [3, 4], [5, 6]])
LENGTHS = np.array([1.0, 1, 1, 9, 2, 4])


def graph(n: int = 7, edges: np.ndarray = EDGES, lengths: np.ndarray = LENGTHS) -> Graph:
    names = tuple(str(node) for node in range(n))
    return Graph(names=names, edges=edges, weights=lengths, directed=True, origin="test")


def shortest(of: Graph) -> dict[tuple[int, int], float]:
    plain = nx.Graph()
    plain.add_weighted_edges_from((*edge, w) for edge, w in zip(of.edges, of.lengths, strict=True))
    return {
        (u, v): length
        for u, row in nx.all_pairs_dijkstra_path_length(plain)
        for v, length in row.items()
        if u != v
    }


def test_paths_reach_all_connected_pairs_and_may_be_shorter_than_an_edge() -> None:
    assert edge_targets(graph())[1].tolist() == LENGTHS.tolist()
    pairs, lengths = path_targets(graph(), pairs=1000, seed=0)
    known = shortest(graph())
    assert {(u, v) for u, v in pairs.tolist()} == {(u, v) for u, v in known if u < v}
    assert lengths.tolist() == [known[u, v] for u, v in pairs.tolist()]
    assert known[0, 3] == 3


def test_of_many_pairs_some_are_drawn_besides_the_edges() -> None:
    pairs, lengths = path_targets(graph(), pairs=5, seed=1)
    assert pairs[: len(EDGES)].tolist() == EDGES.tolist()
    assert 0 < len(pairs) - len(EDGES) <= 5
    known = shortest(graph())
    assert lengths.tolist() == [known[u, v] for u, v in pairs.tolist()]


@pytest.mark.parametrize("most", [1000, 4])
def test_pairs_off_the_edges_are_joined_by_none(most: int) -> None:
    sources = np.array([0, 2, 6])
    rows = PathDistances(count=7, edges=EDGES, lengths=LENGTHS).rows(sources)
    found = off_the_edges(graph(), sources, rows, pairs=most, seed=0)
    known = shortest(graph())
    expected = {(0, 2), (0, 4), (2, 0), (2, 4)}
    assert {*zip(found.first.tolist(), found.second.tolist(), strict=True)} == expected
    assert found.complete == (most == 1000 or len(expected) <= most)
    assert found.given.tolist() == [known[u, v] for u, v in found.index.tolist()]


def test_a_straight_line_is_measured_as_perfect_and_a_shuffled_one_is_not() -> None:
    n = 40
    chain = np.stack([np.arange(n - 1), np.arange(1, n)], axis=1)
    sample = sample_paths(graph(n, chain, np.ones(n - 1)), pairs=200, seed=0)
    assert len(sample.pairs) == 200
    assert (np.abs(sample.pairs.first - sample.pairs.second) > 1).all()
    straight = sample.measures(EuclideanDistances(points=np.arange(n, dtype=float)[:, None]))
    assert straight["distortion_symmetric_mean_pairs"] == 1
    assert straight["spearman_pairs"] == straight["neighbors_kept_10"] == 1
    shuffled = np.random.default_rng(0).permutation(n).astype(float)[:, None]
    assert sample.measures(EuclideanDistances(points=shuffled))["spearman_pairs"] < 0.5


def test_nothing_is_measured_where_every_pair_has_an_edge() -> None:
    sample = sample_paths(graph(2, EDGES[:1], LENGTHS[:1]), pairs=10, seed=0)
    assert sample.measures(EuclideanDistances(points=np.eye(2))) == {}
