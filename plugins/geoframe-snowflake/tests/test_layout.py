import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoframe_snowflake.certificate import distortion, worst_pairs, worst_triangles
from geoframe_snowflake.datasets import MetricGraph
from geoframe_snowflake.exact import exact_embedding
from geoframe_snowflake.layout import truncate


def test_a_layout_in_all_dimensions_is_exact() -> None:
    distances = MetricGraph(graph="karate").load().matrix()
    exact = exact_embedding(distances)
    layout = truncate(distances, exact.dim, exact.exponent)
    assert layout.exponent == exact.exponent
    assert layout.stress < 1e-10


def test_more_dimensions_give_less_stress() -> None:
    distances = MetricGraph(graph="les-miserables").load().matrix()
    exponent = exact_embedding(distances).exponent
    stress = [truncate(distances, dim, exponent).stress for dim in (1, 4, 16, 60)]
    assert stress == sorted(stress, reverse=True)


def test_unused_dimensions_are_zero() -> None:
    layout = truncate(MetricGraph(graph="star").load().matrix(), 7, 1.27)
    assert layout.points.shape == (4, 7)
    assert layout.stress < 0.2


@given(seed=st.integers(0, 10**6), scale=st.floats(0.1, 10), n=st.integers(2, 50))
def test_distortion_ignores_the_unit(seed: int, scale: float, n: int) -> None:
    given_distances = np.random.default_rng(seed).uniform(1, 5, n)
    found = distortion(given_distances, scale * given_distances)
    assert found.worst == pytest.approx(1)
    assert found.mean == pytest.approx(1)
    assert found.relative_error == pytest.approx(abs(scale - 1))
    assert found.variance == pytest.approx(given_distances.var())


def test_distortion_of_known_ratios() -> None:
    found = distortion(np.array([1.0, 2.0, 4.0, 0.0]), np.array([2.0, 2.0, 1.0, 1.0]))
    assert found.expansion == pytest.approx(2)
    assert found.contraction == pytest.approx(4)
    assert found.worst == pytest.approx(8)
    assert found.worst_error == pytest.approx(3)
    assert found.mse == pytest.approx((1 + 0 + 9 + 1) / 4)
    collapsed = distortion(np.array([1.0, 1.0]), np.array([0.0, 1.0]))
    assert collapsed.contraction == np.inf


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


def test_worst_pairs_come_first() -> None:
    pairs = np.array([0, 0, 1]), np.array([1, 2, 2])
    rows = worst_pairs("abc", *pairs, np.array([1.0, 1, 1]), np.array([1.0, 0.2, 3]), 2)
    assert [(row["first"], row["second"]) for row in rows] == [("a", "c"), ("b", "c")]
