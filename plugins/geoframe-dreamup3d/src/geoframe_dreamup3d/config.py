"""Options of the dreamup3d method. Torch-free."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import attrs

from geoframe.components import Component
from geoframe.config import MethodConfig, component, components, option, section
from geoframe_dreamup3d.reconstruction.options import ReconstructionConfig


@attrs.frozen(kw_only=True)
class ScenesDataConfig:
    """RGB-D images of tables."""

    path: Path | None = option(
        None,
        help="Scenes: an npz file, or a folder of npz files, of colour and depth images with "
        "intrinsics, of BOP, or in the layout of ObSuRF or ObPose.",
    )
    intrinsics: Path | None = option(
        None, help="JSON or ROS YAML of the camera, for image pairs that have none beside them."
    )
    unit: Literal["auto", "m", "cm", "mm", "0.1mm"] = option(
        "auto", help="Unit of depth images; auto takes whole numbers as millimetres."
    )
    dataset: Component = component(
        "dataset",
        default={"name": "tabletop-generated"},
        provides=("scenes",),
        help="Scenes by name, where path is not given.",
    )
    test: Path | None = option(
        None, help="Scenes to measure on; without any a part of the others is held out."
    )
    tests: tuple[Component, ...] = components(
        "dataset",
        help="Scenes by name to measure on; those of the second are called test2_... in metrics.",
    )
    test_fraction: float = option(
        0.1, gt=0, lt=1, help="Share of the scenes that is held out, the last ones."
    )
    noise: float = option(
        0.5,
        ge=0,
        le=1,
        help="Share of the scenes to train on that the errors of a depth sensor are added to.",
    )

    def __attrs_post_init__(self) -> None:
        if self.intrinsics is not None and self.path is None and self.test is None:
            raise ValueError("intrinsics: needs path or test; a dataset brings its own")


@attrs.frozen(kw_only=True)
class VotesConfig:
    """The network that votes for objects' centres."""

    foreground_weight: float = option(
        5.0, ge=0, help="Weight of telling objects from the table, beside the votes."
    )
    window: int = option(
        48, ge=16, unit="pixels", help="Side of the part of an image that a step looks at."
    )


@attrs.frozen(kw_only=True)
class EvaluationConfig:
    """What is measured after training."""

    scenes: int = option(200, ge=1, unit="scenes", help="Test scenes for segmentation, at most.")
    shapes: int = option(40, ge=0, unit="scenes", help="Of these, for boxes and whole shapes.")
    models: tuple[str, ...] = option(
        (),
        help="Where the true meshes are found, as in dataset.shapes; without them shapes are not "
        "measured.",
    )
    matching: int = option(
        40, ge=0, unit="pairs", help="Pairs of test scenes whose objects are to be known again."
    )
    crops: bool = option(False, help="Measure ImageNet features of crops too (extra 'matching').")
    pictures: int = option(6, ge=0, unit="scenes", help="Scenes drawn in the report, worst first.")


@attrs.frozen(kw_only=True)
class DreamUp3DConfig(MethodConfig):
    """From one RGB-D image of a table to objects."""

    data: ScenesDataConfig = section(ScenesDataConfig, help="The scenes.")
    backend: Literal["auto", "classical", "votes", "reconstruction"] = option(
        "auto",
        help="What separates objects: clusters of points (classical, nothing is trained), a "
        "network that votes for centres (votes, trained on masks), or the paper's model "
        "(reconstruction, trained on images alone). auto trains votes, on made up scenes where "
        "yours have no masks, and keeps clusters if they do better on the test scenes.",
    )
    votes: VotesConfig = section(VotesConfig, help="What is special to votes.")
    reconstruction: ReconstructionConfig = section(
        ReconstructionConfig, help="What is special to the paper's model."
    )
    trainer: Component = component(
        "trainer",
        default={
            "name": "gradient",
            "steps": 1500,
            "batch_size": 16,
            "learning_rate": 3e-3,
            "weight_decay": 1e-4,
            "schedule": "cosine",
            "warmup": 50,
            "clip_norm": 1.0,
            "device": "cpu",
        },
        help="How the network is fitted.",
    )
    evaluation: EvaluationConfig = section(EvaluationConfig, help="What is measured at the end.")

    def __attrs_post_init__(self) -> None:
        if self.reconstruction.teacher_run is not None and self.backend != "reconstruction":
            raise ValueError("reconstruction.teacher_run: needs backend = 'reconstruction'")
