"""What a reader returns before any policy is applied, and how messages name its edges."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from geoframe.data import shown
from geoframe_nst.graph import Edges, Features, Floats


@attrs.frozen(kw_only=True, eq=False)
class RawGraph:
    """A graph as it stands in a file: loops, duplicates, cycles and bad weights included."""

    origin: str
    """What messages call it: the file's path, or a dataset's name."""
    names: tuple[str, ...]
    edges: Edges
    """int64 ``(E, 2)``, indices into ``names``."""
    weights: Floats | None
    """float64 ``(E,)``, or None if the file has none."""
    features: Features | None = None
    times: Floats | None = None
    lines: NDArray[np.int64] | None = None
    """Line of each edge in a text file, from 1."""
    unused: tuple[str, ...] = ()
    """Edge columns or attributes that were not asked for."""
    repairs: tuple[str, ...] = ()

    def edge(self, index: int) -> str:
        """Name an edge: ``'a' -> 'b'``."""
        source, target = self.edges[index]
        return f"'{shown(self.names[source])}' -> '{shown(self.names[target])}'"

    def where(self, index: int) -> str:
        """Name the place of an edge: ``edges.csv:12`` or the file alone."""
        return self.origin if self.lines is None else f"{self.origin}:{self.lines[index]}"

    def take_edges(self, kept: NDArray[np.int64], repair: str) -> RawGraph:
        """Keep the edges of these indices, and record why."""
        return attrs.evolve(
            self,
            edges=self.edges[kept],
            weights=None if self.weights is None else self.weights[kept],
            lines=None if self.lines is None else self.lines[kept],
            repairs=(*self.repairs, repair),
        )
