"""Images whose pixels train."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from geoframe_sdi.scenes.base import Scene


class FreeImage(Scene):
    """Images in a table: distillation then works on pixels alone.

    Parameters
    ----------
    in_features
        Numbers of a row, of which the first is the image's number (modulo their number).
    images
        How many there are.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        images: int = 16,
        shape: Sequence[int] | None = None,
    ) -> None:
        super().__init__(in_features, out_features, shape)
        self.pixels = nn.Parameter(torch.zeros(images, out_features))

    def forward(self, items: Tensor) -> Tensor:
        """Rows -> pixels ``(n, out_features)``."""
        numbers = items[:, 0].round().long() % len(self.pixels)
        return self.pixels[numbers]

    @torch.no_grad()
    def start_from(self, images: Tensor) -> None:
        """Begin as given images."""
        self.pixels[: len(images)] = images.flatten(1)[: len(self.pixels)].to(self.pixels)
