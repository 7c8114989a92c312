"""Graphs as named arrays: npz, and safetensors with the fields of PyG's ``Data``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoframe.data import listed, read_bytes, shown
from geoframe.errors import DataError, did_you_mean
from geoframe_nst.data_config import GraphDataConfig
from geoframe_nst.graph import Edges, Features, Floats
from geoframe_nst.readers.features import ALL, as_features
from geoframe_nst.readers.raw import RawGraph
from geoframe_nst.readers.times import parse_times

SPARSE = 10
"""Numbers per node that has an edge, above which node numbers are identifiers, not rows."""
Arrays = Mapping[str, NDArray[Any]]


def load_safetensors(path: Path) -> Arrays:
    """Load all tensors of a safetensors file; ``names`` is taken from its metadata (JSON list).

    Raises
    ------
    DataError
        If it is missing or damaged.
    """
    # Imported here: no other format needs torch, and numpy alone has no bfloat16.
    import safetensors.torch
    import torch

    content = read_bytes(path)
    try:
        arrays: dict[str, NDArray[Any]] = {
            key: (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()
            for key, tensor in safetensors.torch.load(content).items()
        }
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
        names = header.get("__metadata__", {}).get("names")
        if names is not None:
            arrays["names"] = np.array([str(name) for name in json.loads(names)], dtype=np.str_)
    except Exception as error:  # safetensors raises its own types, and these differ by version
        raise DataError(f"{path}: not a readable safetensors file: {shown(error)}") from None
    return arrays


def graph_of_arrays(arrays: Arrays, path: Path, config: GraphDataConfig) -> RawGraph:
    """Make a graph of named arrays.

    ``edges`` (E, 2) or ``edge_index`` (2, E), integers; optionally ``weights``, ``edge_weight``
    or ``edge_attr`` (E,) or (E, 1) (or the name in ``config.weight``), ``names`` (n,),
    ``features`` or ``x`` (n, F), ``x_packed`` with ``num_features`` (rows of ``numpy.packbits``),
    ``times`` (n,) (or the name in ``config.time``).

    Raises
    ------
    DataError
        Naming the array that is missing or of a wrong shape, type or range.
    """
    where = str(path)
    edges = _edges(arrays, where)
    names, features, times = node_arrays(arrays, where, config)
    known = [len(part) for part in (names, features, times) if part is not None]
    repairs: tuple[str, ...] = ()
    if not known:
        edges, names, repairs = _numbered(edges)
        known = [len(names)]
    n = known[0]
    if len(bad := np.flatnonzero((edges >= n).any(axis=1))):
        u, v = edges[bad[0]]
        raise DataError(f"{where}: edge {bad[0]} is ({u}, {v}), but node indices are 0 ... {n - 1}")
    weights = None
    candidates = (config.weight, "weights", "edge_weight", "edge_attr")
    if weight := next((key for key in candidates if key in arrays), ""):
        weights = _floats(arrays[weight], weight, where)
        if weights.shape == (len(edges), 1):
            weights = weights[:, 0]
        if weights.shape != (len(edges),):
            raise DataError(f"{where}: '{weight}' has shape {weights.shape} for {len(edges)} edges")
    return RawGraph(
        origin=where,
        names=names or tuple(str(node) for node in range(n)),
        edges=edges,
        weights=weights,
        features=features,
        times=times,
        repairs=repairs,
    )


def node_arrays(
    arrays: Arrays, where: str, config: GraphDataConfig
) -> tuple[tuple[str, ...] | None, Features | None, Floats | None]:
    """Return names, features and times of the nodes, all of one length, where they are given."""
    names = None
    if "names" in arrays:
        if arrays["names"].ndim != 1:
            raise DataError(f"{where}: 'names' has shape {arrays['names'].shape}, not (n,)")
        names = tuple(str(name) for name in arrays["names"].tolist())
    features = _features(arrays, where, config)
    times = None
    if config.time is not None and config.time not in arrays:
        raise _missing(config.time, arrays, where, "time")
    if (key := config.time or "times") in arrays:
        if arrays[key].ndim != 1:
            raise DataError(f"{where}: '{key}' has shape {arrays[key].shape}, not (n,)")
        times = parse_times(pd.Series(arrays[key]), where)
    lengths = {
        label: len(part)
        for label, part in (("names", names), ("features", features), (key, times))
        if part is not None
    }
    if len(set(lengths.values())) > 1:
        counts = ", ".join(f"{label} {length}" for label, length in lengths.items())
        raise DataError(f"{where}: different numbers of nodes ({counts})")
    return names, features, times


def _edges(arrays: Arrays, where: str) -> Edges:
    if "edges" in arrays:
        key, edges = "edges", arrays["edges"]
    elif "edge_index" in arrays:
        key, edges = "edge_index", arrays["edge_index"]
    else:
        raise DataError(
            f"{where}: no array 'edges' (E, 2) or 'edge_index' (2, E); it has {listed([*arrays])}"
        )
    wanted = "(E, 2)" if key == "edges" else "(2, E)"
    if edges.ndim != 2 or edges.shape[1 if key == "edges" else 0] != 2:
        raise DataError(f"{where}: '{key}' has shape {edges.shape}, expected {wanted}")
    if edges.dtype.kind not in "iu":
        raise DataError(f"{where}: '{key}' is {edges.dtype}, expected integers (node indices)")
    pairs: Edges = (edges if key == "edges" else edges.T).astype(np.int64)
    if len(bad := np.flatnonzero((pairs < 0).any(axis=1))):
        u, v = pairs[bad[0]]
        raise DataError(f"{where}: edge {bad[0]} is ({u}, {v}), but node indices are 0 or more")
    return pairs


def _numbered(edges: Edges) -> tuple[Edges, tuple[str, ...], tuple[str, ...]]:
    """Edges by row, names and repairs of a graph that gives its nodes by number alone.

    The nodes are 0 ... n - 1, so that row i is node i, unless the numbers are far apart, as
    identifiers are: then they are the numbers that occur.
    """
    occurring, rows = np.unique(edges, return_inverse=True)
    n = int(edges.max(initial=-1)) + 1
    if n <= SPARSE * len(occurring):
        return edges, tuple(str(node) for node in range(n)), ()
    note = f"took the {len(occurring)} node numbers that occur, up to {n - 1}, for names"
    return rows.reshape(edges.shape), tuple(str(node) for node in occurring.tolist()), (note,)


def _features(arrays: Arrays, where: str, config: GraphDataConfig) -> Features | None:
    if config.features != ALL:
        parts = []
        for key in config.features:
            if key not in arrays:
                raise _missing(key, arrays, where, "features")
            part = _floats(arrays[key], key, where)
            parts.append(part[:, None] if part.ndim == 1 else part)
        if len({len(part) for part in parts}) > 1:
            raise DataError(f"{where}: the arrays of data.features differ in length")
        features = np.concatenate(parts, axis=1) if parts else None
    elif standard := {"features", "x"} & {*arrays}:
        key = min(standard)
        features = _floats(arrays[key], key, where)
    elif {"x_packed", "num_features"} <= {*arrays}:
        width = int(arrays["num_features"])
        features = np.unpackbits(arrays["x_packed"], axis=1)[:, :width].astype(np.float64)
    else:
        features = None
    return None if features is None else as_features(features, where)


def _floats(array: NDArray[Any], key: str, where: str) -> Floats:
    if array.dtype.kind not in "iufb":
        raise DataError(f"{where}: '{key}' is {array.dtype}, expected numbers")
    return array.astype(np.float64)


def _missing(key: str, arrays: Arrays, where: str, option: str) -> DataError:
    return DataError(
        f"{where}: no array '{shown(key)}'{did_you_mean(key, arrays)} (arrays: "
        f"{listed([*arrays])}); name it with data.{option}"
    )
