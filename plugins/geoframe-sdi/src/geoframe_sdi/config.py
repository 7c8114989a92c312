"""Options of the sdi method. Torch-free."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import attrs

from geoframe.capabilities import Denoises
from geoframe.components import Component
from geoframe.config import MethodConfig, component, option, section
from geoframe_sdi.guidance.config import GuidanceConfig, GuidanceName


@attrs.frozen(kw_only=True)
class ImagesConfig:
    """Images that the prior is made of; a pretrained prior needs none."""

    path: Path | None = option(
        None, help="Folder or zip archive of images; without it the dataset below is used."
    )
    size: int | None = option(
        None, ge=1, unit="pixels", help="Resize images to this height and width."
    )
    grey: bool = option(False, help="Read images without their colours.")
    labels: bool = option(False, help="The folder of an image is its class.")
    limit: int | None = option(None, ge=2, unit="images", help="Use only so many, the first.")
    dataset: Component = component(
        "dataset",
        default={"name": "digits"},
        provides=("items",),
        help="The images to use when path is left out.",
    )


@attrs.frozen(kw_only=True)
class CamerasConfig:
    """Where training looks from. A free image needs no cameras."""

    path: Path | None = option(
        None, help="A transforms.json with the cameras; else they are drawn."
    )
    count: int = option(64, ge=1, unit="cameras", help="Cameras that are drawn.")
    azimuth: tuple[float, ...] = option((0.0, 360.0), unit="degrees", help="Range; 0 is the front.")
    elevation: tuple[float, ...] = option(
        (-10.0, 45.0), ge=-89, le=89, unit="degrees", help="Range above the horizon."
    )
    distance: tuple[float, ...] = option((1.8, 2.2), gt=0, unit="units", help="Range.")
    field_of_view: tuple[float, ...] = option(
        (45.0, 55.0), gt=1, lt=170, unit="degrees", help="Range of the angle an image spans."
    )

    def __attrs_post_init__(self) -> None:
        for name in ("azimuth", "elevation", "distance", "field_of_view"):
            value = getattr(self, name)
            if len(value) != 2 or value[0] > value[1]:
                raise ValueError(f"{name}: must be two numbers, the smaller first")


@attrs.frozen(kw_only=True)
class RegulariserConfig:
    """Weights of terms that keep a volume a solid thing; 0 leaves one out."""

    orientation: float = option(0.0, ge=0, help="Surfaces that are seen look at the camera.")
    sparsity: float = option(0.0, ge=0, help="Little opacity; falls to 0 over the first 30 %.")
    opaque: float = option(0.0, ge=0, help="Opacities of 0 or 1.")
    z_variance: float = option(0.0, ge=0, help="One depth along a ray.")
    convexity: float = option(0.0, ge=0, help="Convex surfaces; falls to a tenth over 40 %.")


@attrs.frozen(kw_only=True)
class DistillationConfig:
    """What is distilled."""

    labels: tuple[int | str, ...] = option(
        (),
        help="Conditions of the views in turn, by name or number: classes of the images, or "
        "numbers of the prior's prompts. Empty: all classes in turn, if there are any.",
    )
    view_prompts: bool = option(
        False, help="Prompts 0, 1, 2, 3 are for front, side, back and overhead views."
    )
    perp_neg: bool = option(
        False,
        help="With view_prompts: prompts are mixed by the angle, and guidance goes away from "
        "those of the neighbouring views as far as they are not the wanted one.",
    )
    active_views: int = option(
        0,
        ge=0,
        unit="views",
        help="Cameras in use at a time; each gives way to the next once its target has served "
        "guidance.refresh_every times. 0: all cameras, all the time.",
    )
    bandwidth: float = option(
        0.0,
        ge=0,
        help="Standard deviation of noise added to the images that the prior is of, in the range "
        "[-1, 1]: an exact prior pulls onto single images without it.",
    )
    start: Literal["denoised", "scene"] = option(
        "denoised",
        help="Images that train begin as the prior's answer to noise alone, or as the scene's own.",
    )
    compare: tuple[GuidanceName, ...] = option(
        (), help="Other guidance to run as well, for as many steps."
    )
    scales: tuple[float, ...] = option(
        (), help="Guidance scales to run all of them at as well, beside guidance.scale."
    )
    on_divergence: Literal["warn", "stop"] = option(
        "warn", help="What to do when the scene is empty, full or saturated, or noise is none."
    )
    dry_run: bool = option(
        False, help="Only say how many prior calls, how much memory and how long it would take."
    )


@attrs.frozen(kw_only=True)
class EvaluationConfig:
    """What is measured at the end."""

    cameras: int = option(16, ge=1, unit="cameras", help="Cameras that training never saw.")
    reference: int = option(
        20,
        ge=0,
        unit="images",
        help="Images that DDIM draws from the prior to compare with; 0: none.",
    )
    classifier: bool = option(
        True, help="Train a small classifier on labelled images, for accuracy and features."
    )
    gradient: int = option(
        8, ge=0, unit="draws", help="Draws of the gradient at the end, for its variance; 0: none."
    )
    shown: int = option(16, ge=1, unit="images", help="Images in the report's figures.")

    def __attrs_post_init__(self) -> None:
        if self.gradient == 1:
            raise ValueError("gradient: one draw has no variance; take 0 or at least 2")


@attrs.frozen(kw_only=True)
class SDIConfig(MethodConfig):
    """Score distillation: anything that renders follows a diffusion model."""

    data: ImagesConfig = section(ImagesConfig, help="Images that the prior is made of.")
    prior: Component = component(
        "sampler",
        default={"name": "closed-form"},
        needs=(Denoises,),
        help="The diffusion model: any sampler that denoises.",
    )
    scene: Component = component(
        "embedder",
        default={"name": "free-image"},
        items=("cameras",),
        help="What trains: any embedder from camera rows to pixels.",
    )
    guidance: GuidanceConfig = section(GuidanceConfig, help="How the prior leads the scene.")
    cameras: CamerasConfig = section(CamerasConfig, help="Where training looks from.")
    regularisers: RegulariserConfig = section(
        RegulariserConfig, help="Terms on the scene's geometry."
    )
    sdi: DistillationConfig = section(DistillationConfig, help="What is distilled.")
    trainer: Component = component(
        "trainer",
        default={
            "name": "gradient",
            "steps": 300,
            "learning_rate": 0.03,
            "optimizer": "adam",
            "batch_size": 1,
        },
        help="How the scene is fitted; batch_size views a step.",
    )
    prior_trainer: Component = component(
        "trainer",
        default={
            "name": "gradient",
            "epochs": 70,
            "learning_rate": 1e-3,
            "batch_size": 64,
            "schedule": "cosine",
        },
        help="How the prior is fitted, if it trains.",
    )
    evaluation: EvaluationConfig = section(EvaluationConfig, help="What is measured at the end.")
