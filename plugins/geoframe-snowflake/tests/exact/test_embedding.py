import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import pdist, squareform

from geoframe.errors import DataError
from geoframe_snowflake.datasets import MetricGraph
from geoframe_snowflake.exact.embedding import exact_embedding, is_euclidean
from geoframe_snowflake.metric.cleaning import graph_metric


def dissimilarities(seed: int, n: int, spread: float) -> np.ndarray:
    """Random positive, symmetric; nothing is promised about triangles."""
    upper = np.exp(spread * np.random.default_rng(seed).standard_normal((n, n)))
    return np.triu(upper, 1) + np.triu(upper, 1).T


def error(distances: np.ndarray) -> tuple[float, float]:
    embedding = exact_embedding(distances)
    first, second = np.triu_indices(len(distances), 1)
    found = embedding.distance(first, second)
    return float(np.abs(found - distances[first, second]).max()), embedding.exponent


# The table of smallest exponents and dimensions; those of named graphs are properties of them.
@pytest.mark.parametrize(
    ("graph", "exponent", "dim"),
    [
        ("star", np.log(2) / np.log(np.sqrt(3)), 2),
        ("cycle", 2.0, 10),
        ("binary-tree", 1.7187, 61),
        ("petersen", 2.0, 5),
        ("grid", 2.0, 12),
        ("karate", 3.9107, 32),
        ("les-miserables", 4.1066, 75),
    ],
)
def test_smallest_exponents_of_known_graphs(graph: str, exponent: float, dim: int) -> None:
    distances = graph_metric(MetricGraph(graph=graph).load()).matrix()  # type: ignore[arg-type]
    embedding = exact_embedding(distances)
    assert embedding.exponent == pytest.approx(exponent, abs=5e-5)
    assert embedding.dim == dim
    assert error(distances)[0] <= 1e-12


@given(seed=st.integers(0, 10**6), n=st.integers(2, 25), spread=st.floats(0.01, 1.5))
def test_any_positive_dissimilarity_is_embedded_exactly(seed: int, n: int, spread: float) -> None:
    distances = dissimilarities(seed, n, spread)
    assert error(distances)[0] <= 1e-9 * distances.max()


@given(seed=st.integers(0, 10**6), n=st.integers(3, 20))
def test_any_random_metric_is_embedded_exactly(seed: int, n: int) -> None:
    graph = nx.gnp_random_graph(n, 0.3, seed=seed)
    nx.add_path(graph, range(n))
    generator = np.random.default_rng(seed)
    for edge in graph.edges:
        graph.edges[edge]["weight"] = generator.uniform(0.1, 10)
    assert error(nx.floyd_warshall_numpy(graph))[0] <= 1e-10


@given(seed=st.integers(0, 10**6), n=st.integers(4, 20))
def test_no_smaller_exponent_is_exact(seed: int, n: int) -> None:
    distances = dissimilarities(seed, n, 0.5)
    exponent = exact_embedding(distances).exponent
    assert is_euclidean(distances ** (2 / (1.001 * exponent)))
    smaller = exponent / 1.001
    centring = np.eye(n) - 1 / n
    gram = -0.5 * centring @ distances ** (2 / smaller) @ centring
    assert exponent == 1 or np.linalg.eigvalsh(gram)[0] < 0


@given(seed=st.integers(0, 10**6), dim=st.integers(1, 5), n=st.integers(2, 40))
def test_euclidean_distances_need_no_power(seed: int, dim: int, n: int) -> None:
    points = np.random.default_rng(seed).standard_normal((n, dim))
    embedding = exact_embedding(squareform(pdist(points)))
    assert embedding.exponent == pytest.approx(1, abs=1e-9)
    assert embedding.dim <= min(dim, n - 1)


@given(seed=st.integers(0, 10**6), scale=st.floats(1e-6, 1e6))
def test_the_unit_does_not_matter(seed: int, scale: float) -> None:
    distances = dissimilarities(seed, 8, 0.5)
    found, exponent = error(scale * distances)
    assert exponent == pytest.approx(exact_embedding(distances).exponent, rel=1e-9)
    assert found <= 1e-11 * scale * distances.max()


def test_items_at_distance_zero_share_their_place() -> None:
    distances = graph_metric(MetricGraph(graph="star").load()).matrix()
    twice = np.kron(distances, np.ones((2, 2)))
    embedding = exact_embedding(twice)
    assert error(twice)[0] <= 1e-12
    assert embedding.points[0] == pytest.approx(embedding.points[1], abs=0)
    assert exact_embedding(np.zeros((3, 3))).points.shape == (3, 1)


def test_hopeless_distances_are_refused() -> None:
    distances = np.full((4, 4), 1.0)
    distances[0, 1] = distances[1, 0] = 1e-300
    distances[0, 2] = distances[2, 0] = 1e300
    np.fill_diagonal(distances, 0)
    with pytest.raises(DataError, match="orders of magnitude"):
        exact_embedding(distances)
