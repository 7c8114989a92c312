"""Routing among very many prototypes through a faiss inverted-file index."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from geoframe import PluginError
from geoframe_pathways.routing.nearest import Ids, Points, rank
from geoframe_pathways.routing.router import Arrays, Router

CANDIDATES = 8
"""Prototypes that faiss proposes for each point."""
PROBES = 16
"""Lists of the index that are searched."""


def _faiss() -> Any:
    try:
        import faiss
    except ImportError:
        raise PluginError(
            "router 'faiss' needs faiss: pip install 'geoframe-pathways[faiss]', "
            "or take --set pathways.router=tree"
        ) from None
    return faiss


class FaissRouter(Router):
    """An approximate search proposes candidates; direct float64 distances choose among them.

    The index itself is part of the router: one built again elsewhere could have other lists and
    send points to other experts.

    Parameters
    ----------
    prototypes
        ``(cells, k)``.
    image
        A serialised index, uint8 ``(bytes,)``; built from the prototypes if it is left out.
    """

    kind = "faiss"

    def __init__(self, prototypes: Points, image: np.ndarray | None = None) -> None:
        self.prototypes = np.ascontiguousarray(prototypes, dtype=np.float64)
        self._centre = self.prototypes.mean(axis=0)
        faiss = _faiss()
        if image is None:
            self._index = self._built(faiss)
        else:
            self._index = faiss.deserialize_index(np.ascontiguousarray(image))
        self._index.nprobe = PROBES

    def _built(self, faiss: Any) -> Any:
        rows = np.ascontiguousarray(self.prototypes - self._centre, dtype=np.float32)
        lists = max(1, int(np.sqrt(len(rows))))
        index = faiss.index_factory(rows.shape[1], f"IVF{lists},Flat")
        index.cp.min_points_per_centroid = 1
        index.train(rows)
        index.add(rows)
        return index

    def two_nearest(self, points: Points) -> tuple[Ids, Points]:
        """See :meth:`Router.two_nearest`."""
        queries = np.ascontiguousarray(points - self._centre, dtype=np.float32)
        _, found = self._index.search(queries, min(CANDIDATES, self.cells))
        # Where the probed lists hold too few, faiss fills up with -1.
        candidates = np.where(found < 0, found[:, :1], found).astype(np.int64)
        return rank(points, self.prototypes, candidates, 2)

    def one(self, point: Points) -> int:
        """See :meth:`Router.one`."""
        return int(self.two_nearest(point[None])[0][0, 0])

    def arrays(self) -> Arrays:
        """See :meth:`Router.arrays`."""
        image = _faiss().serialize_index(self._index)
        return {"prototypes": self.prototypes, "faiss_index": np.asarray(image, dtype=np.uint8)}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Self:
        """See :meth:`Router.from_arrays`."""
        prototypes = np.asarray(arrays["prototypes"], dtype=np.float64)
        return cls(prototypes, np.asarray(arrays["faiss_index"], dtype=np.uint8))

    def comparisons(self) -> float:
        """See :meth:`Router.comparisons`."""
        lists = self._index.nlist
        return float(lists + PROBES * self.cells / lists + CANDIDATES)
