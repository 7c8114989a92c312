"""Trees as named arrays in npz files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoframe.data import load_npz
from geoframe.errors import DataError
from geoframe_hnn.data_config import TreeDataConfig
from geoframe_hnn.raw import RawTree

Arrays = Mapping[str, NDArray[Any]]


def read_npz(path: Path, config: TreeDataConfig) -> RawTree:
    """Read ``parent`` (n,) or ``edges`` (e, 2), and maybe lengths, names and features.

    ``parent`` holds indices, -1 for a root, and lengths then count nodes; ``edges`` holds pairs
    (parent, child), and lengths then count edges. Lengths are the array ``data.weight``
    (``length``), ``lengths`` or ``weights``; names are ``names``, ``name`` or ``label``.

    Raises
    ------
    DataError
        Naming the array that is missing or of a wrong shape, type or range.
    """
    return tree_of_arrays(load_npz(path), str(path), config.weight)


def tree_of_arrays(arrays: Arrays, origin: str, weight: str = "length") -> RawTree:
    """Make a tree of named arrays; see :func:`read_npz`."""
    names = next((arrays[key] for key in ("names", "name", "label") if key in arrays), None)
    lengths = next((arrays[key] for key in (weight, "lengths", "weights") if key in arrays), None)
    if "parent" in arrays:
        parent = _integers(arrays["parent"], "parent", origin)
        if parent.ndim != 1:
            raise DataError(f"{origin}: 'parent' has shape {parent.shape}, not (n,)")
        n = len(parent)
        if parent.min(initial=0) < -1:
            raise DataError(f"{origin}: 'parent' holds {parent.min()}; a root's parent is -1")
        below = np.flatnonzero(parent >= 0)
        edges = np.stack([parent[below], below], axis=1)
        counted = None if lengths is None else _numbers(lengths, weight, n, origin)[below]
    elif "edges" in arrays:
        edges = _integers(arrays["edges"], "edges", origin)
        if edges.ndim != 2 or edges.shape[1] != 2:
            raise DataError(f"{origin}: 'edges' has shape {arrays['edges'].shape}, not (e, 2)")
        if names is None:  # the numbers are names, and may be large
            names, index = np.unique(edges, return_inverse=True)
            edges = index.reshape(edges.shape)
        n = len(names)
        counted = None if lengths is None else _numbers(lengths, weight, len(edges), origin)
    else:
        raise DataError(
            f"{origin}: no array 'parent' (n,) or 'edges' (e, 2); it has {', '.join(arrays)}"
        )
    if edges.size and (edges.max() >= n or edges.min() < 0):
        raise DataError(f"{origin}: an edge names node {edges.max()}, but there are only {n}")
    if names is not None and names.shape != (n,):
        raise DataError(f"{origin}: the names have shape {names.shape} for {n} nodes")
    return RawTree(
        origin=origin,
        names=_names(names, n),
        edges=edges,
        lengths=counted,
        features=_features(arrays.get("features"), n, origin),
    )


def _names(names: NDArray[Any] | None, n: int) -> tuple[str, ...]:
    if names is None:
        return tuple(map(str, range(n)))
    if names.dtype.kind == "S":
        names = np.char.decode(names, "utf-8", "backslashreplace")
    return tuple(map(str, names.tolist()))


def _features(features: NDArray[Any] | None, n: int, origin: str) -> NDArray[np.float32] | None:
    if features is None:
        return None
    if features.dtype.kind not in "biuf" or features.ndim != 2 or len(features) != n:
        raise DataError(
            f"{origin}: 'features' is {features.dtype} {features.shape}, expected a row of numbers "
            f"for each of {n} nodes"
        )
    found = features.astype(np.float32)
    if len(wrong := np.argwhere(~np.isfinite(found))):
        row, column = wrong[0].tolist()
        raise DataError(
            f"{origin}: feature {column} of node {row} is {features[row, column]}; every feature "
            "must be a finite number"
        )
    return found


def _integers(array: NDArray[Any], key: str, origin: str) -> NDArray[np.int64]:
    if array.dtype.kind not in "iu":
        raise DataError(f"{origin}: '{key}' is {array.dtype}, expected integers (node indices)")
    return array.astype(np.int64)


def _numbers(array: NDArray[Any], key: str, count: int, origin: str) -> NDArray[np.float64]:
    if array.dtype.kind not in "iuf" or array.shape != (count,):
        raise DataError(
            f"{origin}: '{key}' is {array.dtype} {array.shape}, expected {count} numbers"
        )
    return array.astype(np.float64)
