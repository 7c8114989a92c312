"""The small network as a sampler."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import torch
from torch import Tensor, nn

from geoframe import DataError, Trainer
from geoframe.run.directory import Run
from geoframe.training.gradient import GradientTrainer
from geoframe_diffusion.networks.denoiser import NetworkDenoiser, class_arguments
from geoframe_diffusion.sampling import DenoisingSampler
from geoframe_diffusion.schedule import schedule
from geoframe_diffusion.unet.config import SmallUNetConfig
from geoframe_diffusion.unet.network import small_unet
from geoframe_diffusion.unet.objective import DenoisingObjective

MOST_CHANNELS = 4
"""Channels of an image at most: tells ``(h, w, c)`` from ``(c, h, w)``."""


class SmallUNet(DenoisingSampler):
    """A UNet2DModel of diffusers, trained on images and perhaps their labels.

    Items are images ``(h, w)``, ``(h, w, channels)`` or ``(channels, h, w)`` of any range; inside
    they are mapped to [-1, 1] by the smallest and largest value of the training images.

    Parameters
    ----------
    **options
        The fields of :class:`~geoframe_diffusion.unet.config.SmallUNetConfig`.
    """

    Config = SmallUNetConfig
    check_options: ClassVar = ({"channels": [8, 8], "epochs": 1, "steps": 3},)
    """For the conformance checks: a network that is trained in a second."""

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self.options = SmallUNetConfig(**options)
        self.steps = self.options.steps
        self.schedule = schedule(self.options.schedule)
        self._shape: tuple[int, ...] | None = None
        self.denoiser: NetworkDenoiser

    @staticmethod
    def example_items() -> Tensor:
        """Images for the conformance checks."""
        return torch.rand(16, 8, 8, generator=torch.Generator().manual_seed(0))

    @property
    def item_shape(self) -> tuple[int, ...]:
        """Shape of one item.

        Raises
        ------
        DataError
            Before :meth:`fit`.
        """
        if self._shape is None:
            raise DataError("the network has seen no images yet; call fit(data)")
        return self._shape

    def fit(self, data: Tensor, labels: Tensor | None = None) -> Self:
        """Train on images ``(n, *item_shape)``, with labels ``(n,)`` from 0 if they are given."""
        trainer = GradientTrainer(
            epochs=self.options.epochs,
            learning_rate=self.options.learning_rate,
            batch_size=self.options.batch_size,
            schedule="cosine",
            device="cpu",
        )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.options.seed)
            self.train_with(trainer, data, labels)
        return self

    def train_with(
        self, trainer: Trainer, data: Tensor, labels: Tensor | None, run: Run | None = None
    ) -> dict[str, float]:
        """Train with a trainer of the caller's, in a run of which it can be resumed.

        Raises
        ------
        DataError
            If the items are no images, or not all finite.
        """
        self._describe(data, 0 if labels is None else int(labels.max()) + 1)
        objective = DenoisingObjective(
            self.denoiser,
            self._inside(data.float()),
            labels,
            label_drop=self.options.label_drop,
            ema=self.options.ema,
        )
        training = trainer.fit(objective, run)
        objective.average()
        if self.options.ema:
            self.denoiser.network.load_state_dict(objective.averaged.state_dict())
        self.denoiser.cpu().requires_grad_(False).eval()
        return {"prior_steps": float(training.steps), "prior_seconds": training.seconds}

    def fitted(self) -> dict[str, Tensor]:
        """Weights, and what is needed to build the network for them."""
        facts = {
            "shape": torch.tensor(self.item_shape),
            "range": torch.tensor([self.centre, self.unit], dtype=torch.float64),
            "classes": torch.tensor(self._classes),
        }
        return {**facts, **self.denoiser.network.state_dict(prefix="network.")}

    def restore(self, fitted: Mapping[str, Tensor]) -> Self:
        """Take up what :meth:`fitted` gave."""
        self._shape = tuple(fitted["shape"].tolist())
        self.centre, self.unit = fitted["range"].tolist()
        self._build(int(fitted["classes"]))
        weights = {
            name.removeprefix("network."): value
            for name, value in fitted.items()
            if name.startswith("network.")
        }
        self.denoiser.network.load_state_dict(weights)
        self.denoiser.requires_grad_(False).eval()
        return self

    def denoise(
        self, noisy: Tensor, sigma: float | Tensor, condition: Tensor | None = None
    ) -> Tensor:
        """Posterior mean of items ``(B, *item_shape)``, in their own units."""
        clean = self.denoiser.denoise(self._inside(noisy), sigma / self.unit, condition)
        return self._outside(clean)

    def copy_to_train(self, rank: int = 0) -> nn.Module:
        """A copy that denoises and whose network trains."""
        copied = copy.copy(self)
        copied._modules = {**self._modules, "denoiser": self.denoiser.copy_to_train(rank)}
        return copied

    def _describe(self, data: Tensor, classes: int) -> None:
        if data.ndim not in (3, 4) or min(data.shape[1:3]) < 1:
            raise DataError(f"a small-unet needs images, not items {tuple(data.shape[1:])}")
        self._shape = tuple(data.shape[1:])
        low, high = float(data.min()), float(data.max())
        self.centre, self.unit = (low + high) / 2, (high - low) / 2
        if not 0 < self.unit < math.inf:
            raise DataError("the images must be finite and not all of one value")
        self._build(classes)

    def _build(self, classes: int) -> None:
        self._classes = classes
        channels, height, width = self._layout()
        network = small_unet(self.options, channels, (height, width), classes)
        self.denoiser = NetworkDenoiser(
            network, self.schedule, self.options.prediction, class_arguments(network)
        )

    def _layout(self) -> tuple[int, int, int]:
        shape = self.item_shape
        if len(shape) == 2:
            return (1, shape[0], shape[1])
        first, second, third = shape
        channels_first = first <= MOST_CHANNELS < third
        return (first, second, third) if channels_first else (third, first, second)

    def _inside(self, items: Tensor) -> Tensor:
        """Items -> images ``(B, C, H, W)`` in [-1, 1]."""
        scaled = (items - self.centre) / self.unit
        if scaled.ndim == 3:
            return scaled[:, None]
        return scaled if scaled.shape[1:] == self._layout() else scaled.permute(0, 3, 1, 2)

    def _outside(self, images: Tensor) -> Tensor:
        items = images * self.unit + self.centre
        if len(self.item_shape) == 2:
            return items[:, 0]
        return items if self.item_shape == self._layout() else items.permute(0, 2, 3, 1)
