from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from geoframe_embedding.measures import MEANINGS, Ratios, spearman, worst_pairs
from geoframe_embedding.pairs import Pairs


@given(seed=st.integers(0, 10**6), scale=st.floats(0.1, 10), n=st.integers(2, 50))
def test_what_a_change_of_the_unit_changes(seed: int, scale: float, n: int) -> None:
    given_distances = np.random.default_rng(seed).uniform(1, 5, n)
    found = Ratios(given=given_distances, embedded=scale * given_distances).measures("pairs")
    assert found["distortion_worst_pairs"] == pytest.approx(1)
    assert found["stress_pairs"] == pytest.approx(0, abs=1e-7)
    assert found["spearman_pairs"] == pytest.approx(1)
    assert found["distortion_mean_pairs"] == pytest.approx(scale)
    assert found["distortion_symmetric_max_pairs"] == pytest.approx(max(scale, 1 / scale))
    assert found["relative_error_mean_pairs"] == pytest.approx(abs(scale - 1))


def test_measures_of_known_ratios() -> None:
    ratios = Ratios(given=np.array([1.0, 2, 4, 0]), embedded=np.array([2.0, 2, 1, 1]))
    found = ratios.measures("edges")
    assert found["distortion_mean_edges"] == pytest.approx((2 + 1 + 0.25) / 3)
    assert found["distortion_min_edges"] == 0.25
    assert found["distortion_max_edges"] == 2
    assert found["distortion_worst_edges"] == pytest.approx(8)
    assert found["distortion_symmetric_mean_edges"] == pytest.approx((2 + 1 + 4) / 3)
    assert found["relative_error_max_edges"] == pytest.approx(1)
    # The best factor is (2 + 4 + 4) / 10 = 1.
    assert found["stress_edges"] == pytest.approx(np.sqrt((1 + 0 + 9 + 1) / 21))
    assert {name.removesuffix("_edges") for name in found} <= set(MEANINGS)


def test_points_that_fell_together_have_infinite_distortion() -> None:
    collapsed = Ratios(given=np.array([1.0, 1.0]), embedded=np.array([0.0, 1.0]))
    found = collapsed.measures("pairs")
    assert found["distortion_worst_pairs"] == np.inf
    assert found["distortion_symmetric_max_pairs"] == np.inf
    assert collapsed.furthest_off(1) == [0]


def test_negative_distances_do_not_pass_for_good() -> None:
    found = Ratios(given=np.array([1.0, 1.0]), embedded=np.array([-1.0, 1.0])).measures("edges")
    assert found["distortion_mean_edges"] == 0
    assert found["relative_error_max_edges"] == 2
    assert found["distortion_worst_edges"] == np.inf


def test_without_pairs_there_is_nothing_to_say() -> None:
    nothing = Ratios(given=np.empty(0), embedded=np.empty(0))
    assert nothing.measures("pairs") == {}
    assert nothing.by_distance == []
    assert nothing.worst == 1


@given(seed=st.integers(0, 10**6), n=st.integers(3, 60))
def test_spearman_is_that_of_scipy(seed: int, n: int) -> None:
    generator = np.random.default_rng(seed)
    x, y = generator.integers(0, 9, n).astype(float), generator.standard_normal(n)
    if np.ptp(x) > 0:
        assert spearman(x, y) == pytest.approx(spearmanr(x, y).statistic)


def test_rows_by_distance_hold_every_pair_once() -> None:
    generator = np.random.default_rng(0)
    given_distances = generator.uniform(1, 2, 500)
    ratios = Ratios(given=given_distances, embedded=given_distances * generator.uniform(1, 2, 500))
    rows = ratios.by_distance
    assert sum(row["pairs"] for row in rows) == 500
    assert all(row["least_ratio"] <= row["mean_ratio"] <= row["greatest_ratio"] for row in rows)
    assert all(before["to"] <= after["from"] for before, after in pairwise(rows))


def test_worst_pairs_come_first() -> None:
    pairs = Pairs(
        first=np.array([0, 0, 1]), second=np.array([1, 2, 2]), given=np.ones(3), complete=True
    )
    rows = worst_pairs("abc", pairs, np.array([1.0, 0.2, 3]), 2)
    assert [(row["first"], row["second"]) for row in rows] == [("a", "c"), ("b", "c")]


def test_an_exact_embedding_of_ties_keeps_the_whole_order() -> None:
    given = np.repeat([1.0, 2.0, 3.0], 40)
    noise = np.random.default_rng(0).uniform(-1, 1, len(given))
    assert Ratios(given=given, embedded=given * (1 + 1e-14 * noise)).spearman == pytest.approx(1)
    assert Ratios(given=given, embedded=given * (1 + 1e-3 * noise)).spearman < 0.96
