import networkx as nx
import numpy as np
import pytest
from embedded_items import random_points
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from geoframe_embedding.comparison import item_measures
from geoframe_embedding.distances import EuclideanDistances, MatrixDistances, PathDistances
from geoframe_embedding.neighbors import Ranks, measure_neighbors, triplets_kept


def steps(graph: nx.Graph) -> PathDistances:
    edges = np.array(graph.edges, dtype=np.int64)
    return PathDistances(count=len(graph), edges=edges, lengths=np.ones(len(edges)))


def test_the_distances_themselves_are_perfect() -> None:
    given_distances = EuclideanDistances(points=random_points(40))
    found = item_measures(given_distances, given_distances, ranked=40, seed=0)
    assert set(found.values()) == {1.0}
    assert {"map_pairs", "mean_rank_pairs", "triplets", "neighbors_kept_10"} == set(found)


def test_in_a_graph_neighbours_are_the_ends_of_edges() -> None:
    graph = nx.balanced_tree(2, 4)
    distances = steps(graph)
    found = item_measures(distances, distances, ranked=99, seed=0, unit_edges=True)
    assert found["map_edges"] == found["mean_rank_edges"] == 1
    # All items at one distance: everybody else comes before a neighbour.
    same = MatrixDistances(matrix=np.ones((31, 31)) - np.eye(31))
    lost = measure_neighbors(distances, same, np.arange(31))
    assert lost.ranking is not None
    degrees = np.array([degree for _, degree in graph.degree])
    assert lost.ranking.mean_rank == pytest.approx(((31 - degrees) * degrees).sum() / 60)


@given(seed=st.integers(0, 10**6), n=st.integers(4, 40))
@settings(max_examples=30)
def test_map_is_the_average_precision_of_scikit_learn(seed: int, n: int) -> None:
    generator = np.random.default_rng(seed)
    distances = generator.permutation(n).astype(float)  # without ties both are the same
    related = 1 + generator.permutation(n - 1)[: generator.integers(1, n)]
    ranks = Ranks()
    ranks.add(distances, related, np.array([0]))
    result = ranks.result()
    assert result is not None
    relevant = np.isin(np.arange(1, n), related)
    expected = average_precision_score(relevant, -distances[1:])
    assert result.mean_average_precision == pytest.approx(expected)


def test_ties_flatter_nobody() -> None:
    ranks = Ranks()
    ranks.add(np.array([0.0, 1, 1, 1]), np.array([1]), np.array([0]))
    result = ranks.result()
    assert result is not None
    assert (result.mean_average_precision, result.mean_rank) == (1 / 3, 3)


def test_twins_are_not_ranked() -> None:
    points = np.array([[0.0], [0.0], [1.0], [3.0]])
    given_distances = EuclideanDistances(points=points)
    found = measure_neighbors(given_distances, given_distances, np.array([0]))
    assert found.ranking is not None
    assert found.ranking.mean_rank == 1


def test_unrelated_places_keep_half_of_the_triplets() -> None:
    given_distances = EuclideanDistances(points=random_points(300))
    other = EuclideanDistances(points=random_points(300, seed=1))
    assert triplets_kept(given_distances, other, seed=0) == pytest.approx(0.5, abs=0.03)
    assert triplets_kept(given_distances, given_distances, seed=0) == 1


def test_what_too_few_items_do_not_allow_is_not_a_number() -> None:
    two = EuclideanDistances(points=random_points(2))
    found = item_measures(two, two, ranked=2, seed=0)
    assert np.isnan(found["triplets"])
    assert np.isnan(found["neighbors_kept_10"])
    assert found["map_pairs"] == 1
