"""What an embedder needs so that a method can sample in its coordinates."""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor

from geoframe import Embedder, Trainer
from geoframe.run.directory import Run


class Autoencoder(Embedder):
    """An embedder with a way back.

    Items are flat ``(n, in_features)`` floats; an image is flattened height first, channels last.
    """

    def prepare(self, items: Tensor, trainer: Trainer, run: Run | None) -> dict[str, float]:
        """Learn from items ``(n, in_features)``; return what is worth reporting.

        A pretrained autoencoder has nothing to learn.
        """
        return {}

    @abstractmethod
    def decode(self, points: Tensor) -> Tensor:
        """Coordinates ``(n, out_features)`` -> items ``(n, in_features)``."""

    @torch.inference_mode()
    def encode_all(self, items: Tensor, batch: int = 512) -> Tensor:
        """Coordinates of items ``(n, in_features)`` of any dtype, batch by batch, on the CPU."""
        device = next((p.device for p in self.parameters()), torch.device("cpu"))
        parts = [self(part.float().to(device)).cpu() for part in torch.split(items, batch)]
        return torch.cat(parts).clone()

    @torch.inference_mode()
    def decode_all(self, points: Tensor, batch: int = 512) -> Tensor:
        """Items of coordinates ``(n, out_features)``, batch by batch, on the CPU."""
        device = next((p.device for p in self.parameters()), torch.device("cpu"))
        parts = [self.decode(part.to(device)).cpu() for part in torch.split(points, batch)]
        return torch.cat(parts).clone() if parts else torch.empty(0, self.in_features)
