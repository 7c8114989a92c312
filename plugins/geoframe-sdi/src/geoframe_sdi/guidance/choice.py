"""What a config leaves to ``auto``, decided."""

from __future__ import annotations

from geoframe_sdi.guidance.config import GuidanceConfig
from geoframe_sdi.guidance.step import StepOptions

AUTO_NOISE_SCALE = 0.5
"""Noise that auto adds for scenes of several cameras, in units of what the prior is told."""
AUTO_MEMORY = 0.2
"""With one view, auto's noise keeps ``1 - AUTO_MEMORY * step`` of the last, for steps that move an
image by the share ``step`` of its way."""


def step_options(config: GuidanceConfig, step: float, *, coupled: bool) -> StepOptions:
    """Decide what the config leaves to ``auto``."""
    auto = config.name == "auto"
    scale = AUTO_NOISE_SCALE if auto and coupled else 1.0
    memory = 1 - AUTO_MEMORY * min(step, 1.0) if auto and not coupled else 0.0
    return StepOptions(
        noise_scale=scale if config.noise_scale is None else config.noise_scale,
        noise_memory=memory if config.noise_memory is None else config.noise_memory,
        inversion_steps=config.inversion_steps,
        eval_at=config.eval_at,
        inversion_jitter=config.inversion_jitter,
        true_noise=config.true_noise,
        entropy=config.entropy,
        compat=config.compat,
    )


def kept_names(config: GuidanceConfig, options: StepOptions) -> list[str]:
    """Name what the guidance keeps of each view between steps."""
    names = []
    if config.name == "sdi-cached" or options.noise_memory:
        names.append("noise")
    if config.name == "sdi-cached":
        names.append("clean")
    if config.refresh_every > 1:
        names.append("target")
    return names
