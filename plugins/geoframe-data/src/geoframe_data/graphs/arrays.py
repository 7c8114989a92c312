"""Graphs as named arrays: npz, safetensors, and PyG's ``Data`` in memory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoframe.data import listed, shown
from geoframe.errors import DataError, did_you_mean
from geoframe_data.arrays import as_floats, as_one
from geoframe_data.files import UserFile
from geoframe_data.graph import Features, Floats, Graph, Ints
from geoframe_data.graphs.features import ALL, as_features
from geoframe_data.graphs.fields import LENGTHS, Fields
from geoframe_data.graphs.records import text_of
from geoframe_data.graphs.times import parse_times

Arrays = Mapping[str, NDArray[Any]]

NAMES = ("names", "name", "label", "labels")
"""Arrays that name the nodes; the last two only if they hold text, for classes are numbers."""
FEATURES = ("features", "x")
MOST_ALONE = 10_000_000
"""Nodes without an edge that are believed: a number costs nothing to write, and a node a name."""
WEIGHTS = ("weights", "edge_weight", "edge_attr", "lengths", *LENGTHS)


def load_safetensors(file: UserFile) -> Arrays:
    """Load all tensors of a safetensors file; ``names`` is taken from its metadata (JSON list).

    Raises
    ------
    DataError
        If it is damaged.
    """
    # Imported here: no other format needs torch, and numpy alone has no bfloat16.
    import safetensors.torch
    import torch

    content = file.content
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
        raise DataError(f"{file.path}: not a readable safetensors file: {shown(error)}") from None
    return arrays


def graph_of_pyg(data: Any, fields: Fields, *, origin: str = "PyG Data") -> Graph:
    """Make a graph of a ``torch_geometric.data.Data``; ``y`` and masks become attributes.

    Raises
    ------
    DataError
        If it has several kinds of nodes, no edges, or arrays that do not fit.
    """
    if not hasattr(data, "edge_index") or not hasattr(data, "to_dict"):
        raise DataError(f"{origin}: has no edge_index; give a Data of one kind of nodes")
    arrays: dict[str, NDArray[Any]] = {}
    for key, value in data.to_dict().items():
        if hasattr(value, "detach"):
            arrays[key] = value.detach().cpu().numpy()
        elif key in NAMES and value is not None:
            arrays[key] = np.array(value, dtype=np.str_)
    arrays["num_nodes"] = np.array(data.num_nodes)
    return graph_of_arrays(arrays, fields, origin=origin)


def graph_of_sparse(matrix: Any, fields: Fields, *, origin: str = "matrix") -> Graph:
    """Make a graph of a sparse adjacency matrix of scipy; its entries are the lengths.

    Raises
    ------
    DataError
        If it is not square.
    """
    found = matrix.tocoo()
    if found.shape[0] != found.shape[1]:
        raise DataError(f"{origin}: is {found.shape}; an adjacency matrix is (n, n)")
    weights = None if (found.data == 1).all() else found.data
    arrays = {"edge_index": np.stack([found.row, found.col]).astype(np.int64)}
    arrays |= {"num_nodes": np.array(found.shape[0])}
    arrays |= {} if weights is None else {"weights": weights}
    return graph_of_arrays(arrays, fields, origin=origin)


def graph_of_arrays(arrays: Arrays, fields: Fields, *, origin: str) -> Graph:
    """Make a graph of named arrays.

    ``edges`` (E, 2) or ``edge_index`` (2, E), integers, or ``parent`` (n,), -1 for a root, or
    ``adjacency`` (n, n), 0 where there is no edge; optionally ``weights``, ``edge_weight``,
    ``edge_attr`` or ``length`` (E,) or (E, 1), with ``parent`` (n,); ``names`` (n,),
    ``num_nodes``, ``features`` or ``x`` (n, F), ``x_packed`` with ``num_features`` (rows of
    ``numpy.packbits``), ``times`` (n,). Without anything that is per node, the numbers in the
    edges are names.

    Raises
    ------
    DataError
        Naming the array that is missing or of a wrong shape, type or range.
    """
    key, edges, kept = _edges(arrays, origin)
    given, features, times = node_arrays(arrays, origin, fields)
    known = [len(part) for part in (given, features, times) if part is not None]
    if "num_nodes" in arrays or key in ("parent", "adjacency"):
        counted = "num_nodes" in arrays
        known.append(_count(arrays, "num_nodes", origin) if counted else len(arrays[key]))
    if not known:  # the numbers are names, and may be large
        occurring, rows = np.unique(edges, return_inverse=True)
        given, edges = tuple(map(str, occurring.tolist())), rows.reshape(edges.shape)
        known = [len(occurring)]
    if len(set(known)) > 1:
        counts = " and ".join(f"{count:,}" for count in dict.fromkeys(known))
        raise DataError(f"{origin}: different numbers of nodes ({counts})")
    n = known[0]
    if n > 2 * len(edges) + MOST_ALONE:
        raise DataError(f"{origin}: {n} nodes with {len(edges)} edges, most of them without any")
    if len(bad := np.flatnonzero(((edges >= n) | (edges < 0)).any(axis=1))):
        u, v = edges[bad[0]]
        raise DataError(
            f"{origin}: edge {bad[0]} is ({u}, {v}), but node indices are 0 ... {n - 1}"
        )
    weights, note = _weights(arrays, edges, kept, key, fields, origin)
    taken = {key, *NAMES, *FEATURES, *WEIGHTS, fields.time or "times", *fields.features}
    table = pd.DataFrame(
        {k: v for k, v in arrays.items() if k not in taken and v.ndim == 1 and len(v) == n},
        index=range(n),
    )
    return Graph(
        names=given or tuple(map(str, range(n))),
        edges=edges,
        weights=weights,
        directed=True if key == "parent" else None,
        features=features,
        attributes=table if table.shape[1] else None,
        times=times,
        origin=origin,
        repairs=() if note is None else (note,),
    )


def _count(arrays: Arrays, key: str, where: str) -> int:
    count = as_one(arrays[key], key, where)
    if not (count.is_integer() and count >= 0):
        raise DataError(f"{where}: '{key}' is {count:g}, not a number of things")
    return int(count)


def node_arrays(
    arrays: Arrays, where: str, fields: Fields
) -> tuple[tuple[str, ...] | None, Features | None, Floats | None]:
    """Return names, features and times of the nodes, all of one length, where they are given."""
    names = None
    for name in dict.fromkeys((fields.name, *NAMES)):
        found = arrays.get(name)
        if found is None or (name in NAMES[2:] and found.dtype.kind not in "US"):
            continue
        if found.ndim != 1:
            raise DataError(f"{where}: '{name}' has shape {found.shape}, not (n,)")
        names = tuple(text_of(each) for each in found.tolist())
        break
    features = None if fields.node_table else _features(arrays, where, fields)
    times = None
    if fields.time is not None and fields.time not in arrays and not fields.node_table:
        raise _missing(fields.time, arrays, where, "time")
    if (key := fields.time or "times") in arrays and not fields.node_table:
        if arrays[key].ndim != 1:
            raise DataError(f"{where}: '{key}' has shape {arrays[key].shape}, not (n,)")
        times = parse_times(_times(arrays[key], key, where), where)
    lengths = {
        label: len(part)
        for label, part in (("names", names), ("features", features), (key, times))
        if part is not None
    }
    if len(set(lengths.values())) > 1:
        counts = ", ".join(f"{label} {length}" for label, length in lengths.items())
        raise DataError(f"{where}: different numbers of nodes ({counts})")
    return names, features, times


def _times(array: NDArray[Any], key: str, where: str) -> pd.Series[Any]:
    if array.dtype.kind not in "iufUSM":
        raise DataError(f"{where}: '{shown(key)}' is {array.dtype}, expected numbers or dates")
    texts = array.dtype.kind == "S"
    return pd.Series(np.char.decode(array, "utf-8", "replace") if texts else array)


def _edges(arrays: Arrays, where: str) -> tuple[str, Ints, Ints | None]:
    """The array that holds the edges, the edges, and those of its entries that are edges."""
    key = next((k for k in ("edges", "edge_index", "parent", "adjacency") if k in arrays), None)
    if key is None:
        raise DataError(
            f"{where}: no array 'edges' (E, 2), 'edge_index' (2, E), 'parent' (n,) or 'adjacency' "
            f"(n, n); it has {listed([*arrays])}"
        )
    array = arrays[key]
    if key == "adjacency":
        if array.ndim != 2 or array.shape[0] != array.shape[1] or array.dtype.kind not in "biuf":
            raise DataError(f"{where}: 'adjacency' is {array.dtype} {array.shape}, not (n, n)")
        return key, np.argwhere(array != 0), np.flatnonzero(array != 0)
    if array.dtype.kind not in "iu":
        raise DataError(f"{where}: '{key}' is {array.dtype}, expected integers (node indices)")
    if array.dtype.kind == "u" and array.size and array.max() > np.iinfo(np.int64).max:
        raise DataError(f"{where}: '{key}' holds {array.max()}, beyond 2^63")
    if key == "parent":
        if array.ndim != 1:
            raise DataError(f"{where}: 'parent' has shape {array.shape}, not (n,)")
        if array.min(initial=0) < -1:
            raise DataError(f"{where}: 'parent' holds {array.min()}; a root's parent is -1")
        below = np.flatnonzero(array >= 0)
        return key, np.stack([array[below].astype(np.int64), below], axis=1), below
    wanted = "(E, 2)" if key == "edges" else "(2, E)"
    if array.ndim != 2 or array.shape[1 if key == "edges" else 0] != 2:
        raise DataError(f"{where}: '{key}' has shape {array.shape}, expected {wanted}")
    return key, (array if key == "edges" else array.T).astype(np.int64), None


def _weights(
    arrays: Arrays, edges: Ints, kept: Ints | None, key: str, fields: Fields, where: str
) -> tuple[Floats | None, str | None]:
    """Lengths of the edges; of ``parent`` one per node, of which those of the roots are none."""
    if key == "adjacency":
        assert kept is not None
        weights = arrays[key].reshape(-1)[kept].astype(np.float64)
        return (None if (weights == 1).all() else weights), None
    wanted = dict.fromkeys((fields.weight, *(WEIGHTS if fields.weight in LENGTHS else ())))
    found = next((name for name in wanted if name in arrays), None)
    count = len(edges) if kept is None else len(arrays[key])
    note = None
    if found is None:
        loose = {
            name: array.dtype.kind == "f"
            for name, array in arrays.items()
            if array.shape in ((count,), (count, 1)) and not _is_known(name, fields)
        }
        found, note = fields.length(loose if kept is None else {}, where)
        if found is None:
            return None, None
    weights = as_floats(arrays[found], found, where)
    if weights.ndim == 2 and weights.shape[1] != 1 and found == "edge_attr" != fields.weight:
        return None, "passed over 'edge_attr', which holds several numbers per edge and no length"
    if weights.shape == (count, 1):
        weights = weights[:, 0]
    if weights.shape != (count,):
        raise DataError(f"{where}: '{found}' has shape {weights.shape} for {count} edges")
    return (weights if kept is None else weights[kept]), note


def _is_known(name: str, fields: Fields) -> bool:
    taken = {*NAMES, *FEATURES, "x_packed", "y", "edges", "edge_index", "num_nodes"}
    return name in taken or name in (fields.time, "times", *fields.features)


def _features(arrays: Arrays, where: str, fields: Fields) -> Features | None:
    if tuple(fields.features) != ALL:
        parts = []
        for key in fields.features:
            if key not in arrays:
                raise _missing(key, arrays, where, "features")
            part = as_floats(arrays[key], key, where)
            parts.append(part[:, None] if part.ndim == 1 else part)
        if len({len(part) for part in parts}) > 1:
            raise DataError(f"{where}: the arrays of data.features differ in length")
        features = np.concatenate(parts, axis=1) if parts else None
    elif standard := [key for key in FEATURES if key in arrays]:
        features = as_floats(arrays[standard[0]], standard[0], where)
    elif {"x_packed", "num_features"} <= {*arrays}:
        packed = arrays["x_packed"]
        if packed.dtype != np.uint8 or packed.ndim != 2:
            raise DataError(
                f"{where}: 'x_packed' is {packed.dtype} {packed.shape}, not bytes (n, b)"
            )
        width = _count(arrays, "num_features", where)
        features = np.unpackbits(packed, axis=1)[:, :width].astype(np.float64)
    else:
        features = None
    return None if features is None else as_features(features, where)


def _missing(key: str, arrays: Arrays, where: str, option: str) -> DataError:
    return DataError(
        f"{where}: no array '{shown(key)}'{did_you_mean(key, arrays)} (arrays: "
        f"{listed([*arrays])}); name it with data.{option}"
    )
