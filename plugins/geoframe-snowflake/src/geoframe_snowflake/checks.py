"""From what a file holds to distances that can be embedded: checks, and the user's policies."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from geoframe.errors import DataError
from geoframe_snowflake.data_config import Asymmetry, Disconnected
from geoframe_snowflake.finite_metric import (
    Floats,
    GraphMetric,
    Ints,
    MatrixMetric,
    components_of,
)
from geoframe_snowflake.readers.raw import RawDistances, RawEdges

ROUNDING = 1e-9
"""Difference, relative to the largest distance, that counts as rounding in the file."""
SMALLEST, LARGEST = 1e-30, 1e30
"""Distances between which training, which is in single precision, neither loses nor overflows."""


def check_unit(distances: Floats, origin: str) -> None:
    """Refuse positive distances that single precision cannot hold.

    Raises
    ------
    DataError
        If there are any.
    """
    positive = distances[distances > 0]
    if len(positive) and not SMALLEST < positive.min() <= positive.max() < LARGEST:
        raise DataError(
            f"{origin}: distances range from {positive.min():g} to {positive.max():g}; they must "
            f"lie between {SMALLEST:g} and {LARGEST:g}: take another unit, and 0 for what is equal"
        )


def check_names(names: tuple[str, ...], origin: str) -> None:
    """Refuse fewer than two items, and names that are empty or not unique.

    Raises
    ------
    DataError
        Naming the first of them.
    """
    if len(names) < 2:
        raise DataError(f"{origin}: {len(names)} items; needed are two or more")
    if "" in names:
        raise DataError(f"{origin}: item {names.index('') + 1} has an empty name")
    name, times = Counter(names).most_common(1)[0]
    if times > 1:
        raise DataError(f"{origin}: the name '{name}' stands for {times} items; make names unique")


def matrix_metric(raw: RawDistances, asymmetry: Asymmetry) -> MatrixMetric:
    """Check a distance matrix.

    Raises
    ------
    DataError
        If it is not square, not finite, negative, not zero on the diagonal, not symmetric
        (unless the policy says what to do), or if items at distance zero differ elsewhere.
    """
    distances, names, origin = raw.distances, raw.names, raw.origin
    if distances.ndim != 2 or distances.shape[0] != distances.shape[1]:
        shape = " x ".join(map(str, distances.shape))
        raise DataError(f"{origin}: the distances are {shape}; a distance matrix is square")
    if len(names) != len(distances):
        raise DataError(f"{origin}: {len(names)} names for {len(distances)} items")
    check_names(names, origin)
    size = float(np.abs(distances).max())
    _refuse(~np.isfinite(distances), "is not a finite number", raw)
    _refuse(distances < 0, "is negative", raw)
    _refuse(np.diag(distances.diagonal() > ROUNDING * size), "must be 0", raw)
    if size == 0:
        raise DataError(f"{origin}: all distances are 0")
    check_unit(distances, origin)
    repairs = []
    asymmetric = np.abs(distances - distances.T) > ROUNDING * size
    if asymmetric.any():
        if asymmetry == "refuse":
            i, j = np.argwhere(asymmetric)[0]
            raise DataError(
                f"{origin}: the distance from '{names[i]}' to '{names[j]}' is "
                f"{distances[i, j]:g}, and back {distances[j, i]:g}; "
                "set data.asymmetry to mean, min or max"
            )
        pairs = int(asymmetric.sum()) // 2
        repairs.append(f"{pairs} pairs had two distances; their {asymmetry} was taken.")
    if asymmetry in ("min", "max"):
        symmetric = getattr(np, f"{asymmetry}imum")(distances, distances.T)
    else:
        symmetric = 0.5 * (distances + distances.T)
    np.fill_diagonal(symmetric, 0.0)
    _check_zeros(symmetric, raw, size)
    return MatrixMetric(names=names, distances=symmetric, repairs=tuple(repairs))


def _refuse(wrong: NDArray[np.bool_], what: str, raw: RawDistances) -> None:
    if wrong.any():
        i, j = np.argwhere(wrong)[0]
        raise DataError(
            f"{raw.origin}: the distance from '{raw.names[i]}' to '{raw.names[j]}' "
            f"({raw.distances[i, j]:g}) {what}"
        )


def _check_zeros(distances: Floats, raw: RawDistances, size: float) -> None:
    """Items at distance zero are one place, so they must agree on all other distances."""
    for i, j in np.argwhere(np.triu(distances == 0, k=1)):
        off = np.abs(distances[i] - distances[j]) > ROUNDING * size
        if off.any():
            k = int(off.argmax())
            raise DataError(
                f"{raw.origin}: '{raw.names[i]}' and '{raw.names[j]}' are at distance 0, but their "
                f"distances to '{raw.names[k]}' differ ({distances[i, k]:g} and "
                f"{distances[j, k]:g})"
            )


def graph_metric(raw: RawEdges, disconnected: Disconnected) -> GraphMetric:
    """Check a graph, and keep the shortest of parallel edges.

    Raises
    ------
    DataError
        If a length is not finite and positive, or the graph is in several parts (unless the
        policy is to take the largest).
    """
    names, ends, lengths = raw.names, np.sort(raw.ends, axis=1), raw.lengths
    check_names(names, raw.origin)
    wrong = np.flatnonzero(~(np.isfinite(lengths) & (lengths > 0)))
    if len(wrong):
        first, second = raw.ends[wrong[0]]
        raise DataError(
            f"{raw.origin}: the edge '{names[first]}' - '{names[second]}' has length "
            f"{lengths[wrong[0]]:g}; lengths must be finite and positive"
        )
    check_unit(np.append(lengths, lengths.sum()), raw.origin)
    repairs = []
    loops = ends[:, 0] == ends[:, 1]
    if loops.any():
        repairs.append(f"{int(loops.sum())} edges from an item to itself were left out.")
        ends, lengths = ends[~loops], lengths[~loops]
    order = np.lexsort((lengths, ends[:, 1], ends[:, 0]))
    ends, lengths = ends[order], lengths[order]
    different = np.ones(len(ends), dtype=bool)
    different[1:] = (ends[1:] != ends[:-1]).any(axis=1)
    ends, lengths = ends[different], lengths[different]
    features = raw.features
    count, part = components_of(len(names), ends)
    if count > 1:
        sizes = np.bincount(part)
        if disconnected == "refuse":
            apart = int(np.flatnonzero(part != part[0])[0])
            raise DataError(
                f"{raw.origin}: the graph is in {count} parts (no path from '{names[0]}' to "
                f"'{names[apart]}'), so some distances are infinite; "
                "set data.disconnected = 'largest'"
            )
        kept = np.flatnonzero(part == sizes.argmax())
        repairs.append(f"{len(names) - len(kept)} items outside the largest part were left out.")
        ends, lengths = _subgraph(ends, lengths, kept, len(names))
        names = tuple(names[item] for item in kept.tolist())
        features = None if features is None else features[kept]
        check_names(names, raw.origin)
    return GraphMetric(
        names=names, ends=ends, lengths=lengths, features=features, repairs=tuple(repairs)
    )


def _subgraph(ends: Ints, lengths: Floats, kept: Ints, n: int) -> tuple[Ints, Floats]:
    position = np.full(n, -1)
    position[kept] = np.arange(len(kept))
    inside = position[ends[:, 0]] >= 0
    return position[ends[inside]], lengths[inside]
