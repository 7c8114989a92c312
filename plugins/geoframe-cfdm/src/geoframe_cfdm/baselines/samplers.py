"""Sibling samplers: the flow of the closed-form sampler, driven by another denoiser."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Self

import torch
from torch import Tensor

from geoframe import Sampler
from geoframe.training.denormals import flushed_denormals
from geoframe_cfdm.baselines.config import (
    OptimalConfig,
    PCALocalityConfig,
    SiblingConfig,
    WienerConfig,
)
from geoframe_cfdm.engines.base import sharpness
from geoframe_cfdm.engines.denoised import Denoiser
from geoframe_cfdm.engines.gaussian import fit_gaussian
from geoframe_cfdm.engines.points import Points
from geoframe_cfdm.engines.search import ExactSearch
from geoframe_cfdm.sampling.collection import Collection
from geoframe_cfdm.sampling.grid import step_sizes
from geoframe_cfdm.sampling.noise import NoisePolicy, SampleNoise
from geoframe_cfdm.sampling.standardize import Standardizer, fit_standardizer

UNPERTURBED = NoisePolicy(sigma=0.0, perturbations=1, noise="sample")
BLOCK = 2048
TRAINED_STEPS = 1000
"""Times that the published schedule knows."""
SMALLEST = 1e-6
"""Entry of the linear denoiser that nothing is divided by, as published."""


class Sibling(Sampler):
    """Euler steps towards what a denoiser fitted to the data says."""

    Config: type[SiblingConfig]

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self.options = self.Config(**options)

    @abstractmethod
    def make_denoiser(self) -> Denoiser:
        """Fit the denoiser to ``self.points``."""

    @property
    def item_shape(self) -> tuple[int, ...]:
        """Shape of one item."""
        return self.collection.shape

    def fit(self, data: Tensor) -> Self:
        """Standardise items ``(n, *item_shape)`` and fit the denoiser."""
        self.collection = Collection.of(data)
        flat = self.collection.flat
        self.standardizer = self._standardizer(flat)
        self.points = Points(flat, self.standardizer)
        self.denoiser = self.make_denoiser()
        return self

    def _standardizer(self, flat: Tensor) -> Standardizer:
        return fit_standardizer(flat, self.options.standardize)

    def _times(self) -> list[float]:
        """Times from the first state to the data, 1."""
        return [k / self.options.steps for k in range(self.options.steps)] + [1.0]

    def fitted(self) -> dict[str, Tensor]:
        """The data: all else follows from them."""
        return self.collection.tensors()

    def restore(self, fitted: Mapping[str, Tensor]) -> Self:
        """Fit to the same data again."""
        return self.fit(fitted["data"])

    def sample(self, n: int, *, generator: torch.Generator | None = None) -> Tensor:
        """Draw ``n`` items; ``generator`` gives the seed of their stream."""
        return self.draw(n, seed=int(torch.randint(2**62, (), generator=generator)))["items"]

    def draw(self, n: int, *, seed: int, first: int = 0) -> dict[str, Tensor]:
        """Draw items of a stream; they do not depend on how it is cut."""
        steps = step_sizes(self._times())
        parts = []
        with torch.inference_mode(), flushed_denormals():
            for at in range(0, n, self.options.batch_size):
                count = min(self.options.batch_size, n - at)
                noise = SampleNoise(seed, first + at, count, self.points.dim, UNPERTURBED)
                z = noise.initial()
                for t, keep, pull in steps:
                    mean = self.denoiser(z, t)
                    z.mul_(keep).add_(mean, alpha=pull)
                parts.append(z)
        z = torch.cat(parts) if parts else torch.empty(0, self.points.dim)
        return {"items": self.collection.shaped(self.standardizer.inverse(z))}


class Optimal(Sibling):
    """Softmax over the K nearest neighbours; with K = N the exact denoiser of the data."""

    Config = OptimalConfig
    options: OptimalConfig

    def make_denoiser(self) -> Denoiser:
        """Search among all points."""
        search, k = ExactSearch(self.points), min(self.options.nearest, len(self.points))

        def denoise(z: Tensor, t: float) -> Tensor:
            if t == 0:
                return self.points.mean.expand_as(z)
            near = search.nearest(z / t, k)
            members = self.points.rows(near)
            products = torch.bmm(members, z[:, :, None]).squeeze(-1)
            logits = sharpness(t) * (products - t * self.points.half_norms[near])
            return torch.bmm(torch.softmax(logits, 1)[:, None], members).squeeze(1)

        return denoise


class Wiener(Sibling):
    """The Wiener filter: the best linear denoiser, from mean and covariance alone."""

    Config = WienerConfig

    def make_denoiser(self) -> Denoiser:
        """Find the principal axes."""
        return fit_gaussian(self.points).posterior_mean


class PCALocality(Sibling):
    """Closed-form denoising of each value from the values that are correlated with it.

    The Wiener filter W says which values matter to which: n to m if ``|W_nm / W_nn|`` is at least
    ``threshold`` times the largest such number. The posterior of m uses distances over these
    alone, is taken in each minibatch of the data by itself, and the minibatches' means are
    averaged ("weighted streaming softmax"). That average is no posterior, and depends on the size
    of a minibatch. Times are those of DDIM with 1000 linear betas from 1e-4 to 0.02.

    Source: Lukoianov et al., *Locality in Image Diffusion Models Emerges from Data Statistics*,
    NeurIPS 2025, arXiv 2509.09672, with the authors' code, ``ottogin/locality-in-diffusion-models``
    at 48d6995. Takes ``N d^2`` products per sample and step.
    """

    Config = PCALocalityConfig
    options: PCALocalityConfig

    def make_denoiser(self) -> Denoiser:
        """Find the principal axes; masks follow from them at each time."""
        gaussian = fit_gaussian(self.points)

        def denoise(z: Tensor, t: float) -> Tensor:
            if t == 0:
                return self.points.mean.expand_as(z)
            gain = t**2 * gaussian.variances / (t**2 * gaussian.variances + (1 - t) ** 2)
            entries = (gaussian.axes.T * gain) @ gaussian.axes
            diagonal = entries.diagonal()[:, None]
            diagonal = torch.where(diagonal.abs() < SMALLEST, 1.0, diagonal)
            entries = (entries / diagonal).abs()
            matter = entries >= self.options.threshold * entries.amax()
            matter.fill_diagonal_(True)
            return torch.stack([self._local(each, t, matter.float()) for each in z])

        return denoise

    def _standardizer(self, flat: Tensor) -> Standardizer:
        if self.options.standardize != "auto":
            return super()._standardizer(flat)
        centred = fit_standardizer(flat, "none")
        half = max(float(flat.max()) - float(flat.min()), 1e-12) / 2
        return Standardizer(centred.mean, torch.full_like(centred.scale, half))

    def _times(self) -> list[float]:
        betas = torch.linspace(1e-4, 0.02, TRAINED_STEPS, dtype=torch.float64)
        kept = (1 - betas).cumprod(0)
        stride = max(1, TRAINED_STEPS // self.options.steps)
        signal = kept[torch.arange(0, TRAINED_STEPS, stride)[: self.options.steps]].flip(0)
        return [*(signal.sqrt() / (signal.sqrt() + (1 - signal).sqrt())).tolist(), 1.0]

    def _local(self, z: Tensor, t: float, masks: Tensor) -> Tensor:
        """Mean ``(d,)`` of each value given a state ``(d,)``; masks in columns."""
        minibatch = self.options.minibatch or len(self.points)
        means = [
            self._posterior(z, t, masks, start, min(start + minibatch, len(self.points)))
            for start in range(0, len(self.points), minibatch)
        ]
        return torch.stack(means).mean(0)

    def _posterior(self, z: Tensor, t: float, masks: Tensor, start: int, stop: int) -> Tensor:
        """Posterior mean of each value among points ``start`` ... ``stop - 1``."""
        top = torch.full_like(z, -torch.inf)
        total, sums = torch.zeros_like(z), torch.zeros_like(z)
        for first in range(start, stop, BLOCK):
            part = self.points.slice(first, min(first + BLOCK, stop))
            logits = ((z - t * part).square() @ masks) / (-2 * (1 - t) ** 2)
            risen = torch.maximum(top, logits.amax(0))
            weights, fade = (logits - risen).exp(), (top - risen).exp()
            total = total * fade + weights.sum(0)
            sums = sums * fade + (weights * part).sum(0)
            top = risen
        return sums / total
