"""Two benches that ``geoframe reproduce sdi`` measures. Torch-free.

The paper's tables (CLIP scores of Stable Diffusion 2.1 in threestudio) need weights that cannot be
had offline, so none of their cells can be measured again; the documentation repeats them. What can
be measured is what they rest on: distilled images should have the high frequencies of the prior's
own samples, at a low variance of the gradient, and views of a scene should agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geoframe.reference import ReferenceRow, ReferenceTable

ANNEALED = {"guidance.timing": "linear", "guidance.t_max": 0.98}
"""All methods on one schedule, so that the noise is the only difference."""

IMAGES: dict[str, Any] = {
    **ANNEALED,
    "data.dataset": {"name": "digits"},
    "prior": {"name": "small-unet"},
    "scene": {"name": "free-image", "images": 20},
    "guidance.t_min": 0.02,
    "guidance.reduction": "sum",
    "sdi.compare": ["sds", "sdi", "ism", "sdi-cached"],
    "trainer": {
        "name": "gradient",
        "steps": 100,
        "optimizer": "sgd",
        "learning_rate": 0.1,
        "clip_norm": 1e9,
        "batch_size": 0,
    },
    "evaluation.reference": 20,
}

SCENES: dict[str, Any] = {
    **ANNEALED,
    "prior": {"name": "mesh-views", "dataset": True},
    "scene": {"name": "voxel-grid", "resolution": 40, "radius": 0.8, "samples": 40},
    "guidance.scale": 1.0,
    "guidance.t_min": 0.1,
    "cameras.count": 240,
    "trainer": {
        "name": "gradient",
        "steps": 240,
        "optimizer": "adam",
        "learning_rate": 0.2,
        "clip_norm": 1e9,
        "batch_size": 1,
    },
    "evaluation.reference": 0,
}

COMPARED_IMAGES = ("high_frequency_gap", "classifier_accuracy", "gradient_variance_ratio")
COMPARED_SCENES = ("psnr_nearest_mode", "mode_agreement", "high_frequency_ratio")


def columns(own: tuple[str, ...], compared: tuple[str, ...]) -> tuple[str, ...]:
    """Metrics of the run's own guidance, then of SDS and SDI beside it."""
    return (*own, *(f"{name}_{key}" for name in ("sds", "sdi") for key in compared))


def scene_row(name: str, **overrides: Any) -> ReferenceRow:
    """One way to guide the scene."""
    more: Mapping[str, Any] = {key.replace("__", "."): value for key, value in overrides.items()}
    return ReferenceRow(name=name, overrides={**SCENES, **more})


TABLES = (
    ReferenceTable(
        name="images",
        title="Bench A: 20 digits from a small network, steps of a tenth of the way",
        metrics=columns(
            (
                "high_frequency_ratio_ddim",
                "high_frequency_ratio",
                "high_frequency_gap",
                "classifier_accuracy",
                "prior_calls",
            ),
            COMPARED_IMAGES,
        ),
        seeds=3,
        quick={"prior_trainer.epochs": 10},
        rows=tuple(
            ReferenceRow(
                name=f"auto, guidance scale {scale:g}",
                overrides={**IMAGES, "guidance.scale": scale},
            )
            for scale in (1.0, 3.0, 7.5)
        ),
        note="high_frequency_gap is the distance to DDIM's ratio from the same network and scale. "
        "Each seed trains a network of its own (about four CPU-minutes). gradient_variance_ratio: "
        "variance over its draws by its squared mean, at fixed images.",
    ),
    ReferenceTable(
        name="scenes",
        title="Bench B: a coloured mesh as voxels, from an exact prior of its views",
        metrics=(*COMPARED_SCENES, "prior_calls"),
        seeds=3,
        quick={"trainer.steps": 60},
        rows=(
            scene_row("auto"),
            scene_row("sds, annealed", guidance__name="sds"),
            scene_row("sdi", guidance__name="sdi"),
            scene_row("ism", guidance__name="ism"),
            scene_row("auto, 12 modes", prior__details=4),
            scene_row("sds, annealed, 12 modes", guidance__name="sds", prior__details=4),
        ),
        note="The prior knows three colourings of the mesh Spot, or twelve, from any camera; "
        "PSNR is to the nearest of them on 16 unseen cameras. Needs GEOFRAME_DATA.",
    ),
)
"""What ``geoframe reproduce sdi`` measures."""
