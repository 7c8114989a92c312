"""Options of the sibling samplers. Torch-free."""

from __future__ import annotations

from typing import ClassVar

import attrs

from geoframe.config import option
from geoframe_cfdm.sampling.config import Standardize


@attrs.frozen(kw_only=True)
class SiblingConfig:
    """What all sibling samplers share."""

    steps: int = option(20, ge=1, unit="steps", help="Euler steps from noise to data.")
    standardize: Standardize = option("auto", help="As for the closed-form sampler.")
    batch_size: int = option(64, ge=1, unit="samples", help="Samples that take steps together.")


@attrs.frozen(kw_only=True)
class OptimalConfig(SiblingConfig):
    """The exact denoiser cut to its K nearest neighbours, without smoothing: it memorises."""

    component: ClassVar[str] = "geoframe_cfdm.baselines.samplers:Optimal"

    nearest: int = option(2000, ge=1, unit="points", help="Neighbours K of each state.")


@attrs.frozen(kw_only=True)
class WienerConfig(SiblingConfig):
    """The linear denoiser: the data as one Gaussian."""

    component: ClassVar[str] = "geoframe_cfdm.baselines.samplers:Wiener"


@attrs.frozen(kw_only=True)
class PCALocalityConfig(SiblingConfig):
    """A posterior of its own for each value of an item, from the values that matter to it."""

    component: ClassVar[str] = "geoframe_cfdm.baselines.samplers:PCALocality"

    steps: int = option(10, ge=1, unit="steps", help="DDIM steps from noise to data.")
    standardize: Standardize = option(
        "auto", help="auto brings the data to -1 ... 1, as published; else as for closed-form."
    )
    threshold: float = option(
        0.02,
        gt=0,
        lt=1,
        help="A value matters to another if its entry in the linear denoiser, divided by its entry "
        "on the diagonal, is at least this share of the largest such number. The published configs "
        "take 0.005 (MNIST), 0.02 and 0.05 (CIFAR-10).",
    )
    minibatch: int = option(
        512,
        ge=0,
        unit="items",
        help="Training items whose posterior is taken together; the means of the minibatches count "
        "alike, as in the published code. 0 takes all together: the exact local posterior.",
    )
