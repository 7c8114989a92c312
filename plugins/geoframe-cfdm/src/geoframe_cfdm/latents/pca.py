"""Principal components as an autoencoder."""

from __future__ import annotations

import torch
from torch import Tensor

from geoframe import ConfigError, Trainer
from geoframe.run.directory import Run
from geoframe_cfdm.latents.base import Autoencoder
from geoframe_cfdm.sampling.standardize import fit_standardizer


class PCA(Autoencoder):
    """Projects on the first ``out_features`` principal axes; no scaling.

    Before :meth:`prepare` the axes are the first coordinates.
    """

    mean: Tensor
    axes: Tensor

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__(in_features, out_features)
        if out_features > in_features:
            raise ConfigError(
                [f"cfdm.latent_dim: {out_features} is more than an item's {in_features} values"]
            )
        self.register_buffer("mean", torch.zeros(in_features))
        self.register_buffer("axes", torch.eye(out_features, in_features))

    def prepare(self, items: Tensor, trainer: Trainer, run: Run | None) -> dict[str, float]:
        """Find the principal axes; report the share of the variance they hold."""
        found = fit_standardizer(items, "whiten", keep=self.out_features)
        assert found.axes is not None
        axes = self.axes.clone().zero_()
        axes[: len(found.axes)] = found.axes
        self.mean, self.axes = found.mean, axes
        total = sum(
            float((part.double() - found.mean).square().sum()) for part in torch.split(items, 8192)
        )
        kept = float(found.scale.double().square().sum()) * len(items)
        return {"latent_variance_kept": kept / total if total else 1.0}

    def forward(self, items: Tensor) -> Tensor:
        """Project."""
        return (items - self.mean) @ self.axes.T

    def decode(self, points: Tensor) -> Tensor:
        """Place back on the span of the axes."""
        return points @ self.axes + self.mean
