import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoframe_snowflake.certificate.triangles import worst_triangles
from geoframe_snowflake.datasets import MetricGraph
from geoframe_snowflake.exact.embedding import exact_embedding
from geoframe_snowflake.exact.layout import truncate
from geoframe_snowflake.metric.cleaning import graph_metric


def test_a_layout_in_all_dimensions_is_exact() -> None:
    distances = graph_metric(MetricGraph(graph="karate").load()).matrix()
    exact = exact_embedding(distances)
    layout = truncate(distances, exact.dim, exact.exponent)
    assert layout.exponent == exact.exponent
    assert layout.stress < 1e-10


def test_more_dimensions_give_less_stress() -> None:
    distances = graph_metric(
        MetricGraph(graph="les-miserables").load(), disconnected="largest"
    ).matrix()
    exponent = exact_embedding(distances).exponent
    stress = [truncate(distances, dim, exponent).stress for dim in (1, 4, 16, 60)]
    assert stress == sorted(stress, reverse=True)


def test_unused_dimensions_are_zero() -> None:
    layout = truncate(graph_metric(MetricGraph(graph="star").load()).matrix(), 7, 1.27)
    assert layout.points.shape == (4, 7)
    assert layout.stress < 0.2


def test_the_worst_triangle_is_found() -> None:
    distances = np.array([[0, 1.0, 9], [1, 0, 2], [9, 2, 0]])
    first, *_ = worst_triangles(distances, 5)
    assert {first.start, first.end} == {0, 2}
    assert first.middle == 1
    assert first.ratio == pytest.approx(3)
    assert first.of(np.array([7, 8, 9])).middle == 8


@given(seed=st.integers(0, 10**6), n=st.integers(3, 12))
def test_the_worst_triangle_is_that_of_all_triples(seed: int, n: int) -> None:
    upper = np.triu(np.random.default_rng(seed).uniform(0.1, 5, (n, n)), 1)
    distances = upper + upper.T
    ratios = [
        distances[i, k] / (distances[i, j] + distances[j, k])
        for i in range(n)
        for j in range(n)
        for k in range(n)
        if len({i, j, k}) == 3
    ]
    assert worst_triangles(distances, 1)[0].ratio == pytest.approx(max(ratios))
