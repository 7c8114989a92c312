"""Euclidean clusters of the points above a table (DBSCAN). Torch-free."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label as connected_pixels
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from geoframe_dreamup3d.table.view import View

MIN_SAMPLES = 4
"""Neighbours, itself included, that make a point the core of a cluster."""
MIN_POINTS = 12
"""Points of the smallest cluster that is an object."""
OUTLIER_REACH = 2.5
"""Median distances to the nearest point within which points of one object are neighbours."""
OUTLIER_SHARE = 0.15
"""Share of an object's points that a part of it has at least."""
MAX_POINTS = 6000
"""Points that are clustered; larger images are thinned out first."""


def dbscan(points: NDArray[np.float32], eps: float, min_samples: int) -> NDArray[np.int64]:
    """Label points ``(n, 3)`` by density-connected cluster, 0, 1, ...; -1 for noise.

    A point on the border of two clusters goes to the one whose core point is nearest.
    """
    n = len(points)
    if not n:
        return np.zeros(0, dtype=np.int64)
    tree = cKDTree(points)
    pairs = tree.query_pairs(eps, output_type="ndarray")
    count = np.bincount(pairs.ravel(), minlength=n) + 1
    core = count >= min_samples
    labels = np.full(n, -1, dtype=np.int64)
    if not core.any():
        return labels
    linked = pairs[core[pairs].all(1)]
    graph = coo_array((np.ones(len(linked), dtype=np.int8), (linked[:, 0], linked[:, 1])), (n, n))
    found = connected_components(graph, directed=False)[1]
    labels[core] = np.unique(found[core], return_inverse=True)[1]
    cores = np.flatnonzero(core)
    distance, nearest = cKDTree(points[core]).query(points[~core], distance_upper_bound=eps)
    reached = np.isfinite(distance)
    labels[np.flatnonzero(~core)[reached]] = labels[cores[nearest[reached]]]
    return labels


def without_outliers(points: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which points ``(n, 3)`` of one object belong together: its edges catch points of others.

    Clusters of neighbourhoods of 2.5 median distances to the nearest point are looked for; those
    with a fair share of all points stay. If none has, all stay.
    """
    if len(points) <= MIN_POINTS:
        return np.ones(len(points), dtype=bool)
    nearest = cKDTree(points).query(points, k=2)[0][:, 1]
    labels = dbscan(points, OUTLIER_REACH * float(np.median(nearest)) + 1e-4, MIN_SAMPLES)
    sizes = np.bincount(labels + 1)
    large = sizes >= OUTLIER_SHARE * len(points)
    large[0] = False  # noise
    kept = large[labels + 1]
    return kept if kept.any() else np.ones(len(points), dtype=bool)


def default_eps(view: View) -> float:
    """Radius of neighbourhoods: 5 mm and 1.2 spacings of pixels, which fits 64 to 640 pixels."""
    return 0.005 + 1.22 * view.spacing


def segment_by_distance(view: View, *, eps: float | None = None) -> NDArray[np.int32]:
    """Label the pixels of objects ``(h, w)``: 0 for none, 1, 2, ... from the largest object on.

    Points above the table are clustered, in a thinned out image if there are many; then every
    pixel above the table goes to the nearest cluster within three neighbourhoods.
    """
    count = int(view.above.sum())
    if not count:
        return np.zeros(view.depth.shape, dtype=np.int32)
    stride = max(1, int(np.ceil(np.sqrt(count / MAX_POINTS))))
    thin = view.at_stride(stride)
    eps = default_eps(thin) if eps is None else eps
    points = thin.points[thin.above]
    labels = dbscan(points, eps, MIN_SAMPLES)
    return spread_labels(view, points, labels, within=3 * eps)


def segment_by_pixels(view: View) -> NDArray[np.int32]:
    """Label connected pixels above the table ``(h, w)``: what removing the plane alone gives."""
    found = connected_pixels(view.above)[0]
    sizes = np.bincount(found.ravel())
    return renumbered(np.where(sizes[found] >= MIN_POINTS, found, 0).astype(np.int32))


def spread_labels(
    view: View, points: NDArray[np.float32], labels: NDArray[np.int64], *, within: float
) -> NDArray[np.int32]:
    """Give every pixel above the table the label of the nearest of ``points``, largest first.

    Parameters
    ----------
    points, labels
        ``(n, 3)`` in the table's frame and ``(n,)``; -1 for none. Labels of few points are dropped.
    within
        Distance beyond which a pixel stays without an object, metres.
    """
    result = np.zeros(view.depth.shape, dtype=np.int32)
    sizes = np.bincount(labels[labels >= 0])
    order = [label for label in np.argsort(-sizes, kind="stable") if sizes[label] >= MIN_POINTS]
    if not order:
        return result
    rank = np.zeros(len(sizes) + 1, dtype=np.int32)
    rank[order] = np.arange(1, len(order) + 1)
    kept = rank[labels] > 0
    kept &= labels >= 0
    distance, nearest = cKDTree(points[kept]).query(
        view.points[view.above], distance_upper_bound=within
    )
    found = np.isfinite(distance)
    values = np.zeros(len(distance), dtype=np.int32)
    values[found] = rank[labels[kept][nearest[found]]]
    result[view.above] = values
    return renumbered(result)


def renumbered(labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """Labels 1, 2, ... without gaps; an object that no pixel shows falls away."""
    present = np.unique(labels[labels > 0])
    table = np.zeros(int(labels.max(initial=0)) + 1, dtype=np.int32)
    table[present] = np.arange(1, len(present) + 1)
    return np.asarray(table[labels])
