"""Conditional radiance fields, and how several of them make one scene."""

from __future__ import annotations

import math

import attrs
import torch
from torch import Tensor, nn
from torch.nn import functional

OUTSIDE = -1000.0
"""Density logit of an object outside its box."""
ABSENT = -1e8
"""Density logit of an idle slot."""
DENSITY = 10.0
"""Largest density, per metre: occupancy counts how much of a decimetre is opaque."""


def encode(values: Tensor, octaves: int) -> Tensor:
    """Sines and cosines of 2^i pi times each coordinate ``(..., c)`` -> ``(..., 2 c octaves)``."""
    scale = math.pi * 2.0 ** torch.arange(octaves, device=values.device, dtype=values.dtype)
    angles = (values.unsqueeze(-1) * scale).flatten(-2)
    return torch.cat([angles.sin(), angles.cos()], -1)


class ConditionalField(nn.Module):
    """Density and colour at points, given a code.

    A code is added to the first layer, and again with the points' encoding after half of the
    layers, not concatenated.

    Parameters
    ----------
    latent
        Length of the code.
    width, layers
        Of the network.
    frequencies
        Octaves of the points' encoding.
    view_frequencies
        Octaves of the rays' encoding; 0 leaves rays out.
    """

    def __init__(
        self, latent: int, *, width: int, layers: int, frequencies: int, view_frequencies: int
    ) -> None:
        super().__init__()
        self.frequencies, self.view_frequencies = frequencies, view_frequencies
        self.point = nn.ModuleList(nn.Linear(6 * frequencies, width) for _ in range(2))
        self.code = nn.ModuleList(nn.Linear(latent, width, bias=False) for _ in range(3))
        self.layers = nn.ModuleList(nn.Linear(width, width) for _ in range(layers - 1))
        self.density = nn.Linear(width, 1)
        self.colour = nn.Linear(width, width)
        self.ray = nn.Linear(6 * view_frequencies, width) if view_frequencies else None
        self.rgb = nn.Linear(width, 3)

    def hidden(self, points: Tensor, code: Tensor, owner: Tensor | None = None) -> Tensor:
        """Features ``(..., n, width)`` of points; arguments as in :meth:`forward`."""
        encoded = encode(points, self.frequencies)
        h = functional.relu(self.point[0](encoded) + self._told(0, code, owner))
        middle = len(self.layers) // 2
        for k, layer in enumerate(self.layers):
            h = functional.relu(layer(h))
            if k == middle:
                h = h + self._told(1, code, owner) + self.point[1](encoded)
        return h

    def logits(self, points: Tensor, code: Tensor, owner: Tensor | None = None) -> Tensor:
        """Density logits ``(..., n)`` alone."""
        found: Tensor = self.density(self.hidden(points, code, owner)).squeeze(-1)
        return found

    def forward(
        self, points: Tensor, code: Tensor, rays: Tensor, owner: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Density logits ``(..., n)`` and colours ``(..., n, 3)`` in [0, 1].

        Parameters
        ----------
        points
            ``(..., n, 3)``, about in [-1, 1].
        code
            ``(..., latent)``.
        rays
            Unit directions of view ``(..., n, 3)`` in the points' frame.
        owner
            Row of the code of each point ``(n,)``, for points ``(n, 3)`` of many fields together.
        """
        h = self.hidden(points, code, owner)
        shade = self.colour(h) + self._told(2, code, owner)
        if self.ray is not None:
            shade = shade + self.ray(encode(rays, self.view_frequencies))
        return self.density(h).squeeze(-1), self.rgb(functional.relu(shade)).sigmoid()

    def _told(self, part: int, code: Tensor, owner: Tensor | None) -> Tensor:
        """What the code adds to a layer at every point."""
        told: Tensor = self.code[part](code)
        return told.unsqueeze(-2) if owner is None else told.index_select(0, owner)


@attrs.frozen(eq=False)
class Composition:
    """What several fields say of the same points, the background first."""

    log_share: Tensor
    """Log-probability that a point is opaque and belongs to a component ``(b, 1 + k, n)``."""
    occupancy: Tensor
    """Joint occupancy, below 1 ``(b, n)``."""


def compose(logits: Tensor) -> Composition:
    """Share points among components by their density logits ``(b, 1 + k, n)``.

    Occupancy is tanh of the sum of softplus(g), shares are the softmax of g.
    """
    total = functional.softplus(logits.float()).sum(1)
    occupancy = total.tanh()
    # log tanh(x) loses nothing at small x, where tanh(x) is about x.
    log_occupancy = occupancy.clamp(min=1e-12).log()
    return Composition(log_occupancy.unsqueeze(1) + logits.float().log_softmax(1), occupancy)
