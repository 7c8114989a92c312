"""Pretrained autoencoders of diffusers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from geoframe import ConfigError
from geoframe_cfdm.latents.base import Autoencoder


class PretrainedKL(Autoencoder):
    """A ``diffusers.AutoencoderKL`` whose latents are the means it encodes to.

    Parameters
    ----------
    in_features, out_features
        Values of an image, and of its latent.
    path
        Local folder, as ``save_pretrained`` writes it.
    shape
        Height, width and channels of an image; its values are taken to be 0 to 255.
    """

    def __init__(
        self, in_features: int, out_features: int, *, path: Path, shape: Sequence[int] | None = None
    ) -> None:
        super().__init__(in_features, out_features)
        try:
            from diffusers import AutoencoderKL
        except ImportError:
            raise ConfigError(
                ["embedder: autoencoder-kl needs diffusers; pip install 'geoframe-cfdm[diffusers]'"]
            ) from None
        if not (Path(path) / "config.json").is_file():
            raise ConfigError([f"embedder.path: {path} holds no diffusers model (config.json)"])
        try:  # pickled weights are never loaded
            model = AutoencoderKL.from_pretrained(  # type: ignore[no-untyped-call]
                path, local_files_only=True, use_safetensors=True
            )
        except Exception as error:  # a damaged folder makes the library raise anything
            reason = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
            raise ConfigError([f"embedder.path: {path}: no usable autoencoder: {reason}"]) from None
        self.model = model.eval()
        self.model.requires_grad_(False)
        channels = int(self.model.config.in_channels)
        side = math.isqrt(in_features // channels)
        self.shape = tuple(shape) if shape is not None else (side, side, channels)
        with torch.inference_mode():
            probe = self._latents(torch.zeros(1, in_features))
        self.inner = tuple(probe.shape[1:])
        if math.prod(self.inner) != out_features:
            raise ConfigError(
                [
                    f"cfdm.latent_dim: this autoencoder maps {self.shape} images to "
                    f"{self.inner} latents; set it to {math.prod(self.inner)}"
                ]
            )

    def _latents(self, items: Tensor) -> Tensor:
        height, width = self.shape[:2]
        images = (items / 127.5 - 1).reshape(len(items), height, width, -1).permute(0, 3, 1, 2)
        means: Tensor = self.model.encode(images).latent_dist.mode()
        return means

    def forward(self, items: Tensor) -> Tensor:
        """Encode to the mean."""
        return self._latents(items).flatten(1)

    def decode(self, points: Tensor) -> Tensor:
        """Decode to values from 0 to 255."""
        images: Tensor = self.model.decode(points.reshape(-1, *self.inner)).sample
        return ((images.permute(0, 2, 3, 1) + 1) * 127.5).clamp(0, 255).flatten(1)
