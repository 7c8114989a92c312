"""Closed-form diffusion as a sampler."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Self

import torch
from torch import Tensor

from geoframe import DataError, Sampler
from geoframe_cfdm.condition import Condition, log_weights_of
from geoframe_cfdm.config import ClosedFormConfig
from geoframe_cfdm.distances import neighbor_distances
from geoframe_cfdm.engines.choice import Engines, Finisher
from geoframe_cfdm.engines.denoised import Denoiser
from geoframe_cfdm.engines.free import FreePosterior
from geoframe_cfdm.grid import time_grid
from geoframe_cfdm.integration import integrate
from geoframe_cfdm.noise import NoisePolicy, SampleNoise
from geoframe_cfdm.points import Points
from geoframe_cfdm.records import StepRecords
from geoframe_cfdm.standardize import Standardizer, fit_standardizer
from geoframe_cfdm.threads import flushed_denormals

MIB = 2**20


class ClosedFormDiffusion(Sampler):
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
        The fields of :class:`~geoframe_cfdm.config.ClosedFormConfig`.
    """

    Config = ClosedFormConfig

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self.options = ClosedFormConfig(**options)
        self._data: Tensor | None = None
        self._labels: Tensor | None = None
        self._records = StepRecords()

    # ---------------------------------------------------------------------------------- fitting

    @property
    def item_shape(self) -> tuple[int, ...]:
        """Shape of one item."""
        return self._shape

    def fit(self, data: Tensor, labels: Tensor | None = None) -> Self:
        """Take the data: one pass for their statistics, nothing else.

        Parameters
        ----------
        data
            Items ``(n, *item_shape)`` of any real dtype, at least two, finite. A tensor over a
            memory-mapped array stays on the disk if a copy would exceed the memory budget.
        labels
            Integers ``(n,)``, for sampling by label.

        Raises
        ------
        DataError
            If the data cannot be used.
        """
        if data.ndim < 2 or len(data) < 2 or data[0].numel() == 0:
            raise DataError(
                f"closed-form diffusion needs at least two items (n, ...), got {tuple(data.shape)}"
            )
        if labels is not None and len(labels) != len(data):
            raise DataError(f"{len(labels)} labels for {len(data)} items")
        self._shape = tuple(data.shape[1:])
        self._dtype = data.dtype
        self._data, self._labels = data.reshape(len(data), -1), labels
        self._prepare()
        return self

    def _prepare(self) -> None:
        data = self.items()
        options = self.options
        self.standardizer: Standardizer = fit_standardizer(
            data, options.standardize, keep=options.whiten_dim
        )
        if not bool(
            self.standardizer.mean.isfinite().all() & self.standardizer.scale.isfinite().all()
        ):
            raise DataError("the data hold numbers that are not finite (nan or inf); remove them")
        self.points = self._points(data, None)
        gaps = neighbor_distances(self.points)
        self.neighbor_distance = float(gaps.median())
        self.copy_distance = float(gaps.quantile(0.01))
        self.sigma = (
            options.sigma_relative * self.neighbor_distance
            if options.sigma == "auto"
            else options.sigma
        )
        self.times = time_grid(options.grid, options.steps, options.start, self.points, self.sigma)
        self._records = StepRecords()
        self._engines = self._make_engines(self.points)
        self._conditional: dict[str, tuple[Tensor, Engines]] = {}

    def items(self) -> Tensor:
        """Return the training items ``(n, D)``, flat.

        Raises
        ------
        DataError
            Before :meth:`fit`.
        """
        if self._data is None:
            raise DataError("the sampler has no data yet; call fit(data)")
        return self._data

    def _points(self, data: Tensor, log_weights: Tensor | None) -> Points:
        resident = len(data) * self.standardizer.dim * 4 <= self.options.memory * MIB
        return Points(
            data,
            self.standardizer,
            resident=resident,
            log_weights=log_weights,
            device=torch.device(self.options.device),
        )

    def _make_engines(self, points: Points) -> Engines:
        return Engines(points, self.options)

    def add(self, data: Tensor, labels: Tensor | None = None) -> Self:
        """Add items ``(m, *item_shape)``; equal to the last bit to fitting on all of them.

        Raises
        ------
        DataError
            If shape or labels do not fit.
        """
        if tuple(data.shape[1:]) != self.item_shape:
            raise DataError(f"items have shape {self.item_shape}, not {tuple(data.shape[1:])}")
        if (labels is None) != (self._labels is None):
            raise DataError("either all items have labels or none has")
        self._data = torch.cat([self.items(), data.reshape(len(data), -1).to(self._dtype)])
        if labels is not None and self._labels is not None:
            self._labels = torch.cat([self._labels, labels])
        self._prepare()
        return self

    def remove(self, index: Tensor | Sequence[int]) -> Self:
        """Forget items for good; equal to the last bit to never having seen them.

        There is nothing of them left in mean, scale, sigma or index. The items after them move up.

        Raises
        ------
        DataError
            If fewer than two items would be left, or an index does not exist.
        """
        data = self.items()
        gone = torch.as_tensor(index, dtype=torch.long)
        if len(gone) and not bool(((gone >= 0) & (gone < len(data))).all()):
            raise DataError(f"indices must be between 0 and {len(data) - 1}")
        kept = torch.ones(len(data), dtype=torch.bool)
        kept[gone] = False
        if int(kept.sum()) < 2:
            raise DataError("at least two items must be left")
        self._data = data[kept]
        if self._labels is not None:
            self._labels = self._labels[kept]
        self._prepare()
        return self

    # --------------------------------------------------------------------------------- sampling

    def sample(self, n: int, *, generator: torch.Generator | None = None) -> Tensor:
        """Draw ``n`` items; ``generator`` gives the seed of their stream."""
        seed = int(torch.randint(2**62, (), generator=generator))
        return self.draw(n, seed=seed)["items"]

    def draw(
        self, n: int, *, seed: int, first: int = 0, condition: Condition | None = None
    ) -> dict[str, Tensor]:
        """Draw items of a stream, with the training items each is made of.

        Parameters
        ----------
        n, seed, first
            As in :meth:`geoframe.Sampler.draw`. The items do not depend on how a stream is cut.
        condition
            A label, known parts of the item, or both.

        Returns
        -------
        dict
            ``items`` ``(n, *item_shape)``; ``tuple_index`` ``(n, M)`` training items; and
            ``tuple_weight`` ``(n, M)``, their shares of the sample. Shares that add up to 1 mean
            that the sample is exactly ``sum_m weight_m * item_m``; what is missing to 1 comes
            from further items.
        """
        with torch.inference_mode(), flushed_denormals():
            chosen, engines = self._conditioned(condition)
            batches = [
                self._batch(min(self.options.batch_size, n - at), seed, first + at, engines)
                for at in range(0, n, self.options.batch_size)
            ]
        count = self._policy().count
        z = torch.cat([batch[0] for batch in batches] or [torch.empty(0, self.points.dim)])
        index = torch.cat([batch[1] for batch in batches] or [torch.empty(0, count).long()])
        weight = torch.cat([batch[2] for batch in batches] or [torch.empty(0, count)])
        items = self.standardizer.to(z.device).inverse(z).cpu().reshape(n, *self.item_shape)
        if condition is not None and condition.known is not None and condition.mask is not None:
            items = torch.where(condition.mask, condition.known.to(items), items)
        if chosen is not None:
            index = torch.where(index >= 0, chosen[index.clamp_min(0)], index)
        return {"items": self._as_data(items), "tuple_index": index, "tuple_weight": weight}

    def _as_data(self, items: Tensor) -> Tensor:
        """Give samples the dtype of the data; whole numbers are rounded within their range."""
        if self._dtype.is_floating_point:
            return items.to(self._dtype)
        limits = torch.iinfo(self._dtype)
        return items.round().clamp(limits.min, limits.max).to(self._dtype)

    def _policy(self) -> NoisePolicy:
        options = self.options
        return NoisePolicy(
            sigma=self.sigma,
            perturbations=options.perturbations,
            noise=options.noise,
            antithetic=options.antithetic,
        )

    def _batch(self, n: int, seed: int, first: int, engines: Engines) -> tuple[Tensor, ...]:
        noise = SampleNoise(seed, first, n, engines.points.dim, self._policy())
        return integrate(engines, noise, self.times, self._records)

    def _conditioned(self, condition: Condition | None) -> tuple[Tensor | None, Engines]:
        """Return the items that a condition leaves, and engines over them."""
        if condition is None:
            return None, self._engines
        key = condition.key()
        if key not in self._conditional:
            chosen, weights = log_weights_of(
                condition, self.items(), self._labels, self.item_shape, self.standardizer
            )
            points = self._points(self.items()[chosen], weights)
            self._conditional = {key: (chosen, self._make_engines(points))}
        return self._conditional[key]

    def finish_with(self, denoiser: Denoiser, *, since: float, name: str = "denoiser") -> Self:
        """Let another denoiser, a trained network say, take over at time ``since``.

        Parameters
        ----------
        denoiser
            States ``(B, d)`` in standardised units and their time -> means ``(B, d)``. See
            :func:`geoframe_cfdm.diffusers.network_denoiser` for networks of diffusers.
        """
        self.items()
        self._engines.finisher = Finisher(denoiser, since, name)
        return self

    def posterior_mean(self, *, seed: int = 0, n: int) -> FreePosterior:
        """Return the smoothed denoiser of samples 0 ... ``n - 1`` as a function of state and time.

        Every call may take other states; perturbations are those of the stream ``seed``.
        """
        self.items()
        noise = SampleNoise(seed, 0, n, self.points.dim, self._policy())
        noise.initial()  # comes first in each sample's numbers, as in draw
        return FreePosterior(self._engines, noise, n)

    def explain(self) -> Sequence[Mapping[str, Any]]:
        """Say how each step of the items drawn since :meth:`fit` was computed, and why."""
        return self._records.rows()

    @property
    def records(self) -> StepRecords:
        """Measurements of all draws since :meth:`fit`."""
        return self._records

    # ---------------------------------------------------------------------------------- density

    def score_samples(self, items: Tensor, *, bandwidth: float | None = None) -> Tensor:
        """Log-density of items ``(n, *item_shape)`` under the noised data -> ``(n,)`` float64.

        The unsmoothed model at time t, scaled to the data, is a mixture of Gaussians of standard
        deviation ``(1 - t) / t`` around the training items, in standardised units; so this is a
        kernel density, from the same products as the score.

        Parameters
        ----------
        bandwidth
            Standard deviation of the Gaussians; by default the median nearest-neighbour distance
            over the square root of the number of coordinates.
        """
        from geoframe_cfdm.density import log_density

        flat = items.reshape(len(items), -1)
        z = self.standardizer.forward(flat).to(self.points.device)
        width = bandwidth or self.neighbor_distance / math.sqrt(self.points.dim)
        return log_density(self.points, z, width).cpu() - self.standardizer.log_volume
