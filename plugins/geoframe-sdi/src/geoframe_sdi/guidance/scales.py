"""Which guidance scale an inversion should have, by measurement."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from geoframe_sdi.guidance.inversion import inverted_noise, residual, rungs

if TYPE_CHECKING:
    from geoframe_sdi.guidance.step import Step

STEADY = (0.7, 1.3)
"""Standard deviations of inverted noise that pass for those of noise."""
log = logging.getLogger(__name__)


def chosen_inversion_scale(step: Step) -> float:
    """Pick minus the scale, 0 or 1: the least residual of those whose noise looks like noise.

    Negative scales are the paper's for Stable Diffusion; a small class-conditional model is
    over-saturated by the distance of the two scales.
    """
    found: list[tuple[bool, float, float]] = []
    ladder = rungs(step.schedule, step.level, step.options.inversion_steps)
    for scale in (-step.scale, 0.0, 1.0):
        step.inversion_scale = scale
        noise = inverted_noise(step.inversion_noise, step.images, ladder, "target")
        error = residual(lambda state, _: step.noise(state), step.images, noise, step.sigma)
        steady = STEADY[0] <= float(noise.std()) <= STEADY[1]
        found.append((not steady, error, scale))
    chosen = min(found)[2]
    log.info("inversion_scale = auto: %g (out of bounds, residual, scale: %s)", chosen, found)
    return chosen
