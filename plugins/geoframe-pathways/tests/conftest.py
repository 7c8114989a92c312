"""Small problems that several test files train on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from geoframe import MethodConfig
from geoframe.run.creation import create_run
from geoframe.run.directory import Run
from geoframe_pathways.experts.shape import ExpertShape
from geoframe_pathways.experts.task import ExpertTask, make_task
from geoframe_pathways.method import NeuralPathways


@pytest.fixture
def task() -> ExpertTask:
    """Return ten experts on 600 rows of a smooth function of three inputs."""
    random = np.random.default_rng(0)
    x = random.normal(size=(600, 3)).astype(np.float32)
    y = np.sin(x.sum(axis=1, keepdims=True)).astype(np.float32)
    owner = np.argsort(np.argsort(x[:, 0])) // 60
    return make_task(
        shape=ExpertShape(inputs=3, outputs=1, width=8, hidden=2),
        loss="squared",
        seed=5,
        inputs=x,
        targets=y,
        members=[np.flatnonzero(owner == cell) for cell in range(10)],
    )


@pytest.fixture
def new_run(tmp_path: Path) -> Callable[..., Run]:
    """Return a function that opens a run directory for a training."""

    def make(name: str = "run", *, resume: bool = False) -> Run:
        return create_run(
            tmp_path / name,
            "pathways",
            NeuralPathways(),
            MethodConfig(),
            manifest={},
            resume=resume,
        )

    return make
