"""Instance-colouring stick-breaking process: any number of masks from colours of points.

Engelcke, Parker Jones and Posner, GENESIS-V2, NeurIPS 2021; with a background head and the
object probability as first scope, as in ObPose.
"""

from __future__ import annotations

import math

import attrs
import torch
from torch import Tensor, nn

EPS = 1e-6
PRESENT = 0.5
"""Scope above which a point makes another object, at test time."""
LEFT = 0.01
"""Share of the objects' points that may stay without a mask."""


@attrs.frozen(eq=False)
class Masks:
    """Soft masks of ``k`` objects over ``n`` points."""

    objects: Tensor
    """``(b, k, n)``; with ``background`` and ``left`` they sum to 1."""
    background: Tensor
    """``(b, n)``."""
    left: Tensor
    """Scope that no object took ``(b, n)``."""
    idle: Tensor
    """Whether a slot found nothing to explain ``(b, k)``."""
    seeds: Tensor
    """Point that each mask grew from ``(b, k)``."""
    kernels: Tensor
    """Likeness to the seed ``(b, k, n)``, before the scope is taken into account."""


class InstanceColouring(nn.Module):
    """Masks grow one after the other, each around a seed in colour space.

    Parameters
    ----------
    slots
        Number of objects that the first bandwidth is set for, 1 / (slots ln 2), and that
        training looks for.
    """

    def __init__(self, slots: int) -> None:
        super().__init__()
        self.slots = slots
        self.log_bandwidth = nn.Parameter(torch.tensor(-math.log(slots * math.log(2))))

    def forward(self, colours: Tensor, present: Tensor) -> Masks:
        """Draw seeds at random, for training.

        Parameters
        ----------
        colours
            ``(b, n, c)``.
        present
            Probability that a point belongs to an object ``(b, n)``.
        """
        log_scope = present.clamp(EPS, 1 - EPS).log()
        steps = []
        for _ in range(self.slots):
            scope = log_scope.exp()
            seeds = (torch.rand_like(scope) * scope).argmax(1)
            idle = (torch.rand_like(scope) >= scope).all(1)
            log_scope, mask, kernel = self._take(colours, log_scope, seeds, idle)
            steps.append((mask, kernel, idle, seeds))
        return _collected(steps, present, log_scope)

    @torch.no_grad()
    def deterministic(self, colours: Tensor, present: Tensor, *, most: int) -> Masks:
        """Grow masks from peaks of density until nearly nothing is left, for one image.

        A seed is the point whose kernel holds most of the scope, so the same image has the same
        masks; their number is not that of training.

        Parameters
        ----------
        colours
            ``(1, n, c)``.
        most
            Objects at the most.
        """
        log_scope = present.clamp(EPS, 1 - EPS).log()
        candidates = (present[0] > PRESENT).nonzero()[:, 0]
        kernel = self._kernel(colours, colours[0, candidates])[0].transpose(0, 1)  # (m, n)
        total = len(candidates)
        steps = []
        for _ in range(most):
            scope = log_scope.exp()
            open_points = scope[0, candidates] > PRESENT
            if int(open_points.sum()) <= max(1, LEFT * total):
                break
            density = torch.where(open_points, kernel @ scope[0], torch.zeros(()))
            seeds = candidates[density.argmax()][None]
            idle = torch.zeros(1, dtype=torch.bool)
            log_scope, mask, taken = self._take(colours, log_scope, seeds, idle)
            steps.append((mask, taken, idle, seeds))
        return _collected(steps, present, log_scope)

    def _kernel(self, colours: Tensor, seeds: Tensor) -> Tensor:
        """Likeness of points ``(b, n, c)`` to seeds ``(k, c)`` -> ``(b, n, k)``."""
        squares = torch.cdist(colours, seeds[None]).square()
        return (-squares / self.log_bandwidth.exp()).exp()

    def _take(
        self, colours: Tensor, log_scope: Tensor, seeds: Tensor, idle: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Give a seed its share of the scope; return what is left, the mask and the kernel."""
        seed = colours[torch.arange(len(colours), device=colours.device), seeds]
        squares = (colours - seed[:, None]).square().sum(-1)
        kernel = (-squares / self.log_bandwidth.exp()).exp()
        # Clamped, but with the gradient of the identity.
        bounded = kernel + (kernel.clamp(EPS, 1 - EPS) - kernel).detach()
        active = (~idle)[:, None].to(kernel.dtype)
        mask = log_scope.exp() * bounded * active
        return log_scope + (1 - bounded).clamp(min=EPS).log() * active, mask, bounded


def _collected(
    steps: list[tuple[Tensor, Tensor, Tensor, Tensor]], present: Tensor, log_scope: Tensor
) -> Masks:
    b, n = present.shape
    if not steps:
        none = present.new_zeros((b, 0, n))
        flags = torch.zeros((b, 0), dtype=torch.bool, device=present.device)
        return Masks(none, 1 - present, log_scope.exp(), flags, flags.long(), none)
    masks, kernels, idle, seeds = (torch.stack(each, 1) for each in zip(*steps, strict=True))
    return Masks(masks, 1 - present, log_scope.exp(), idle, seeds, kernels)
