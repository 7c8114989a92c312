"""Few coordinates and a curve of three numbers, fitted together to all distances.

Minimises F = sum w (f(|x_i - x_j|) - D_ij)^2 / sum w D_ij^2 over points and curve, where
f(r) = c + (r + e)^q - e^q, by L-BFGS from classical scaling. A step costs about as much as one
of SMACOF's, and there are far fewer of them than of a stochastic gradient. Torch-free.
"""

from __future__ import annotations

from typing import Literal

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from geoframe_embedding.distances import Floats
from geoframe_embedding.scaling import classical_scaling
from geoframe_snowflake.metric.completion import complete_distances

Focus = Literal["distances", "neighbors"]
Singles = NDArray[np.float32]

STARTS = ((1.0, 0), (0.7, 0), (1.5, 0), (2.5, 0), (1.0, 1), (1.5, 1))
"""Exponents that a fit starts from, each without (0) or with (1) a jump."""
EXPONENTS = (0.2, 8.0)
JITTER = 0.03
"""Noise of the start, in the root mean square of its distances: points at one place stall."""
OFFSET = 0.01
"""The offset e, in the same unit; fixed."""
QUANTILE = 0.001
"""Share of the distances below which the jump stays."""
TRIAL, MOST = 12, 200
"""Iterations of every start, and of the best one."""
HISTORY, TOLERANCE = 8, 1e-5
SAMPLE = 800
"""Items above which the starts are tried on so many of them only."""
ROWS = 256
"""Rows of the matrix of distances that are looked at together, so that they stay in the cache."""


@attrs.frozen(kw_only=True, eq=False)
class JointFit:
    """Points and a curve."""

    points: Floats
    """``(n, dim)``."""
    exponent: float
    offset: float
    jump: float
    loss: float
    """Relative weighted squared error F."""


def fit_jointly(distances: Floats, dim: int, *, focus: Focus, seed: int) -> JointFit:
    """Embed symmetric distances in few dimensions.

    Parameters
    ----------
    distances
        ``(n, n)``, zero on the diagonal; NaN where one is missing.
    dim
        Number of coordinates.
    focus
        ``"distances"`` weighs all errors alike, ``"neighbors"`` those of small distances more.
    seed
        Seed of the starts' noise.
    """
    n = len(distances)
    known = np.isfinite(distances)
    off = known & ~np.eye(n, dtype=bool)
    positive = distances[off & (distances > 0)]
    if n < 2 or not len(positive):
        return JointFit(points=np.zeros((n, dim)), exponent=1.0, offset=OFFSET, jump=0.0, loss=0.0)
    median = float(np.median(positive))
    filled = complete_distances(distances / median)
    most = float(np.quantile(positive, QUANTILE)) / median
    problem = _Problem(np.where(known, distances / median, 0.0), off, focus)
    generator = np.random.default_rng(seed)
    starts = [(exponent, min(most, 0.5) * with_jump) for exponent, with_jump in STARTS]
    if n > SAMPLE:
        chosen = np.sort(generator.permutation(n)[:SAMPLE])
        small = fit_jointly(distances[np.ix_(chosen, chosen)], dim, focus=focus, seed=seed)
        starts = [(small.exponent, min(most, small.jump / median))]
    trials = [
        _start(problem, filled, dim, exponent, jump, most, generator)
        for exponent, jump in dict.fromkeys(starts)
    ]
    if len(trials) > 1:
        for trial in trials:
            trial.go_on(TRIAL)
    return min(trials, key=lambda search: search.loss).go_on(MOST).result(median)


class _Problem:
    """The loss and its gradient, over blocks of pairs i < j in single precision."""

    def __init__(self, distances: Floats, known: NDArray[np.bool_], focus: Focus) -> None:
        self.n = len(distances)
        weights = np.triu(known, k=1).astype(np.float32)
        if focus == "neighbors":
            weights /= np.maximum(distances, 0.05)
        self.blocks: list[tuple[slice, Singles, Singles]] = []
        self.total, self.count = 0.0, 0
        for start in range(0, self.n, ROWS):
            rows = slice(start, min(start + ROWS, self.n))
            wanted = np.ascontiguousarray(distances[rows, start:], dtype=np.float32)
            weight = np.ascontiguousarray(weights[rows, start:], dtype=np.float32)
            self.total += float((weight * wanted**2).sum(dtype=np.float64))
            self.count += int(np.count_nonzero(weight))
            self.blocks.append((rows, wanted, weight))

    def value(
        self, points: Singles, exponent: float, offset: float, jump: float
    ) -> tuple[float, Floats, float, float]:
        """The loss, and its derivatives by points ``(n, dim)``, exponent and jump."""
        gradient = np.zeros(points.shape)
        loss = by_exponent = by_jump = 0.0
        squares = np.einsum("ij,ij->i", points, points)
        e, q = np.float32(offset), np.float32(exponent)
        base = np.float32(offset**exponent)
        slope = float(base) * np.log(offset)
        for rows, wanted, weight in self.blocks:
            x, y = points[rows], points[rows.start :]
            r = squares[rows, None] + squares[rows.start :] - 2.0 * (x @ y.T)
            np.maximum(r, np.float32(1e-12), out=r)
            np.sqrt(r, out=r)
            shifted = r + e
            logs = np.log(shifted)
            power = np.exp(q * logs)
            error = power - base
            error += np.float32(jump)
            error -= wanted
            pull = weight * error
            loss += float(np.vdot(pull, error))
            by_jump += float(pull.sum(dtype=np.float64))
            power *= pull
            by_exponent += float(np.vdot(power, logs)) - slope * float(pull.sum(dtype=np.float64))
            r *= shifted
            power /= r  # w (f - D) (r + e)^(q - 1) / r
            gradient[rows] += power.sum(axis=1)[:, None] * x - power @ y
            gradient[rows.start :] += power.sum(axis=0)[:, None] * y - power.T @ x
        factor = 2.0 / self.total
        return (
            loss / self.total,
            factor * exponent * gradient,
            factor * by_exponent,
            factor * by_jump,
        )


class _Search:
    """L-BFGS on points and curve, in units in which all variables are alike."""

    def __init__(
        self, problem: _Problem, points: Floats, exponent: float, jump: float, most: float
    ) -> None:
        self.problem = problem
        centred = points - points.mean(axis=0)
        # Mean square of all distances: twice that of the points around their centre.
        self.unit = max(float(np.sqrt(2.0 * (centred**2).sum() / len(points))), 1e-9)
        self.shape = points.shape
        self.root = float(np.sqrt(len(points)))
        self.offset = OFFSET * self.unit
        self.bounds = [(None, None)] * points.size + [
            (float(np.log(EXPONENTS[0])) * self.root, float(np.log(EXPONENTS[1])) * self.root),
            (0.0, most * self.root),
        ]
        tail = [np.log(exponent) * self.root, jump * self.root]
        self.at = np.concatenate([(centred / self.unit).ravel(), tail])
        self.loss = np.inf

    def go_on(self, iterations: int) -> _Search:
        """Take some more iterations."""
        first = self._evaluate(self.at)[0] or 1.0

        def scaled(at: Floats) -> tuple[float, Floats]:
            value, gradient = self._evaluate(at)
            return value / first, gradient / first

        found = minimize(
            scaled,
            self.at,
            jac=True,
            method="L-BFGS-B",
            bounds=self.bounds,
            options={"maxiter": iterations, "maxcor": HISTORY, "ftol": TOLERANCE, "gtol": 0.0},
        )
        self.at, self.loss = found.x, float(found.fun) * first
        return self

    def _evaluate(self, at: Floats) -> tuple[float, Floats]:
        points = (self.unit * at[:-2]).reshape(self.shape).astype(np.float32)
        exponent, jump = float(np.exp(at[-2] / self.root)), float(at[-1] / self.root)
        value, by_points, by_exponent, by_jump = self.problem.value(
            points, exponent, self.offset, jump
        )
        tail = [by_exponent * exponent / self.root, by_jump / self.root]
        return value, np.concatenate([self.unit * by_points.ravel(), tail])

    def result(self, median: float) -> JointFit:
        """The fit in the unit of the data, its points scaled so that no factor is left."""
        exponent, jump = float(np.exp(self.at[-2] / self.root)), float(self.at[-1] / self.root)
        # median * (r + e)^q = (median^(1/q) (r + e))^q
        factor = median ** (1.0 / exponent)
        return JointFit(
            points=factor * self.unit * self.at[:-2].reshape(self.shape),
            exponent=exponent,
            offset=factor * self.offset,
            jump=median * jump,
            loss=self.loss,
        )


def _start(
    problem: _Problem,
    distances: Floats,
    dim: int,
    exponent: float,
    jump: float,
    most: float,
    generator: np.random.Generator,
) -> _Search:
    """Classical scaling of the distances without jump and power, and a little noise."""
    flat = np.maximum(distances - jump, 0.02) ** (1.0 / exponent)
    np.fill_diagonal(flat, 0.0)
    points = classical_scaling(flat, dim)
    size = float(np.sqrt(2.0 * ((points - points.mean(axis=0)) ** 2).sum() / len(points)))
    points += JITTER * size * generator.standard_normal(points.shape)
    return _Search(problem, points, exponent, jump, most)
