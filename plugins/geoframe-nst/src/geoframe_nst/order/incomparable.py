"""Sampling pairs of nodes that no directed path connects."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from geoframe_nst.closure.reachability import Reachability

POOL = 2**18
"""Candidate pairs that are tested once, before training; steps draw from those that qualify."""


class IncomparablePairs:
    """Pairs of distinct nodes, neither of which reaches the other, sampled uniformly.

    Parameters
    ----------
    reachability
        Which node reaches which.
    seed
        Seed of the candidates.
    """

    def __init__(self, reachability: Reachability, *, seed: int) -> None:
        u, v = np.random.default_rng(seed).integers(reachability.n, size=(2, POOL))
        joined = reachability.reaches(u, v) | reachability.reaches(v, u)
        self.pool = torch.from_numpy(np.stack([u, v], axis=1)[~joined])

    def sample(self, n: int) -> Tensor:
        """Draw ``n`` pairs ``(n, 2)`` with torch's global generator; none if none were found."""
        if not len(self.pool):
            return self.pool
        return self.pool[torch.randint(len(self.pool), (n,))]
