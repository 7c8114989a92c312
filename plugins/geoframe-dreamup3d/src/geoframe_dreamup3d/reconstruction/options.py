"""Options of the paper's model. Torch-free."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import attrs

from geoframe.config import option


@attrs.frozen(kw_only=True)
class ReconstructionConfig:
    """The paper's model; defaults are small enough for a CPU."""

    backbone: Literal["grid", "kpconv"] = option(
        "grid",
        help="A U-Net over the image's grid (quick on a CPU), or of kernel point convolutions "
        "(the paper's).",
    )
    slots: int = option(4, ge=1, unit="objects", help="Objects that a training step looks for.")
    box: float = option(
        0.22, gt=0, unit="m", help="Edge of the cube that an object's field fills: the largest one."
    )
    reach: float = option(
        0.05, gt=0, unit="m", help="Largest way from the visible centre to the object's centre."
    )
    latent: int = option(32, ge=2, help="Length of each code: what, where, background.")
    width: int = option(64, ge=8, help="Width of the fields (the paper's predecessor: 128).")
    layers: int = option(4, ge=2, help="Layers of the fields (the paper's predecessor: 8).")
    frequencies: int = option(6, ge=1, le=10, help="Octaves of the positional encoding (10).")
    view_frequencies: int = option(
        0,
        ge=0,
        le=10,
        help="Octaves of the rays' encoding (4); 0: colours look alike from all sides.",
    )
    rays: int = option(256, ge=16, unit="rays", help="Pixels of an image that a step renders.")
    voxels: int = option(8, ge=4, le=64, help="Cells along a box's side where shapes are read out.")
    rotations: int = option(
        0,
        ge=0,
        help="Rotations tried for the orientation of what is encoded (4608); 0 keeps boxes upright "
        "to the camera.",
    )
    locate_weight: float = option(1.0, ge=0, help="Weight of the location's loss.")
    where_kl: float = option(0.0, ge=0, help="Weight of the location code's divergence (1e-3).")
    teacher: Literal["none", "classical", "run"] = option(
        "classical",
        help="What shows the masks the way at first: Euclidean clusters, a finished run, nothing.",
    )
    teacher_run: Path | None = option(None, help="The run, for teacher = 'run' (of votes, say).")
    teacher_share: float = option(
        0.5, ge=0, le=1, help="Share of the training after which the teacher is silent."
    )
    teacher_weight: float = option(3.0, ge=0, help="Weight of the teacher at the start.")
    labels: Literal["masks", "densities"] = option(
        "masks", help="What a pixel's object is read from: attention masks, or fields' densities."
    )
    shapes: Literal["carved", "fields"] = option(
        "carved",
        help="Whole shapes from carved boxes, or read out of the fields.",
    )
    window: int = option(48, ge=16, unit="pixels", help="Side of what a step sees of an image.")

    def __attrs_post_init__(self) -> None:
        if (self.teacher == "run") != (self.teacher_run is not None):
            raise ValueError("teacher_run: goes with teacher = 'run', and only with it")
