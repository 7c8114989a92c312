"""What is done when there are too many items for the full exact embedding."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoframe_data import read_graph
from geoframe_embedding.pairs import choose_pairs
from geoframe_embedding.scaling import spread_landmarks
from geoframe_snowflake.datasets import MetricGraph
from geoframe_snowflake.exact.fit import fit_exactly
from geoframe_snowflake.exact.landmarks import landmark_embedding
from geoframe_snowflake.metric.cleaning import graph_metric
from geoframe_snowflake.metric.finite_metric import GraphMetric
from geoframe_snowflake.metric.tree_metric import tree_embedding


def metric_of(graph: nx.Graph) -> GraphMetric:
    return graph_metric(read_graph(graph), disconnected="largest")


@given(seed=st.integers(0, 10**6), count=st.integers(2, 12))
@settings(max_examples=25)
def test_distances_to_landmarks_are_exact(seed: int, count: int) -> None:
    metric = metric_of(nx.gnp_random_graph(40, 0.12, seed=seed))
    landmarks, rows = spread_landmarks(metric, count, seed=seed)
    assert len(set(landmarks.tolist())) == len(landmarks)
    pairs = choose_pairs(metric, 200, seed=seed).apart()
    sample = (pairs.first, pairs.second, pairs.given)
    embedding = landmark_embedding(landmarks, rows, sample, seed=seed)
    items = np.arange(len(metric))
    found = embedding.distance(landmarks[:, None], items)
    assert np.abs(found - rows).max() <= 1e-6  # squared heights below 1e-9 count as zero
    assert embedding.exponent >= 1


def test_landmarks_of_a_grid_make_all_distances_nearly_exact() -> None:
    metric = graph_metric(MetricGraph(graph="grid", size=20).load())
    fit = fit_exactly(metric, limit=100, landmarks=60, seed=0)
    assert fit.way == "landmarks"
    pairs = choose_pairs(metric, 5000, seed=1)
    squared = ((fit.points[pairs.first] - fit.points[pairs.second]) ** 2).sum(axis=1)
    ratio = squared ** (fit.exponent / 2) / pairs.given
    assert np.abs(np.log(ratio)).mean() < 0.01


@given(seed=st.integers(0, 10**6), n=st.integers(2, 60))
@settings(max_examples=25)
def test_every_weighted_tree_is_exact_with_exponent_two(seed: int, n: int) -> None:
    tree = nx.random_labeled_tree(n, seed=seed)
    generator = np.random.default_rng(seed)
    for edge in tree.edges:
        tree.edges[edge]["length"] = float(generator.uniform(1e-3, 1e3))
    metric = metric_of(tree)
    first, second = np.triu_indices(n, 1)
    given_distances = metric.matrix()[first, second]
    found = tree_embedding(metric).distance(first, second)
    np.testing.assert_allclose(found, given_distances, rtol=1e-12)


def test_a_graph_with_a_cycle_is_no_tree() -> None:
    with pytest.raises(ValueError, match="cycles"):
        tree_embedding(graph_metric(MetricGraph(graph="cycle").load()))
