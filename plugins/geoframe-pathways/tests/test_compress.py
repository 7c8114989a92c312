from __future__ import annotations

import numpy as np
import pytest

from geoframe import ConfigError
from geoframe_pathways.compress import compress
from geoframe_pathways.config import ModelConfig
from geoframe_pathways.engines.stacked import StackedTrainer


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


def test_a_budget_for_nothing() -> None:
    with pytest.raises(ConfigError, match="active_budget: 20 bytes"):
        compress(teacher, np.random.default_rng(0).normal(size=(100, 2)), 20)
