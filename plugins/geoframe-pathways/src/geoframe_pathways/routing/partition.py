"""From training inputs to a router: the routing space, the cells, and who trains on what."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Literal

import attrs
import numpy as np
from numpy.typing import NDArray
from sklearn.utils.extmath import randomized_svd
from threadpoolctl import threadpool_limits

from geoframe_pathways.routing.clusters import balanced_prototypes, without_small
from geoframe_pathways.routing.index import FaissRouter
from geoframe_pathways.routing.nearest import Points
from geoframe_pathways.routing.router import FlatRouter, Router
from geoframe_pathways.routing.tree import TreeRouter, grow_tree

RouterKind = Literal["auto", "flat", "tree", "faiss"]

FLAT_UP_TO = 10_000
"""Prototypes above which 'auto' searches an index."""
CLUSTERED_UP_TO = 1024
"""Prototypes up to which k-means is run on all of them at once."""

EXACT_UP_TO = 512
"""Inputs up to which principal components are exact."""
COMPONENT_ROWS = 5_000
"""Rows on which those of wider inputs are found."""

ROUTERS: Mapping[str, type[Router]] = {
    router.kind: router for router in (FlatRouter, TreeRouter, FaissRouter)
}


@attrs.frozen(eq=False)
class RouteSpace:
    """Where prototypes live: the input space, or its first principal components."""

    mean: Points
    """``(inputs,)``."""
    components: Points | None
    """``(inputs, k)``, orthonormal columns; None leaves the inputs as they are."""

    def project(self, x: NDArray[np.floating]) -> Points:
        """Map inputs ``(n, inputs)`` or ``(inputs,)`` to routing coordinates in float64."""
        wide = x.astype(np.float64)
        return wide if self.components is None else (wide - self.mean) @ self.components


def route_space(x: NDArray[np.float32], dims: int) -> RouteSpace:
    """Principal components of inputs ``(n, inputs)`` if there are more than ``dims`` of them.

    Of very wide inputs they are approximate, and found on a part of the rows: a routing space
    need not be more, and the matrix of all products would take longer than the training.
    """
    mean = x.mean(axis=0, dtype=np.float64)
    if x.shape[1] <= dims:
        return RouteSpace(mean, None)
    # Sums over several threads come in another order each time; a resumed run must agree.
    with threadpool_limits(limits=1):
        if x.shape[1] <= EXACT_UP_TO:
            centred = x.astype(np.float64) - mean
            leading = np.linalg.eigh(centred.T @ centred)[1][:, ::-1][:, :dims]
        else:
            rows = np.random.default_rng(0).permutation(len(x))[:COMPONENT_ROWS]
            centred = x[np.sort(rows)] - mean.astype(np.float32)
            leading = randomized_svd(centred, dims, random_state=0)[2].T.astype(np.float64)
    # An eigenvector's sign is arbitrary; fix it, so that every machine takes the same.
    signs = np.sign(leading[np.abs(leading).argmax(axis=0), np.arange(leading.shape[1])])
    return RouteSpace(mean, leading * signs)


def make_router(
    points: Points,
    cells: int,
    *,
    kind: RouterKind,
    valency: int,
    min_rows: int,
    balance: bool,
    seed: int,
) -> Router:
    """Cut training points ``(n, k)`` into at most ``cells`` cells of ``min_rows`` rows or more."""
    cells = max(1, min(cells, len(points) // min_rows))
    if kind == "auto":
        kind = "flat" if cells <= FLAT_UP_TO else "faiss"
    if kind == "tree" or cells > CLUSTERED_UP_TO:
        tree = grow_tree(points, cells, valency=valency, min_rows=min_rows, seed=seed)
        if kind == "tree":
            return tree
        prototypes = without_small(points, tree.prototypes, min_rows)
    else:
        prototypes = balanced_prototypes(
            points, cells, min_rows=min_rows, seed=seed, balance=balance
        )
    return FaissRouter(prototypes) if kind == "faiss" and cells > 1 else FlatRouter(prototypes)


def members_of(router: Router, points: Points, overlap: float) -> list[NDArray[np.int64]]:
    """Rows of each cell, with those of the neighbours that lie close to the border.

    Parameters
    ----------
    points
        Training points ``(n, k)``.
    overlap
        A row also belongs to the runner-up if that is at most ``1 + overlap`` times as far.
    """
    ids, distances = router.two_nearest(points)
    close = (distances[:, 1] <= (1.0 + overlap) * distances[:, 0]) & (ids[:, 0] != ids[:, 1])
    shared = np.flatnonzero(close & (overlap > 0))
    owners = np.concatenate([ids[:, 0], ids[shared, 1]])
    rows = np.concatenate([np.arange(len(points)), shared])
    order = np.lexsort((rows, owners))
    ends = np.searchsorted(owners[order], np.arange(router.cells + 1))
    found = [rows[order[start:stop]] for start, stop in pairwise(ends)]
    for cell in np.flatnonzero(np.diff(ends) == 0):  # an approximate search may pass a cell over
        distance = ((points - router.prototypes[cell]) ** 2).sum(axis=1)
        found[cell] = np.array([distance.argmin()])
    return found
