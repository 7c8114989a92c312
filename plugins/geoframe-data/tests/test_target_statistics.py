from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from geoframe_data import TargetStatistics, as_table, fit_target_statistics
from geoframe_data.dates import circles, on_circle


def test_new_rows_get_the_mean_of_their_category_and_unknown_ones_that_of_all() -> None:
    kinds = np.repeat(["a", "b", None], [60, 30, 10])
    target = np.where(kinds == "a", 1.0, 3.0) + np.random.default_rng(0).normal(0, 0.01, 100)
    table = as_table(pd.DataFrame({"kind": kinds}))
    statistics, _ = fit_target_statistics(table, "kind", target, "regression")
    assert statistics.levels == ("", "a", "b")
    new = as_table(pd.DataFrame({"kind": ["b", "zebra", "a", None]}), schema=table.schema)
    found = statistics.encode(new)[:, 0]
    np.testing.assert_allclose(found, [3.0, target.mean(), 1.0, 3.0], atol=0.02)


def test_training_rows_do_not_know_their_own_target() -> None:
    random = np.random.default_rng(0)
    table = as_table(pd.DataFrame({"kind": [f"k{k}" for k in random.integers(0, 200, 600)]}))
    noise = random.normal(size=600)
    statistics, out_of_fold = fit_target_statistics(table, "kind", noise, "regression", seed=3)
    known = np.corrcoef(statistics.encode(table)[:, 0], noise)[0, 1]
    assert known > 0.3  # three rows of a category: their mean is a third of each
    assert abs(np.corrcoef(out_of_fold[:, 0], noise)[0, 1]) < 0.1
    _, again = fit_target_statistics(table, "kind", noise, "regression", seed=3)
    np.testing.assert_array_equal(again, out_of_fold)


@pytest.mark.parametrize(("classes", "columns"), [(2, 1), (3, 3)])
def test_classes_give_shares(classes: int, columns: int) -> None:
    labels = np.array([f"c{k % classes}" for k in range(90)])
    table = as_table(pd.DataFrame({"kind": labels}))
    statistics, out_of_fold = fit_target_statistics(table, "kind", labels, "classification")
    assert out_of_fold.shape == (90, columns)
    shares = statistics.encode(table)
    of_last = shares[labels == f"c{classes - 1}", -1]
    assert of_last.min() > 0.9


def test_several_outputs_give_a_statistic_each() -> None:
    table = as_table(pd.DataFrame({"kind": list("ab") * 20}))
    target = np.stack([np.arange(40) % 2, 5.0 - np.arange(40) % 2], axis=1)
    statistics, out_of_fold = fit_target_statistics(table, "kind", target, "regression")
    assert isinstance(statistics, TargetStatistics)
    assert out_of_fold.shape == (40, 2)
    np.testing.assert_allclose(statistics.encode(table)[:2], [[0, 5], [1, 4]], atol=0.1)


def test_dates_turn_in_the_circles_that_they_span() -> None:
    days = np.arange(20.0)
    assert circles(days) == ["week"]
    assert circles(days + np.linspace(0, 0.9, 20)) == ["week", "day"]
    assert circles(np.array([0.0, np.nan, 366.0, 100.0])) == ["year", "week"]
    assert circles(np.array([0.0, np.nan, 365.0, 100.0])) == ["week"]
    np.testing.assert_allclose(on_circle(days[:8:7], 7.0, cosine=True), 1.0)
    np.testing.assert_allclose(on_circle(days[:8:7], 7.0, cosine=False), 0.0, atol=1e-12)
