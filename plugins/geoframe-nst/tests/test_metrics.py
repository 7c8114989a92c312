import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from geoframe_nst.closure.reachability import Reachability
from geoframe_nst.metrics import (
    directionality,
    directionality_ceiling,
    distortion_paper,
    order_quality,
    time_correlation,
)


def test_published_distortion_is_weight_over_distance() -> None:
    found = distortion_paper([1.0, 2.0, 3.0], [1.0, 1.0, 6.0])
    assert found["distortion_mean_paper"] == pytest.approx((1 + 2 + 0.5) / 3)
    assert found["distortion_std_paper"] == pytest.approx(np.std([1, 2, 0.5], ddof=1))
    assert found["distortion_max_paper"] == 2
    assert distortion_paper([1.0, 1.0], [0.0, 1.0])["distortion_max_paper"] == math.inf


def test_ties_count_as_right_unless_strict() -> None:
    edges = [(0, 1), (1, 2), (2, 0), (1, 1)]
    assert directionality(np.zeros((3, 2)), edges) == 1
    assert directionality(np.zeros((3, 2)), edges, strict=True) == 0
    times = np.array([[0, 0], [1, 0], [2, 1]])
    assert directionality(times, edges, strict=True) == pytest.approx(2 / 3)
    assert directionality_ceiling(3, edges).value == pytest.approx(2 / 3)


def brute_force(times: np.ndarray, n: int, edges: np.ndarray) -> tuple[float, float, float]:
    nodes = np.arange(n)
    closure = Reachability(n, edges).reaches(nodes[:, None], nodes)
    model = (times[:, None] <= times[None]).all(axis=-1)
    true, apart = closure & ~closure.T, ~closure & ~closure.T
    counted = model & ~(closure & closure.T)
    with np.errstate(invalid="ignore"):
        return (
            np.divide((model & true).sum(), true.sum()),
            np.divide((model & apart).sum(), apart.sum()),
            np.divide((model & true).sum(), counted.sum()),
        )


@given(n=st.integers(2, 50), dims=st.integers(1, 6), seed=st.integers(0, 1000))
def test_order_quality_counts_every_pair(n: int, dims: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    edges = generator.integers(0, n, (n, 2))
    times = generator.integers(0, 12, (n, dims))
    found = order_quality(times, Reachability(n, edges))
    np.testing.assert_allclose(
        [found.closure_recall, found.false_causality, found.precision],
        brute_force(times, n, edges),
    )
    assert not found.sampled


def test_a_sample_estimates_what_the_count_finds() -> None:
    generator = np.random.default_rng(1)
    n = 300
    edges = np.sort(generator.integers(0, n, (400, 2)), axis=1)
    edges = np.concatenate([edges, edges[:20, ::-1]])
    times = np.arange(n)[:, None] + generator.normal(0, 30, (n, 3))
    reachability = Reachability(n, edges)
    exact = order_quality(times, reachability)
    sample = order_quality(times, reachability, exact_nodes=10, pairs=20_000)
    assert sample.sampled
    assert sample.comparable_tested == 20_000
    assert 10_000 < sample.incomparable_tested <= 20_000
    for name in ("closure_recall", "false_causality", "precision"):
        assert getattr(sample, name) == pytest.approx(getattr(exact, name), abs=0.02)


def test_a_total_order_and_a_constant_have_no_precision() -> None:
    reachability = Reachability(40, [(0, 1)])
    total = order_quality(np.arange(40)[:, None], reachability)
    assert (total.closure_recall, total.false_causality) == (1, 0.5)
    assert order_quality(np.zeros((40, 2)), reachability).false_causality == 1
    assert math.isnan(
        order_quality(np.arange(2)[:, None], Reachability(2, [(0, 1)])).false_causality
    )


def test_time_correlation_is_spearmans_and_leaves_unknown_times_out() -> None:
    generator = np.random.default_rng(0)
    times = generator.normal(size=(60, 3))
    known = times.sum(axis=1).round(1)
    known[:10] = np.nan
    found = time_correlation(times, known)
    assert found.nodes == 50
    for column, value in zip(times.T, found.coordinates, strict=True):
        assert value == pytest.approx(spearmanr(column[10:], known[10:]).statistic)
    assert found.mean_rank > max(found.coordinates)
    assert math.isnan(time_correlation(times * 0, known).mean_rank)
