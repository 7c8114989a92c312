"""Features of images from fixed random convolutions: of no data set, and the same everywhere."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import conv2d, pad, relu

CHANNELS = (32, 64, 128)
SEED = 20231
BLOCK = 256


class RandomConvolutions:
    """Mean and deviation over the image of three layers of fixed random filters.

    Random filters see edges, textures and their arrangement, and nothing that a data set taught.
    Features are standardised by the images that they are fitted to.

    Parameters
    ----------
    images
        ``(n, h, w)`` or ``(n, h, w, channels)``.
    """

    def __init__(self, images: Tensor) -> None:
        channels = 1 if images.ndim == 3 else images.shape[3]
        generator = torch.Generator().manual_seed(SEED)
        self.filters = []
        for k, out in enumerate(CHANNELS):
            size = 5 if k == 0 else 3
            drawn = torch.randn(out, channels, size, size, generator=generator)
            drawn -= drawn.mean((2, 3), keepdim=True) * (k == 0)  # the first layer sees no level
            self.filters.append(drawn * math.sqrt(2 / (channels * size * size)))
            channels = out
        self.low, self.high = float(images.min()), float(images.max())
        found = self._raw(images)
        self.mean = found.mean(0)
        deviation = found.std(0)
        self.deviation = torch.where(deviation > 1e-6 * deviation.amax(), deviation, 1.0)

    def __call__(self, images: Tensor) -> Tensor:
        """Features ``(n, 448)``."""
        return (self._raw(images) - self.mean) / self.deviation

    @torch.inference_mode()
    def _raw(self, images: Tensor) -> Tensor:
        return torch.cat([self._block(part) for part in torch.split(images, BLOCK)])

    def _block(self, images: Tensor) -> Tensor:
        unit = max(self.high - self.low, 1e-12) / 2
        state = (images.float() - self.low) / unit - 1
        state = state[:, None] if images.ndim == 3 else state.permute(0, 3, 1, 2)
        found = []
        for filters in self.filters:
            size = filters.shape[2]
            state = relu(conv2d(pad(state, (size // 2,) * 4, mode="replicate"), filters, stride=2))
            found += [state.mean((2, 3)), state.flatten(2).std(2, correction=0)]
        return torch.cat(found, 1)
