"""Closed-form diffusion as a sampler."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import torch
from torch import Tensor

from geoframe import DataError
from geoframe.training.denormals import flushed_denormals
from geoframe_cfdm.engines.choice import MIB, DenoiserSwitch, EngineFactory
from geoframe_cfdm.engines.denoised import Denoiser
from geoframe_cfdm.engines.free import ScoreFunction
from geoframe_cfdm.engines.hardware import device_of
from geoframe_cfdm.engines.points import Points
from geoframe_cfdm.sampling.collected import CollectionSampler
from geoframe_cfdm.sampling.collection import Collection
from geoframe_cfdm.sampling.condition import Condition, as_condition, log_weights_of
from geoframe_cfdm.sampling.config import ClosedFormConfig
from geoframe_cfdm.sampling.denoising import posterior_means
from geoframe_cfdm.sampling.density import score_items
from geoframe_cfdm.sampling.distances import spacing_of
from geoframe_cfdm.sampling.grid import time_grid
from geoframe_cfdm.sampling.integration import integrate
from geoframe_cfdm.sampling.noise import NoisePolicy, SampleNoise
from geoframe_cfdm.sampling.records import StepRecords
from geoframe_cfdm.sampling.standardize import Standardizer, fit_standardizer


class ClosedFormDiffusion(CollectionSampler):
    """Samples from the smoothed exact score of a data set; nothing is trained (sigma-CFDM).

    Source: Scarvelis, Sáez de Ocáriz Borde, Solomon, *Closed-Form Diffusion Models*, TMLR 2025,
    arXiv 2310.12395. With z from t = 0 (noise) to t = 1 (data) and D the posterior mean of the
    data averaged over M perturbations of z, the flow is dz/dt = (D - z) / (1 - t). Each sample
    ends as the mean of M training items near one another.

    **What is equal to the last bit.** The random numbers of a sample depend on the seed and on
    the sample's number alone. The samples themselves are bit-equal for the same options, batch
    size, number of threads and machine; with another batch size or thread count they agree to
    rounding (about 1e-6), except that a sample whose tuple was decided by less than that may
    choose another neighbour.

    Parameters
    ----------
    **options
        The fields of :class:`~geoframe_cfdm.sampling.config.ClosedFormConfig`.
    """

    Config = ClosedFormConfig

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self.options = ClosedFormConfig(**options)
        self._condition: Condition | None = None
        self._finisher: DenoiserSwitch | None = None
        self._records = StepRecords()

    def fit(self, data: Tensor, labels: Tensor | None = None, ids: Tensor | None = None) -> Self:
        """Take the data: one pass for their statistics, nothing else.

        Parameters
        ----------
        data
            Items ``(n, *item_shape)`` of any real dtype, at least two, finite. A tensor over a
            memory-mapped array stays on the disk if a copy would exceed the memory budget.
        labels
            Integers ``(n,)``, for sampling by label.
        ids
            Integers ``(n,)`` that :meth:`draw` calls the items by; their positions if left out.

        Raises
        ------
        DataError
            If the data cannot be used.
        """
        return self._take(Collection.of(data, labels, ids))

    def _take(self, collection: Collection) -> Self:
        options = self.options
        fitted = fit_standardizer(collection.flat, options.standardize, keep=options.whiten_dim)
        points = self._points(collection.flat, fitted, None)
        # Only now, so that data that cannot be used leave the sampler as it was.
        self._collection, self.points = collection, points
        self.standardizer: Standardizer = fitted
        self.spacing = spacing_of(self.points)
        self.sigma = (
            options.sigma_relative * self.spacing.median
            if options.sigma == "auto"
            else options.sigma
        )
        self.times = time_grid(options.grid, options.steps, options.start, self.points, self.sigma)
        self._records = StepRecords()
        self._engines = EngineFactory(self.points, options, self._finisher)
        self._conditional: dict[str, tuple[Tensor, EngineFactory]] = {}
        return self

    def _points(
        self, data: Tensor, standardizer: Standardizer, log_weights: Tensor | None
    ) -> Points:
        resident = len(data) * standardizer.dim * 4 <= self.options.memory * MIB
        return Points(
            data,
            standardizer,
            resident=resident,
            log_weights=log_weights,
            device=device_of(self.options.device),
        )

    def draw(
        self, n: int, *, seed: int, first: int = 0, condition: Condition | None = None
    ) -> dict[str, Tensor]:
        """Draw items of a stream, with the training items each is made of.

        Parameters
        ----------
        n, seed, first
            As in :meth:`geoframe.Sampler.draw`. The items do not depend on how a stream is cut.
        condition
            A label, known parts of the item, or weights; else that of :meth:`condition_on`.

        Returns
        -------
        dict
            ``items`` ``(n, *item_shape)``; ``tuple_index`` ``(n, M)`` training items, -1 for none;
            and ``tuple_weight`` ``(n, M)``, their shares of the sample. If the shares add up to 1,
            the sample is exactly ``sum_m weight_m * item_m``; what is missing to 1 comes from
            further items.
        """
        condition = condition or self._condition
        with torch.inference_mode(), flushed_denormals():
            chosen, engines = self._conditioned(condition)
            batches = [
                self._batch(min(self.options.batch_size, n - at), seed, first + at, engines)
                for at in range(0, n, self.options.batch_size)
            ]
        count = self._policy().count
        none = torch.empty(0, count)
        batches = batches or [(torch.empty(0, self.points.dim), none.long(), none)]
        z, index, weight = (torch.cat(parts) for parts in zip(*batches, strict=True))
        flat = self.standardizer.to(z.device).inverse(z).cpu()
        if condition is not None and condition.known is not None and condition.mask is not None:
            known = condition.known.reshape(-1).to(flat)
            flat = torch.where(condition.mask.reshape(-1), known, flat)
        if chosen is not None:
            index = torch.where(index >= 0, chosen[index.clamp_min(0)], index)
        items = self.collection.shaped(flat)
        index = self.collection.called(index)
        return {"items": items, "tuple_index": index, "tuple_weight": weight}

    def condition_on(self, condition: Any) -> Self:
        """Draw under a condition from now on, where none is given; ``None`` lifts it.

        ``condition`` is one of the module ``condition``, or a :class:`geoframe.Condition`.
        """
        self._condition = as_condition(condition)
        return self

    def _policy(self) -> NoisePolicy:
        options = self.options
        return NoisePolicy(
            sigma=self.sigma,
            perturbations=options.perturbations,
            noise=options.noise,
            antithetic=options.antithetic,
        )

    def _batch(self, n: int, seed: int, first: int, engines: EngineFactory) -> tuple[Tensor, ...]:
        noise = SampleNoise(seed, first, n, engines.points.dim, self._policy())
        return integrate(engines, noise, self.times, self._records)

    def _conditioned(self, condition: Condition | None) -> tuple[Tensor | None, EngineFactory]:
        """Return the items that a condition leaves, and engines over them."""
        collection = self.collection
        if condition is None:
            return None, self._engines
        key = condition.key()
        if key not in self._conditional:
            chosen, weights = log_weights_of(condition, collection, self.standardizer)
            points = self._points(collection.flat[chosen], self.standardizer, weights)
            self._conditional = {key: (chosen, EngineFactory(points, self.options, self._finisher))}
        return self._conditional[key]

    def finish_with(self, denoiser: Denoiser, *, since: float, name: str = "denoiser") -> Self:
        """Let another denoiser, a trained network say, take over at time ``since``.

        Parameters
        ----------
        denoiser
            States ``(B, d)`` in standardised units and their time -> means ``(B, d)``. See
            :func:`geoframe_cfdm.sampling.diffusers.network_denoiser` for networks of diffusers.
        """
        _, engines = self._conditioned(None)
        self._finisher = engines.finisher = DenoiserSwitch(denoiser, since, name)
        self._conditional = {}
        return self

    def posterior_mean(self, *, seed: int = 0, n: int) -> ScoreFunction:
        """Return the smoothed denoiser of samples 0 ... ``n - 1`` as a function of state and time.

        Its methods ``score`` and ``velocity`` give these. Every call may take other states;
        perturbations are those of the stream ``seed``.
        """
        _, engines = self._conditioned(self._condition)
        noise = SampleNoise(seed, 0, n, self.points.dim, self._policy())
        noise.initial()  # comes first in each sample's numbers, as in draw
        return ScoreFunction(engines, noise, n)

    def explain(self) -> Sequence[Mapping[str, Any]]:
        """Say how each step of the items drawn since :meth:`fit` was computed, and why."""
        return self._records.rows()

    @property
    def records(self) -> StepRecords:
        """Measurements of all draws since :meth:`fit`."""
        return self._records

    def denoise(
        self, noisy: Tensor, sigma: float | Tensor, condition: Tensor | None = None
    ) -> Tensor:
        """Exact mean of the items given ``noisy``; see :func:`.denoising.posterior_means`."""
        given = self.points, self.collection, noisy, sigma, condition
        return posterior_means(*given, memory=self.options.memory)

    def log_density(self, items: Tensor, *, bandwidth: float | None = None) -> Tensor:
        """Log-density of items ``(n, *item_shape)`` under the noised data -> ``(n,)`` float64.

        A kernel density, of Gaussians as wide as the noise: ``bandwidth`` is their standard
        deviation in standardised units, by default the median nearest-neighbour distance over the
        square root of the number of coordinates; see ``density.score_items``.

        Raises
        ------
        DataError
            If the items have another shape, or the bandwidth is not positive; the default is 0 if
            most items repeat others.
        """
        if tuple(items.shape[1:]) != self.item_shape:
            raise DataError(f"items have shape {self.item_shape}, not {tuple(items.shape[1:])}")
        return score_items(self.points, items.flatten(1), bandwidth, self.spacing.median)
