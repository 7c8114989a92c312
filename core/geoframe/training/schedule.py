"""What depends on the step number alone: learning rate and batches. Nothing here has state."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def learning_rate_factor(step: int, total: int, schedule: str, warmup: int) -> float:
    """Share of the peak learning rate at ``step`` (counted from 0) of ``total``."""
    if step < warmup:
        return (step + 1) / (warmup + 1)
    if schedule == "constant":
        return 1.0
    progress = (step - warmup) / max(1, total - warmup)
    if schedule == "linear":
        return 1.0 - progress
    return 0.5 * (1.0 + math.cos(math.pi * progress))


class Batches:
    """Indices of each step's batch: every epoch is a fresh permutation, fixed by the seed.

    Parameters
    ----------
    items
        Number of items.
    batch_size
        Items of one step; 0, or more than there are, takes all of them in their own order.
    seed
        Seed of the permutations.
    """

    def __init__(self, items: int, batch_size: int, seed: int) -> None:
        self.items = items
        self.whole = batch_size == 0 or batch_size >= items
        self.batch_size = items if self.whole else batch_size
        self.per_epoch = max(1, math.ceil(items / max(1, self.batch_size)))
        self.seed = seed
        self._epoch = -1
        self._order = torch.arange(items)

    def at(self, step: int) -> Tensor:
        """Item indices ``(b,)`` of the batch at ``step``."""
        epoch, position = divmod(step, self.per_epoch)
        if not self.whole and epoch != self._epoch:
            generator = torch.Generator().manual_seed((self.seed * 1_000_003 + epoch) % 2**63)
            self._order = torch.randperm(self.items, generator=generator)
            self._epoch = epoch
        return self._order[position * self.batch_size : (position + 1) * self.batch_size]
