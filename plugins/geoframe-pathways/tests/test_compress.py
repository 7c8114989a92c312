from __future__ import annotations

import numpy as np
import pytest

from geoframe import ConfigError, DataError
from geoframe_pathways.compress import Teacher, compress
from geoframe_pathways.config import ModelConfig
from geoframe_pathways.trainers.stacked import StackedTrainer


def teacher(x: np.ndarray) -> np.ndarray:
    return 7.0 + np.sin(4 * x[:, 0]) * np.cos(4 * x[:, 1])


def test_a_dense_model_is_distilled_into_a_budget() -> None:
    data = np.random.default_rng(0).uniform(-1, 1, (800, 2))
    found = compress(
        teacher,
        data,
        2048,
        experts=(1, 12),
        options=ModelConfig(min_rows=50),
        trainer=StackedTrainer(steps=400),
    )
    assert found.active_bytes <= 2048
    assert found.active_bytes > 1600  # the budget is used
    assert found.model.experts > 1
    assert found.rmse_relative < 0.12
    new = np.random.default_rng(1).uniform(-0.9, 0.9, (200, 2))
    assert np.abs(found.model.predict(new).values - teacher(new)).mean() < 0.1


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (np.zeros(20), r"shape \(20,\)"),
        (np.zeros((0, 2)), r"shape \(0, 2\)"),
        (np.zeros((20, 0)), r"shape \(20, 0\)"),
        (np.zeros((1, 2)), "10 rows"),
        (np.full((20, 2), np.nan), "missing or infinite"),
        (np.ones((20, 2)), "no feature column can be used"),
    ],
)
def test_data_that_nothing_can_be_learned_from(data: np.ndarray, said: str) -> None:
    with pytest.raises(DataError, match=said):
        compress(teacher, data, 2048)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (lambda x: 1.0, r"have the shape \(\)"),
        (lambda x: x[:1], "have the shape"),
        (lambda x: np.zeros((len(x), 0)), "have the shape"),
        (lambda x: np.full(len(x), np.inf), "finite"),
    ],
)
def test_a_teacher_that_does_not_answer(model: Teacher, said: str) -> None:
    with pytest.raises(DataError, match=said):
        compress(model, np.random.default_rng(0).normal(size=(40, 2)), 2048)


def test_a_constant_teacher_is_no_accident() -> None:
    data = np.random.default_rng(0).normal(size=(12, 2))
    quick = StackedTrainer(steps=3)
    found = compress(lambda x: np.full(len(x), 4.0), data, 2048, trainer=quick)
    np.testing.assert_allclose(found.model.predict(data).values, 4.0)


def test_a_budget_for_nothing() -> None:
    with pytest.raises(ConfigError, match="active_budget: 20 bytes"):
        compress(teacher, np.random.default_rng(0).normal(size=(100, 2)), 20)
