"""Signs that a distillation goes wrong, while it runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from torch import Tensor

if TYPE_CHECKING:
    from geoframe_sdi.guidance.loss import ScoreDistillation

NOISE = (0.3, 3.0)
"""Bounds of the standard deviation of noise that a prior was trained on with 1."""
MOST_SATURATED = 0.6
"""Share of pixels at the ends of their range that photographs hardly reach."""
OPACITY = (0.02, 0.98)
"""Bounds of the mean opacity: an empty and a full view."""


def signs_of_divergence(
    values: Mapping[str, float], images: Tensor, guidance: ScoreDistillation
) -> set[str]:
    """Sentences on what is wrong now; empty if nothing is.

    Parameters
    ----------
    values
        ``noise_std``, ``saturated`` and perhaps ``opacity`` of this step.
    images
        Renders of this step.
    guidance
        Its rule says whether the noise is sought by inversion, which can go astray.
    """
    signs = set()
    if not bool(images.isfinite().all()):
        signs.add("a render is not finite: lower trainer.learning_rate")
    if guidance.rule.inverts and not NOISE[0] <= values["noise_std"] <= NOISE[1]:
        signs.add(_astray(guidance))
    beyond = float((images.abs() > 1.02).float().mean())
    if values["saturated"] > MOST_SATURATED and beyond > MOST_SATURATED / 2:
        signs.add("most pixels are saturated: lower guidance.scale or guidance.sigma_max")
    if "opacity" in values and not OPACITY[0] <= values["opacity"] <= OPACITY[1]:
        signs.add(
            "the views are empty or full: raise regularisers.opaque, or lower trainer.learning_rate"
        )
    return signs


def _astray(guidance: ScoreDistillation) -> str:
    """Inverted noise is none: what helps depends on what is not yet done against it."""
    remedies = ["lower guidance.sigma_max"]
    if guidance.config.name == "sdi" and guidance.config.inversion_scale != "auto":
        remedies.append("set guidance.inversion_scale to 'auto'")
    if guidance.scale > 1:
        remedies.append("lower guidance.scale")
    remedies.append("take guidance 'auto', which inverts nothing")
    return (
        "the noise that the prior was told of is none (its standard deviation is far from 1): "
        f"{', or '.join(remedies)}"
    )
