"""How tree-like distances are: Gromov's delta. Torch-free."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

QUADRUPLES = 20_000
ROUNDING = 1e-9
"""Delta, in units of the diameter, up to which distances are those of a tree."""


def hyperbolicity(distances: NDArray[np.float64]) -> tuple[float, float]:
    """Gromov's delta of a sample of quadruples, and the diameter.

    delta = (largest - middle) / 2 of the three sums of opposite distances (Gromov 1987).
    """
    rng = np.random.default_rng(0)
    a, b, c, d = rng.integers(len(distances), size=(4, QUADRUPLES))
    sums = np.sort(
        [
            distances[a, b] + distances[c, d],
            distances[a, c] + distances[b, d],
            distances[a, d] + distances[b, c],
        ],
        axis=0,
    )
    return float(np.nanmax(sums[2] - sums[1]) / 2), float(np.nanmax(distances))


def are_of_a_tree(distances: NDArray[np.float64]) -> bool:
    """Whether the four-point condition holds: distances are path lengths of a tree (Buneman 1974).

    It is looked at in a sample of quadruples.
    """
    delta, diameter = hyperbolicity(distances)
    return delta <= ROUNDING * diameter
