"""L-BFGS on points and a curve of three numbers: what a joint fit gives, and how. Torch-free.

The curve is f(r) = c + (r + e)^q - e^q with exponent q, jump c, and an offset e that stays.
"""

from __future__ import annotations

from typing import Protocol

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from geoframe_embedding.distances import Floats

Singles = NDArray[np.float32]

EXPONENTS = (0.2, 8.0)
OFFSET = 0.01
"""The offset e, in units of the root mean square of the start's distances."""
HISTORY, TOLERANCE = 8, 1e-5


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


class Problem(Protocol):
    """The loss of points and curve against given distances."""

    def value(
        self, points: Singles, exponent: float, offset: float, jump: float
    ) -> tuple[float, Floats, float, float]:
        """The loss, and its derivatives by points ``(n, dim)``, exponent and jump."""
        ...


class Search:
    """L-BFGS on points and curve, in units in which all variables are alike."""

    def __init__(
        self, problem: Problem, points: Floats, exponent: float, jump: float, most: float
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

    def go_on(self, iterations: int) -> Search:
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
