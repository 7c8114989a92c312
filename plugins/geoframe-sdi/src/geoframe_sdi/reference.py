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

BOUNDS = {"guidance.t_max": 0.98, "guidance.t_min": 0.02}
"""All methods between the same noise levels, each on its own way through them."""
RIVALS = ("sds", "sds-annealed", "ism", "sdi")

IMAGES: dict[str, Any] = {
    **BOUNDS,
    "scene": {"name": "free-image", "images": 20},
    "guidance.scale": 1.0,
    "guidance.reduction": "sum",
    "guidance.inversion_scale": "auto",
    "sdi.compare": RIVALS,
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
"""Twenty free images, a class each in turn, 100 steps of a tenth of the way."""

EXACT = {"prior": {"name": "closed-form"}, "sdi.bandwidth": 0.15}

SCENES: dict[str, Any] = {
    **BOUNDS,
    "prior": {"name": "mesh-views", "dataset": True},
    "scene": {"name": "voxel-grid", "resolution": 40, "radius": 0.8, "samples": 40},
    "guidance.scale": 1.0,
    "guidance.t_min": 0.1,
    "sdi.compare": RIVALS,
    "cameras.count": 240,
    "trainer": {
        "name": "gradient",
        "steps": 240,
        "optimizer": "adam",
        "learning_rate": 0.2,
        "clip_norm": 1e9,
        "batch_size": 1,
    },
    "evaluation.reference": 16,
}
"""The mesh Spot as voxels, 240 steps of a view each."""
AMORTISED = {
    "sdi.active_views": 16,
    "guidance.refresh_every": 4,
    "guidance.inversion_steps": 4,
}

OF_IMAGES = (
    *("high_frequency_ratio", "high_frequency_gap", "classifier_accuracy", "kid_classifier"),
    *("diversity", "gradient_variance_ratio", "prior_calls", "seconds"),
)
OF_SCENES = (
    *("psnr_nearest_mode", "mode_agreement", "high_frequency_ratio"),
    *("gradient_variance_ratio", "prior_calls_per_step", "seconds"),
)


def scene_row(name: str, **overrides: Any) -> ReferenceRow:
    """A prior, and how its views are asked about."""
    more: Mapping[str, Any] = {key.replace("__", "."): value for key, value in overrides.items()}
    return ReferenceRow(name=name, overrides={**SCENES, **more})


TABLES = (
    ReferenceTable(
        name="images",
        title="Bench A: 20 digits from a small network, at three guidance scales",
        metrics=OF_IMAGES,
        seeds=3,
        quick={"prior_trainer.epochs": 10, "sdi.scales": ()},
        rows=(
            ReferenceRow(
                name="digits, small-unet",
                overrides={
                    **IMAGES,
                    "data.dataset": {"name": "digits"},
                    "prior": {"name": "small-unet"},
                    "sdi.scales": (3.0, 7.5),
                },
            ),
        ),
        compared="guidance",
        note="high_frequency_gap is the distance to DDIM's ratio from the same network and scale; "
        "kid_classifier and accuracy are those of a small classifier of the training images. Each "
        "seed trains a network of its own, four CPU-minutes. gradient_variance_ratio: variance "
        "over its draws by its squared mean, at fixed images",
    ),
    ReferenceTable(
        name="scenes",
        title="Bench B: a coloured mesh as voxels, from an exact prior of its views",
        metrics=OF_SCENES,
        seeds=3,
        quick={"trainer.steps": 60},
        rows=(
            scene_row("spot, 3 modes"),
            scene_row("spot, 12 modes", prior__details=4),
            scene_row("spot, 3 modes, amortised", **AMORTISED),
        ),
        compared="guidance",
        note="The prior knows three colourings of the mesh Spot, or twelve, from any camera; "
        "PSNR is to the nearest of them on 16 unseen cameras. DDIM's samples are of no scene. "
        "amortised: 16 views in use at a time, a target kept for 4 visits, inversions of 4 steps. "
        "Needs GEOFRAME_DATA",
    ),
    ReferenceTable(
        name="field",
        title="Score distillation beside its family and the prior's own DDIM samples",
        metrics=(*OF_IMAGES[:-2], "psnr_nearest_mode", "mode_agreement", "prior_calls"),
        seeds=3,
        quick={"trainer.steps": 30},
        rows=(
            ReferenceRow(
                name="digits, exact score",
                overrides={**IMAGES, **EXACT, "data.dataset": {"name": "digits"}},
            ),
            ReferenceRow(
                name="mnist, exact score of 1000",
                overrides={
                    **IMAGES,
                    **EXACT,
                    "data.dataset": {"name": "mnist"},
                    "data.limit": 1000,
                },
            ),
            scene_row("spot as voxels, 12 modes", prior__details=4),
        ),
        compared="guidance",
        note="the gap of high frequencies is the distance to DDIM's samples, which are of no "
        "scene: each view is drawn for itself; a fit of the voxels to true renders reaches 26.7 dB "
        "and a ratio of 0.70 on three modes; mnist and spot need GEOFRAME_DATA",
    ),
)
"""What ``geoframe reproduce sdi`` measures."""
