import networkx as nx
import numpy as np
import pytest
from embedded_items import random_points
from hypothesis import given
from hypothesis import strategies as st

from geoframe_embedding.baselines import classical_baseline, smacof_baseline
from geoframe_embedding.distances import (
    EuclideanDistances,
    MatrixDistances,
    PathDistances,
    path_lengths,
)
from geoframe_embedding.measures import Ratios
from geoframe_embedding.pairs import choose_pairs
from geoframe_embedding.scaling import classical_scaling, landmark_scaling, spread_landmarks


@given(seed=st.integers(0, 10**6), n=st.integers(4, 30), dim=st.integers(1, 3))
def test_points_are_found_again(seed: int, n: int, dim: int) -> None:
    given_distances = EuclideanDistances(points=random_points(n, dim, seed))
    matrix = given_distances.rows(np.arange(n))
    again = EuclideanDistances(points=classical_scaling(matrix, dim))
    np.testing.assert_allclose(again.rows(np.arange(n)), matrix, atol=1e-6)
    landmarks, rows = spread_landmarks(given_distances, dim + 2, seed=0)
    layout = EuclideanDistances(points=landmark_scaling(rows, landmarks, dim))
    np.testing.assert_allclose(layout.rows(np.arange(n)), matrix, atol=1e-5)


def test_unused_axes_are_zero() -> None:
    points = classical_scaling(np.array([[0.0, 2.0], [2.0, 0.0]]), 5)
    assert points.shape == (2, 5)
    assert np.abs(points[:, 1:]).max() < 1e-7


def test_path_lengths_are_those_of_networkx() -> None:
    graph = nx.gnp_random_graph(30, 0.1, seed=1)
    generator = np.random.default_rng(0)
    edges = np.array(graph.edges)
    lengths = generator.uniform(1, 2, len(edges))
    doubled = np.concatenate([edges, edges[:, ::-1]])  # the shorter of two edges counts
    found = path_lengths(30, doubled, np.concatenate([lengths, 2 * lengths]), np.arange(30))
    for (u, v), length in zip(edges.tolist(), lengths.tolist(), strict=True):
        graph.edges[u, v]["weight"] = length
    for source, reached in nx.all_pairs_dijkstra_path_length(graph):
        expected = np.full(30, np.inf)
        expected[list(reached)] = list(reached.values())
        np.testing.assert_allclose(found[source], expected)
    paths = PathDistances(count=30, edges=edges, lengths=lengths)
    np.testing.assert_array_equal(
        paths.between(np.array([3, 0, 3]), np.array([4, 5, 6])), found[[3, 0, 3], [4, 5, 6]]
    )


def test_baselines_are_in_the_unit_of_the_data() -> None:
    matrix = 7 * EuclideanDistances(points=random_points(40)).rows(np.arange(40))
    given_distances = MatrixDistances(matrix=matrix)
    pairs = choose_pairs(given_distances, 10_000, seed=0)
    for baseline in (
        classical_baseline(given_distances, 2, seed=0),
        smacof_baseline(matrix, 2, seed=0),
    ):
        embedded = baseline.distances.between(pairs.first, pairs.second)
        assert Ratios(given=pairs.given, embedded=embedded).relative_error < 0.05
        assert baseline.seconds > 0


def test_a_large_set_is_laid_out_by_landmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geoframe_embedding.baselines.MOST_CLASSICAL", 50)
    given_distances = EuclideanDistances(points=random_points(400))
    baseline = classical_baseline(given_distances, 2, seed=0)
    pairs = choose_pairs(given_distances, 1000, seed=1)
    embedded = baseline.distances.between(pairs.first, pairs.second)
    assert Ratios(given=pairs.given, embedded=embedded).stress < 1e-6
