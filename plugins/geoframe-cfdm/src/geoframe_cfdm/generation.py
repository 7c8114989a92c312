"""Drawing the samples of a run."""

from __future__ import annotations

import time

import attrs
import torch
from torch import Tensor

from geoframe.run.directory import Run
from geoframe_cfdm.config import CFDMConfig
from geoframe_cfdm.fit import Fitted

TOLD = "seconds_per_sample"
"""Scalar that is logged after each batch."""


@attrs.frozen(eq=False)
class Generated:
    """What was drawn."""

    drawn: dict[str, Tensor]
    """``items`` and what the sampler tells of each."""
    seconds: float
    cpu_seconds: float

    @property
    def items(self) -> Tensor:
        """Samples ``(n, *item_shape)``."""
        return self.drawn["items"]


def generate(config: CFDMConfig, fitted: Fitted, run: Run) -> Generated:
    """Draw ``cfdm.samples`` items, a batch at a time, telling the run how far it is."""
    total = config.cfdm.samples
    batch = getattr(config.sampler.options, "batch_size", 64)
    parts: list[dict[str, Tensor]] = []
    run.rewind(0, of=TOLD)  # what was drawn before an interruption is drawn again
    started, cpu_started = time.perf_counter(), time.process_time()
    for first in range(0, total, batch):
        n = min(batch, total - first)
        parts.append(fitted.sampler.draw(n, seed=config.seed, first=first))
        taken = time.perf_counter() - started
        run.log(first + n, total, {TOLD: taken / (first + n)})
    drawn = {name: torch.cat([part[name] for part in parts]) for name in parts[0]}
    seconds = time.perf_counter() - started
    return Generated(drawn, seconds, time.process_time() - cpu_started)
