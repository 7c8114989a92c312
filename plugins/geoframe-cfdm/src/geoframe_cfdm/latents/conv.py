"""A convolutional autoencoder that the core trainer trains."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn

from geoframe import ConfigError, Objective, Trainer
from geoframe.run.directory import Run
from geoframe_cfdm.latents.base import Autoencoder


class ConvAutoencoder(Autoencoder):
    """Strided convolutions down to a linear layer, and upsampling back.

    Parameters
    ----------
    in_features, out_features
        Values of an item, and of its latent.
    width
        Channels of the first layer; each level doubles them, up to 4 times.
    levels
        Times that height and width are halved.
    shape
        Height, width and perhaps channels of an item; by default the most square image with one
        or three channels that has ``in_features`` values.
    """

    expected_failures: ClassVar[Mapping[str, str]] = {
        "gradient_reaches_all_parameters": "embedding does not use the decoder"
    }
    offset: Tensor
    scale: Tensor

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        width: int = 32,
        levels: int = 2,
        shape: Sequence[int] | None = None,
    ) -> None:
        super().__init__(in_features, out_features)
        self.shape = _image_shape(in_features) if shape is None else tuple(shape)
        if math.prod(self.shape) != in_features or len(self.shape) not in (2, 3):
            raise ConfigError(
                [f"embedder: conv-autoencoder needs images, not items of shape {self.shape}"]
            )
        self.height, self.width = self.shape[:2]
        channels = self.shape[2] if len(self.shape) == 3 else 1
        wide = [width * min(4, 2**level) for level in range(levels + 1)]
        down: list[nn.Module] = [nn.Conv2d(channels, wide[0], 3, padding=1), nn.SiLU()]
        up: list[nn.Module] = []
        for before, after in pairwise(wide):
            down += [nn.Conv2d(before, after, 3, stride=2, padding=1), nn.SiLU()]
            up = [
                nn.Upsample(scale_factor=2),
                nn.Conv2d(after, before, 3, padding=1),
                nn.SiLU(),
                *up,
            ]
        factor = 2**levels
        self.inner = (wide[-1], -(-self.height // factor), -(-self.width // factor))
        flat = math.prod(self.inner)
        self.encoder = nn.Sequential(*down, nn.Flatten(), nn.Linear(flat, out_features))
        self.decoder = nn.Sequential(
            nn.Linear(out_features, flat),
            nn.Unflatten(1, self.inner),
            nn.SiLU(),
            *up,
            nn.Conv2d(wide[0], channels, 3, padding=1),
        )
        self.register_buffer("offset", torch.zeros(()))
        self.register_buffer("scale", torch.ones(()))

    def prepare(self, items: Tensor, trainer: Trainer, run: Run | None) -> dict[str, float]:
        """Train on the items; report the root mean square error of the reconstruction."""
        sample = items[:: max(1, len(items) // 4096)].float()
        self.offset, self.scale = sample.mean(), sample.std().clamp_min(1e-6)
        training = trainer.fit(_Reconstruction(self, items), run)
        self.cpu().eval()
        error = self.decode_all(self.encode_all(sample)) - sample
        return {
            "latent_reconstruction_rmse": float(error.square().mean().sqrt()),
            "latent_training_steps": float(training.steps),
        }

    def forward(self, items: Tensor) -> Tensor:
        """Encode."""
        images = ((items - self.offset) / self.scale).reshape(-1, self.height, self.width, self._c)
        encoded: Tensor = self.encoder(images.permute(0, 3, 1, 2))
        return encoded

    @property
    def _c(self) -> int:
        return self.shape[2] if len(self.shape) == 3 else 1

    def decode(self, points: Tensor) -> Tensor:
        """Decode; what padding added is cut off."""
        images: Tensor = self.decoder(points)
        images = images[..., : self.height, : self.width].permute(0, 2, 3, 1)
        return images.reshape(len(points), -1) * self.scale + self.offset


class _Reconstruction(Objective):
    """Mean squared error of the reconstruction, in units of the data's variance."""

    def __init__(self, model: ConvAutoencoder, items: Tensor) -> None:
        super().__init__()
        self.model, self.items = model, items

    def __len__(self) -> int:
        return len(self.items)

    def forward(self, items: Tensor) -> Mapping[str, Tensor]:
        chosen = self.items[items.to(self.items.device)].to(items.device).float()
        error = (self.model.decode(self.model(chosen)) - chosen) / self.model.scale
        return {"loss": error.square().mean()}


def _image_shape(values: int) -> tuple[int, ...]:
    for channels in (1, 3):
        side = math.isqrt(values // channels)
        if side * side * channels == values:
            return (side, side, channels)
    side = max(side for side in range(1, math.isqrt(values) + 1) if values % side == 0)
    return (side, values // side, 1)
