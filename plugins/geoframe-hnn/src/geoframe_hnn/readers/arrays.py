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
        n = len(parent)
        below = np.flatnonzero(parent >= 0)
        edges = np.stack([parent[below], below], axis=1)
        counted = None if lengths is None else _numbers(lengths, weight, n, origin)[below]
    elif "edges" in arrays:
        edges = _integers(arrays["edges"], "edges", origin).reshape(len(arrays["edges"]), -1)
        if edges.shape[1] != 2:
            raise DataError(f"{origin}: 'edges' has shape {arrays['edges'].shape}, not (e, 2)")
        n = len(names) if names is not None else int(edges.max(initial=-1)) + 1
        counted = None if lengths is None else _numbers(lengths, weight, len(edges), origin)
    else:
        raise DataError(
            f"{origin}: no array 'parent' (n,) or 'edges' (e, 2); it has {', '.join(arrays)}"
        )
    if edges.size and (edges.max() >= n or edges.min() < 0):
        raise DataError(f"{origin}: an edge names node {edges.max()}, but there are only {n}")
    if names is not None and names.shape != (n,):
        raise DataError(f"{origin}: the names have shape {names.shape} for {n} nodes")
    features = arrays.get("features")
    if features is not None and (features.ndim != 2 or len(features) != n):
        raise DataError(f"{origin}: the features have shape {features.shape} for {n} nodes")
    return RawTree(
        origin=origin,
        names=tuple(map(str, range(n) if names is None else names.tolist())),
        edges=edges.astype(np.int64),
        lengths=counted,
        features=None if features is None else features.astype(np.float32),
    )


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
