"""The exact engine for data that do not fit: one pass over blocks of points per step."""

from __future__ import annotations

import torch
from torch import Tensor

from geoframe_cfdm.engines.base import PlainTrajectory, Posterior, sharpness
from geoframe_cfdm.engines.points import Points


class StreamedTrajectory(PlainTrajectory):
    """Reads the points once per step and keeps running sums (an online softmax).

    Every perturbed state is a query of its own, so nothing of size N is kept.

    Parameters
    ----------
    points
        The training points, in memory or not.
    z
        Initial states ``(B, d)``; taken over.
    perturbations
        ``(B or 1, M, d)``, sigma included, or None.
    block
        Points read at a time.
    """

    def __init__(
        self, points: Points, z: Tensor, perturbations: Tensor | None, *, block: int
    ) -> None:
        super().__init__(points, z, perturbations)
        self.block = block

    def posterior(self, t: float, *, tuples: bool = False) -> Posterior:
        """Find the posterior in one pass over the points."""
        if t == 0:
            return self.at_start(tuples)
        queries, c = self.queries(), sharpness(t)
        b, m, d = queries.shape
        flat = queries.reshape(-1, d)
        top = flat.new_full((len(flat),), -torch.inf)
        heaviest = torch.zeros(len(flat), dtype=torch.long, device=flat.device)
        total, squares, sums = torch.zeros_like(top), torch.zeros_like(top), torch.zeros_like(flat)
        for start, part in self.points.blocks(self.block):
            stop = start + len(part)
            logits = torch.addmm(
                self.points.half_norms[start:stop], flat, part.T, beta=-c * t, alpha=c
            )
            if self.points.log_weights is not None:
                logits += self.points.log_weights[start:stop]
            best, place = logits.max(1)
            heaviest = torch.where(best > top, place + start, heaviest)
            risen = torch.maximum(top, best)
            weights = logits.sub_(risen[:, None]).exp_()
            # What was summed relative to the old maximum counts less now.
            fade = (top - risen).exp_()
            total.mul_(fade).add_(weights.sum(1))
            squares.mul_(fade.square()).add_(torch.linalg.vecdot(weights, weights))
            sums.mul_(fade[:, None]).addmm_(weights, part)
            top = risen
        self._mean = (sums / total[:, None]).reshape(b, m, d).mean(1)
        ess = (total.square() / squares).reshape(b, m)
        return Posterior(
            # Of a single perturbation's weights: those of different ones are never held at once.
            ess=ess.mean(1),
            rows={"dense-streamed": b},
            error=0.0,
            reason="tables of all points would exceed the memory budget",
            tuples=heaviest.reshape(b, m) if tuples else None,
            tuple_weights=(1 / total).reshape(b, m) if tuples else None,
        )
