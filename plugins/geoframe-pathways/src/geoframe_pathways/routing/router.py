"""The Router interface, and the flat router."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from geoframe_pathways.routing.nearest import Ids, NearestPrototypes, Points

Arrays = Mapping[str, NDArray[np.generic]]


class Router(ABC):
    """Sends points of the routing space to cells; the same in training and in use."""

    kind: ClassVar[str]
    """Name in configs and in packs."""
    prototypes: Points
    """One per cell, ``(cells, k)``."""

    @property
    def cells(self) -> int:
        """Number of cells."""
        return len(self.prototypes)

    @abstractmethod
    def two_nearest(self, points: Points) -> tuple[Ids, Points]:
        """Return each point's cell and the runner-up.

        Parameters
        ----------
        points
            ``(n, k)``.

        Returns
        -------
        tuple
            Cells ``(n, 2)`` and distances to their prototypes ``(n, 2)``. With a single cell the
            runner-up is that cell again, at an infinite distance.
        """

    @abstractmethod
    def one(self, point: Points) -> int:
        """Return the cell of one point ``(k,)``; the quick path of a single query."""

    @abstractmethod
    def arrays(self) -> Arrays:
        """Everything that :meth:`from_arrays` needs."""

    @classmethod
    @abstractmethod
    def from_arrays(cls, arrays: Arrays) -> Self:
        """Rebuild a router."""

    @abstractmethod
    def comparisons(self) -> float:
        """Distances computed for one query, on average over the cells."""


class FlatRouter(Router):
    """Compares a point with every prototype: exact.

    Parameters
    ----------
    prototypes
        ``(cells, k)``.
    """

    kind = "flat"

    def __init__(self, prototypes: Points) -> None:
        self._nearest = NearestPrototypes(prototypes)
        self.prototypes = self._nearest.prototypes

    def two_nearest(self, points: Points) -> tuple[Ids, Points]:
        """See :meth:`Router.two_nearest`."""
        ids, distances = self._nearest.find(points, min(2, self.cells))
        return (ids, distances) if self.cells > 1 else alone(ids, distances)

    def one(self, point: Points) -> int:
        """See :meth:`Router.one`."""
        return self._nearest.find_one(point)

    def arrays(self) -> Arrays:
        """See :meth:`Router.arrays`."""
        return {"prototypes": self.prototypes}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Self:
        """See :meth:`Router.from_arrays`."""
        return cls(np.asarray(arrays["prototypes"], dtype=np.float64))

    def comparisons(self) -> float:
        """See :meth:`Router.comparisons`."""
        return float(self.cells)


def alone(ids: Ids, distances: Points) -> tuple[Ids, Points]:
    """Add the runner-up that a single cell does not have."""
    return np.repeat(ids, 2, axis=1), np.hstack([distances, np.full_like(distances, np.inf)])
