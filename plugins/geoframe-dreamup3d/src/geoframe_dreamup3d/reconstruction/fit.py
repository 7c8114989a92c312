"""From a config and images to the trained model."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from geoframe import ConfigError, Training, open_run
from geoframe.run.directory import Run
from geoframe_data.scenes import Scenes
from geoframe_dreamup3d.classical.clustering import segment_by_distance
from geoframe_dreamup3d.config import DreamUp3DConfig
from geoframe_dreamup3d.reconstruction.backend import ReconstructionBackend
from geoframe_dreamup3d.reconstruction.model import ReconstructionModel
from geoframe_dreamup3d.reconstruction.objective import ReconstructionObjective
from geoframe_dreamup3d.reconstruction.options import ReconstructionConfig
from geoframe_dreamup3d.reconstruction.samples import image_samples
from geoframe_dreamup3d.table.view import View
from geoframe_dreamup3d.trained import TrainedDreamUp3D


def fit_reconstruction(
    config: DreamUp3DConfig, scenes: Scenes, run: Run
) -> tuple[ReconstructionBackend, Training]:
    """Train on the scenes' images, logging and keeping checkpoints in ``run``.

    Raises
    ------
    ConfigError
        If the teacher is a run of another method.
    """
    options = config.reconstruction
    samples = image_samples(scenes, _teacher(options))
    objective = ReconstructionObjective(ReconstructionModel(options), samples)
    training = config.trainer.build().fit(objective, run)
    return ReconstructionBackend(objective.model), training


def restore_reconstruction(
    config: DreamUp3DConfig, state: Mapping[str, Tensor]
) -> ReconstructionBackend:
    """Rebuild what was trained from its weights."""
    model = ReconstructionModel(config.reconstruction)
    model.load_state_dict(dict(state))
    return ReconstructionBackend(model)


def _teacher(options: ReconstructionConfig) -> Callable[[View], NDArray[np.int32]] | None:
    if options.teacher == "none" or options.teacher_share == 0:
        return None
    if options.teacher == "classical":
        return segment_by_distance
    assert options.teacher_run is not None
    trained = open_run(options.teacher_run).load()
    if not isinstance(trained, TrainedDreamUp3D):
        raise ConfigError(
            [f"reconstruction.teacher_run: {options.teacher_run} is no run of dreamup3d"]
        )
    return trained.segment
