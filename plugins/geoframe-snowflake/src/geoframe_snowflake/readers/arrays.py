"""npy and npz: a distance matrix, edges, a tree, or points."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geoframe.errors import DataError
from geoframe_snowflake.data_config import MetricDataConfig
from geoframe_snowflake.readers.files import Arrays, read_arrays
from geoframe_snowflake.readers.raw import (
    Raw,
    RawDistances,
    RawEdges,
    RawPoints,
    as_names,
    numbered,
)

NAMES = ("name", "names", "label", "labels")
"""Arrays that may hold the items' names, besides the one that the config states."""
LARGEST = 2**53
"""Whole numbers up to this one are told apart in float64."""


def read_array_file(path: Path, config: MetricDataConfig) -> Raw:
    """Read arrays by what they are named.

    ``distances`` ``(n, n)``; or ``edges`` ``(e, 2)`` with the array of lengths that
    ``data.weight`` names; or a tree as ``parent`` ``(n,)`` (-1 at the root) with ``length``
    ``(n,)``; or ``points`` ``(n, f)``. A single array is distances, unless ``data.content``
    is ``"points"``.

    Raises
    ------
    DataError
        If there is none of them, or a shape does not fit.
    """
    if config.content == "points":
        return read_points(path, config.name)
    arrays = read_arrays(path)
    kinds = {"distances": "distances", "edges": "graph", "parent": "graph", "points": "points"}
    for key, content in kinds.items():
        if key in arrays and config.content in ("auto", content):
            break
    else:
        raise DataError(
            f"{path}: has no array {', '.join(kinds)} for data.content = '{config.content}' "
            f"(arrays: {', '.join(arrays) or 'none'})"
        )
    if key == "distances":
        matrix = _numeric(path, arrays, key, 2)
        names = _names(path, arrays, config.name, len(matrix))
        return RawDistances(origin=str(path), names=names, distances=matrix)
    if key == "points":
        return read_points(path, config.name)
    return _tree(path, arrays, config) if key == "parent" else _edges(path, arrays, config)


def read_points(path: Path, name: str) -> RawPoints:
    """Read the array ``points``, or a single array of any name, and the names of its rows.

    Raises
    ------
    DataError
        If there is none.
    """
    arrays = read_arrays(path)
    key = "points" if "points" in arrays or len(arrays) > 1 else next(iter(arrays), "points")
    if key not in arrays:
        raise DataError(f"{path}: has no array 'points' (arrays: {', '.join(arrays) or 'none'})")
    points = _numeric(path, arrays, key, 2)
    return RawPoints(origin=str(path), names=_names(path, arrays, name, len(points)), points=points)


def _edges(path: Path, arrays: Arrays, config: MetricDataConfig) -> RawEdges:
    ends = _integers(path, _numeric(path, arrays, "edges", 2), "edges")
    if ends.shape[1] != 2:
        raise DataError(f"{path}: edges have shape {ends.shape}; needed is (e, 2)")
    lengths = np.ones(len(ends))
    if config.weight in arrays:
        lengths = _numeric(path, arrays, config.weight, 1)
    if len(lengths) != len(ends):
        raise DataError(f"{path}: {len(lengths)} lengths for {len(ends)} edges")
    names = _names(path, arrays, config.name, None)
    if not names:  # the numbers are names, and may be large
        used, index = np.unique(ends, return_inverse=True)
        names, ends = as_names(used), index.reshape(ends.shape)
    if ends.min(initial=0) < 0 or ends.max(initial=-1) >= len(names):
        raise DataError(f"{path}: edges must lie in 0 ... {len(names) - 1}")
    return RawEdges(origin=str(path), names=names, ends=ends, lengths=lengths)


def _tree(path: Path, arrays: Arrays, config: MetricDataConfig) -> RawEdges:
    parent = _integers(path, _numeric(path, arrays, "parent", 1), "parent")
    n = len(parent)
    child = np.flatnonzero(parent >= 0)
    if len(child) != n - 1 or parent.max(initial=-1) >= n:
        raise DataError(f"{path}: parent has {n - len(child)} roots (-1); a tree has one")
    length = _numeric(path, arrays, "length", 1) if "length" in arrays else np.ones(n)
    if len(length) != n:
        raise DataError(f"{path}: {len(length)} lengths for {n} nodes")
    return RawEdges(
        origin=str(path),
        names=_names(path, arrays, config.name, n),
        ends=np.stack([parent[child], child], axis=1),
        lengths=length[child],
    )


def _names(path: Path, arrays: Arrays, name: str, n: int | None) -> tuple[str, ...]:
    for key in (name, *NAMES):
        if key in arrays:
            names = as_names(arrays[key])
            if n is not None and len(names) != n:
                raise DataError(f"{path}: {len(names)} names in '{key}' for {n} items")
            # Inner nodes of trees often have no label.
            return tuple(each or f"#{index}" for index, each in enumerate(names))
    return numbered(n or 0)


def _numeric(path: Path, arrays: Arrays, key: str, ndim: int) -> NDArray[np.float64]:
    array = arrays[key]
    if array.dtype.kind not in "biuf" or array.ndim != ndim:
        raise DataError(
            f"{path}: '{key}' has shape {array.shape} and type {array.dtype}; needed are numbers "
            f"with {ndim} axes"
        )
    return array.astype(np.float64)


def _integers(path: Path, values: NDArray[np.float64], key: str) -> NDArray[np.int64]:
    if not np.array_equal(values, np.round(values)) or np.abs(values).max(initial=0) > LARGEST:
        raise DataError(f"{path}: '{key}' holds numbers that are not whole or too large")
    return values.astype(np.int64)
