"""Known functions on the regular grid with s^n vertices (the regression data of the paper), or at
random points.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Literal

import attrs
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoframe.config import option
from geoframe.dataset import Dataset
from geoframe.errors import DataError
from geoframe_data import Table, as_table

Values = NDArray[np.float64]
Name = Literal["weierstrass", "ackley", "rastrigin", "himmelblau", "rosenbrock", "friedman"]

MAX_ROWS = 20_000_000


def weierstrass(x: Values) -> Values:
    """Sum over coordinates and k < 8 of 2^-k cos(3^k pi x): half a period, on [0, 1]."""
    found: Values = sum(
        (0.5**k * np.cos(3.0**k * np.pi * x) for k in range(8)), np.zeros_like(x)
    ).sum(axis=1)
    return found


def ackley(x: Values) -> Values:
    """Ackley's function on [-5, 5]."""
    radius = np.sqrt((x**2).mean(axis=1))
    waves = np.cos(2 * np.pi * x).mean(axis=1)
    found: Values = -20.0 * np.exp(-0.2 * radius) - np.exp(waves) + 20.0 + np.e
    return found


def rastrigin(x: Values) -> Values:
    """Rastrigin's function on [-5.12, 5.12]."""
    found: Values = (x**2 - 10.0 * np.cos(2 * np.pi * x) + 10.0).sum(axis=1)
    return found


def himmelblau(x: Values) -> Values:
    """Himmelblau's function of two coordinates on [-5, 5]."""
    a, b = x[:, 0], x[:, 1]
    found: Values = (a**2 + b - 11.0) ** 2 + (a + b**2 - 7.0) ** 2
    return found


def rosenbrock(x: Values) -> Values:
    """Rosenbrock's function on [-2, 2]."""
    a, b = x[:, :-1], x[:, 1:]
    found: Values = (100.0 * (b - a**2) ** 2 + (1.0 - a) ** 2).sum(axis=1)
    return found


def friedman(x: Values) -> Values:
    """Friedman's first function on [0, 1]: five coordinates count, the others do not.

    J. H. Friedman: Multivariate Adaptive Regression Splines. Annals of Statistics 19, 1991.
    """
    waves = 10.0 * np.sin(np.pi * x[:, 0] * x[:, 1])
    found: Values = waves + 20.0 * (x[:, 2] - 0.5) ** 2 + 10.0 * x[:, 3] + 5.0 * x[:, 4]
    return found


FUNCTIONS: dict[str, tuple[Callable[[Values], Values], float, float]] = {
    "weierstrass": (weierstrass, 0.0, 1.0),
    "ackley": (ackley, -5.0, 5.0),
    "rastrigin": (rastrigin, -5.12, 5.12),
    "himmelblau": (himmelblau, -5.0, 5.0),
    "rosenbrock": (rosenbrock, -2.0, 2.0),
    "friedman": (friedman, 0.0, 1.0),
}
"""Name -> function and the interval of each coordinate."""


@attrs.frozen(kw_only=True)
class FunctionGrid(Dataset):
    """A test function on the s^n vertices of a regular grid or at random points, for regression."""

    provides = "table"

    component: ClassVar[str] = "geoframe_pathways.datasets.functions:FunctionGrid"

    function: Name = option("rastrigin", help="The function.")
    dims: int = option(2, ge=1, le=12, help="Coordinates n.")
    side: int = option(100, ge=2, unit="vertices", help="Vertices s along each coordinate.")
    rows: int | None = option(
        None, ge=1, le=MAX_ROWS, help="Points drawn uniformly, in place of the grid."
    )
    noise: float = option(0.0, ge=0, help="Standard deviation of Gaussian noise on the values.")
    seed: int = option(0, ge=0, help="Seed of the noise and of drawn points.")

    def load(self) -> Table:
        """Return the table with columns x0, x1, ... and target y.

        Raises
        ------
        DataError
            If the function has another number of coordinates, or the grid is too large.
        """
        few = {"himmelblau": 2, "rosenbrock": 2, "friedman": 5}.get(self.function, 1)
        if self.dims < few or (self.function == "himmelblau" and self.dims != 2):
            raise DataError(f"data.dataset.dims: {self.function} needs {few} coordinates")
        if self.rows is None and self.side**self.dims > MAX_ROWS:
            raise DataError(
                f"data.dataset: a grid of {self.side}^{self.dims} vertices is too large; "
                f"at most {MAX_ROWS:,} are made"
            )
        function, low, high = FUNCTIONS[self.function]
        random = np.random.default_rng(self.seed)
        if self.rows is None:
            axis = np.linspace(low, high, self.side)
            x = np.stack(np.meshgrid(*[axis] * self.dims, indexing="ij"), axis=-1)
            x = x.reshape(-1, self.dims)
        else:
            x = random.uniform(low, high, (self.rows, self.dims))
        y = function(x)
        if self.noise:
            y = y + random.normal(0.0, self.noise, len(y))
        frame = pd.DataFrame(x, columns=[f"x{index}" for index in range(self.dims)])
        return attrs.evolve(as_table(frame.assign(y=y)), target="y")
