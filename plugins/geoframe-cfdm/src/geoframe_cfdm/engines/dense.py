"""The exact engine for data in memory: dense products early, certified windows late."""

from __future__ import annotations

import math
from collections import Counter
from typing import Literal

import torch
from torch import Tensor

from geoframe_cfdm.engines.base import PlainTrajectory, Posterior
from geoframe_cfdm.engines.lowprecision import LowPrecision
from geoframe_cfdm.engines.points import Points
from geoframe_cfdm.engines.weights import Averaged, averaged_weights
from geoframe_cfdm.engines.window import Ends, Window, evaluate, open_windows

WINDOW_LIMIT = 512
"""Largest window: gathering more rows costs more than the products with all points."""
SPARSE = 256
"""Weights at most to average by gathering rows instead of a product with all of them."""
LARGE = 2**20
"""Numbers in all points from which gathering rows one by one costs less than such a product."""
NARROW = 128
"""Weights at most for a window to be tried: it must be several times wider to last."""
SMALL = 32
"""Points of a window that need not be replaced by a smaller one."""
SETTLED = 1e-3
"""Distance of the mean from where a window's line leads, in radii, that wears it out."""
RIPE = 0.15
"""Age, in time, before which a window is not replaced: a new one would be hardly smaller."""


class TabledTrajectory(PlainTrajectory):
    """Keeps tables of inner products with all points.

    Early, when many points have weight, the mean takes two products with all points. Once the
    posterior has narrowed down, a window is opened for each sample (:mod:`.anchor`), and from then
    on steps touch its points only, as long as the certificate bounds the relative error by
    ``tolerance``.

    Parameters
    ----------
    points
        Points that are in memory.
    z
        Initial states ``(B, d)``; taken over.
    perturbations
        ``(B or 1, M, d)``, sigma included, or None.
    tolerance
        Largest relative error of a mean.
    windows
        ``"auto"`` by the effective sample size, ``"never"``, or ``"always"`` from the first step
        that a window of at most 512 points can serve.
    low_precision
        How to use bf16 products, or None not to.
    """

    def __init__(
        self,
        points: Points,
        z: Tensor,
        perturbations: Tensor | None,
        *,
        tolerance: float,
        windows: Literal["auto", "never", "always"] = "auto",
        low_precision: LowPrecision | None = None,
    ) -> None:
        assert points.all is not None
        self.all = points.all
        super().__init__(points, z, perturbations)
        self.tolerance, self.use = tolerance, windows
        self.low = low_precision
        self._mean.zero_()  # not known yet
        self._ess = z.new_ones(len(z))
        self._narrow = torch.zeros(len(z), dtype=torch.bool, device=z.device)
        self._worn = torch.zeros_like(self._narrow)

    def perturb(self, perturbations: Tensor | None) -> None:
        """Take new perturbations; windows opened for the old ones are dropped."""
        super().perturb(perturbations)
        self._windows: list[Window] = []
        self.perturbed: Tensor | None = None
        if perturbations is not None:
            b, m, d = perturbations.shape
            self.perturbed = (perturbations.reshape(-1, d) @ self.all.T).reshape(b, m, -1)

    def posterior(self, t: float, *, tuples: bool = False) -> Posterior:
        """Find the posterior, row by row with the cheapest engine that is exact enough."""
        if t == 0:
            return self.at_start(tuples)
        b = len(self.z)
        self._heaviest = torch.full((b, self.count), -1, device=self.z.device)
        self._heaviest_weights = self.z.new_zeros(b, self.count)
        self._served: Counter[str] = Counter()
        self._errors = [0.0]
        waiting = torch.ones(b, dtype=torch.bool, device=self.z.device)
        self._windows = self._serve(self._windows, waiting, t)
        ready = waiting if self.use == "always" else waiting & self._narrow
        if self.use != "never" and bool(ready.any()):
            # A window that will fail soon is replaced too: one row more costs little now.
            renewed = ready | self._worn
            kept = [window.keep(~renewed[window.rows]) for window in self._windows]
            fresh = self._open(renewed.nonzero().squeeze(1), t)
            self._windows = [window for window in kept if len(window.rows)]
            self._windows += self._serve(fresh, waiting, t)
        if bool(waiting.any()):
            self._dense(waiting.nonzero().squeeze(1), t, tuples)
        return Posterior(
            ess=self._ess.clone(),
            rows=dict(self._served),
            error=max(self._errors),
            reason=self._reason(),
            tuples=self._heaviest if tuples else None,
            tuple_weights=self._heaviest_weights if tuples else None,
        )

    def _reason(self) -> str:
        ess = f"effective sample size {float(self._ess.median()):.3g} (median)"
        reasons = {
            "dense": f"{ess}: " + self._why_dense(),
            "dense-bf16": f"{ess}: rounding errors of bf16 average out",
            "window": f"{ess}: few points have weight",
            "window-kept": "the certificate of an earlier window still holds",
        }
        return "; ".join(reasons[name] for name in self._served)

    def _why_dense(self) -> str:
        if self.use == "never":
            return "products with all points, as asked for or as there are few"
        return "many points have weight" if not bool(self._narrow.all()) else "windows get too wide"

    def _serve(self, windows: list[Window], waiting: Tensor, t: float) -> list[Window]:
        """Serve the rows that ``windows`` can, unmark them in ``waiting``; keep what was good."""
        kept = []
        for window in windows:
            found = evaluate(window, self.z[window.rows], t, self.points)
            error = _relative(found.log_dropped, found.mean, self.points)
            good = error <= self.tolerance
            rows = window.rows[good]
            if not len(rows):
                continue
            self._mean[rows] = found.mean[good]
            self._ess[rows] = found.ess[good]
            self._heaviest[rows] = found.tuples[good]
            self._heaviest_weights[rows] = found.tuple_weights[good]
            moved = (found.mean - window.target).norm(dim=1) > SETTLED * self.points.radius
            large = window.index.shape[1] > SMALL
            self._worn[rows] = (moved[good] | large) & (t - window.t >= RIPE)
            self._served["window" if window.t == t else "window-kept"] += int(waiting[rows].sum())
            self._errors.append(float(error[good].max()))
            waiting[rows] = False
            kept.append(window if len(rows) == len(good) else window.keep(good))
        return kept

    def _open(self, rows: Tensor, t: float) -> list[Window]:
        z = self.z[rows]
        own = None if self.perturbed is None else _own(self.perturbed, rows)
        products, slack = self._bounded_products(z)
        # Towards the mean last known: any point would be correct, this one makes the window last.
        target = self._mean[rows]
        towards, slack_there = self._bounded_products(target)
        windows, none = open_windows(
            Ends(
                t=t,
                origin=z,
                target=target,
                at_origin=products,
                at_target=towards,
                slack=slack + slack_there,
            ),
            rows,
            self.points,
            None if self.perturbations is None else _own(self.perturbations, rows),
            own,
            gap=math.log(len(self.points) / self.tolerance) + 2,
            limit=WINDOW_LIMIT,
        )
        self._narrow[rows] = ~none
        self._worn[rows] = False
        return windows

    def _dense(self, rows: Tensor, t: float, tuples: bool) -> None:
        z = self.z[rows]
        own = None if self.perturbed is None else _own(self.perturbed, rows)
        rough = self._rough_suffices(z, t, self._ess[rows], self._mean[rows])
        found = self._weights(z, own, t, rough, tuples)
        mean, support = self._average(found.weights)
        if rough and not self._rough_suffices(z, t, found.ess, mean):
            rough = False
            found = self._weights(z, own, t, rough, tuples)
            mean, support = self._average(found.weights)
        self._mean[rows] = mean
        self._ess[rows] = found.ess
        self._narrow[rows] = support <= NARROW
        if found.tuples is not None and found.tuple_weights is not None:
            self._heaviest[rows] = found.tuples
            self._heaviest_weights[rows] = found.tuple_weights
        self._served["dense-bf16" if rough else "dense"] += len(rows)
        if rough and self.low is not None:
            self._errors.append(float(self.low.expected_error(z, t, found.ess, mean).max()))

    def _weights(
        self, z: Tensor, own: Tensor | None, t: float, rough: bool, tuples: bool = False
    ) -> Averaged:
        products = self.low.products(z) if rough and self.low is not None else z @ self.all.T
        return averaged_weights(
            products, own, self.points.half_norms, t, self.points.log_weights, tuples=tuples
        )

    def _rough_suffices(self, z: Tensor, t: float, ess: Tensor, mean: Tensor) -> bool:
        """Whether bf16 products keep the error well below the tolerance, at this sample size."""
        if self.low is None:
            return False
        return bool((self.low.expected_error(z, t, ess, mean) <= self.tolerance / 4).all())

    def _bounded_products(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Inner products ``(b, N)`` with all points, and a bound ``(b,)`` of their error."""
        if self.low is not None:
            return self.low.products(z), self.low.bound(z)
        # Rounding of float32 sums, amply.
        return z @ self.all.T, 2e-6 * z.norm(dim=1) * self.points.radius

    def _average(self, weights: Tensor) -> tuple[Tensor, Tensor]:
        """Weights ``(b, N)`` -> means ``(b, d)``, and how many points have weight ``(b,)``."""
        cut = self.tolerance * 1e-3 / len(self.points)
        support = (weights > cut).sum(1)
        few = support <= SPARSE
        if self.all.numel() < LARGE or not bool(few.any()):
            return weights @ self.all, support
        means = weights.new_empty(len(weights), self.points.dim)
        for row in few.nonzero().squeeze(1).tolist():
            index = (weights[row] > cut).nonzero().squeeze(1)
            means[row] = weights[row, index] @ self.points.rows(index)
        many = (~few).nonzero().squeeze(1)
        if len(many):
            means[many] = weights[many] @ self.all
        return means, support


def _own(table: Tensor, rows: Tensor) -> Tensor:
    """Rows of a table ``(B or 1, ...)``, without a copy where all are meant."""
    return table if len(table) in (1, len(rows)) else table[rows]


def _relative(log_dropped: Tensor, mean: Tensor, points: Points) -> Tensor:
    """Bound of the relative error of means from which a share of the mass was dropped."""
    bound: Tensor = log_dropped.exp() * points.diameter / mean.norm(dim=1).clamp_min(1e-12)
    return bound
