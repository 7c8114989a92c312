"""Log radius and direction instead of raw coordinates."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from geoframe import Embedder

LARGEST = 20.0
"""Log radius beyond which there is none."""


class PolarEmbedder(Embedder):
    """Raw coordinates as radius times direction, of an embedder that gives ``dim + 1`` numbers.

    Radii of a deep tree span orders of magnitude, and what matters of a direction is its
    precision, so both are learned apart from each other.

    Parameters
    ----------
    inner
        Gives a log radius and the coordinates of a direction.
    """

    def __init__(self, inner: Embedder) -> None:
        super().__init__(inner.in_features, inner.out_features - 1)
        self.inner = inner
        self.inductive = inner.inductive

    def forward(self, items: Tensor) -> Tensor:
        """Inputs -> raw coordinates ``(m, dim)``."""
        log_radius, direction = self.polar(items)
        return log_radius.exp().unsqueeze(-1) * direction

    def polar(self, items: Tensor) -> tuple[Tensor, Tensor]:
        """Log radius ``(m,)`` and unit direction ``(m, dim)``."""
        raw = self.inner(items)
        return raw[:, 0].clamp(max=LARGEST), nn.functional.normalize(raw[:, 1:], dim=-1)

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, *arguments: Any
    ) -> None:
        # In runs of 0.1 what is inside stood in its place.
        inside = prefix + "inner."
        for key in [key for key in state_dict if key.startswith(prefix)]:
            if not key.startswith(inside):
                state_dict[inside + key[len(prefix) :]] = state_dict.pop(key)
        super()._load_from_state_dict(state_dict, prefix, *arguments)
