"""Options of the guidance. Torch-free."""

from __future__ import annotations

from typing import Literal

import attrs

from geoframe.config import option

GuidanceName = Literal[
    "auto",
    "sds",
    "sds-annealed",
    "sdi",
    "sdi-cached",
    "ism",
    "vsd",
    "nfsd",
    "csd",
    "sjc",
    "hifa",
]


@attrs.frozen(kw_only=True)
class GuidanceConfig:
    """How the prior's answers become a gradient; what is left out takes the method's own value."""

    name: GuidanceName = option(
        "auto",
        help="auto is annealed sds with noise_scale = 0.5 for scenes of several cameras, and with "
        "noise that remembers for a single view: one prior call a step.",
    )
    scale: float | None = option(
        None, help="Guidance scale: 0 without condition, 1 conditional (the convention of CFG)."
    )
    timing: Literal["own", "linear", "uniform", "sqrt", "warm"] = option(
        "own",
        help="Noise level over the steps: falling linearly, drawn anew, falling with the root, or "
        "drawn below a bound that falls over the first 30 %. own is the method's.",
    )
    t_max: float | None = option(
        None, gt=0, le=1, help="Largest level, as a share of the prior's levels."
    )
    t_min: float | None = option(None, ge=0, lt=1, help="Smallest level.")
    sigma_max: float = option(
        15.0,
        gt=0,
        help="No level goes beyond this much noise per unit of signal: the gradient carries sigma, "
        "which reaches 157 on a linear DDPM schedule.",
    )
    weight: Literal["own", "sigma", "one", "one-minus-alpha"] = option(
        "own", help="Weight of the gradient; sigma pulls towards the denoised image."
    )
    noise_scale: float | None = option(
        None, ge=0, help="Noise added, in units of what the prior is told (sds; 1 is exact)."
    )
    noise_memory: float | None = option(
        None, ge=0, lt=1, help="Correlation of a view's noise from step to step (sds)."
    )
    inversion_steps: int = option(10, ge=1, unit="steps", help="DDIM steps up to full noise.")
    inversion_scale: float | Literal["auto", "negative"] = option(
        "negative",
        help="Guidance scale of the inversion: negative is minus the scale (the paper's); auto "
        "picks among minus the scale, 0 and 1 by the residual of the fixed point.",
    )
    eval_at: Literal["target", "source", "midpoint"] = option(
        "target", help="Where an inversion step asks the prior."
    )
    inversion_jitter: float = option(
        1 / 30, ge=0, lt=1, help="Inversion goes up to so much above the level, drawn anew."
    )
    true_noise: float = option(
        0.0,
        ge=0,
        le=1,
        help="Share of the noise level that is drawn, the rest inverted: 0 is sdi, 1 is sds.",
    )
    entropy: float = option(
        0.0, ge=0, help="Noise added to the inverted one, against one view from all sides."
    )
    refresh_every: int = option(
        1, ge=1, unit="steps", help="Steps that a view's target is kept: fewer prior calls."
    )
    compat: Literal["none", "threestudio"] = option(
        "none", help="threestudio repeats that code's deviations from the paper (sdi)."
    )
    image_weight: float = option(0.01, ge=0, help="Weight of the image term (hifa).")
    particle_rate: float = option(
        1e-4, gt=0, help="Learning rate of the network that follows the renders (vsd)."
    )
    particle_rank: int = option(
        0,
        ge=0,
        help="Rank of what that network adds to the prior's weights (LoRA, the method's authors); "
        "0 trains a copy of them all.",
    )
    reduction: Literal["mean", "sum"] = option(
        "mean",
        help="mean over the values; with sum, a step of plain gradient descent moves an image by "
        "the share learning_rate towards its target.",
    )
