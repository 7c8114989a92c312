"""Data in memory to files that the readers understand; entry points ``geoframe.data_writers``.

Each function returns options of a ``[data]`` table, or None if the data are not of its kind.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoframe.errors import DataError

Options = Mapping[str, Any]
LABELS = "label"
"""What the column or array of labels is called if they come without a name."""


def write_graph(data: Any, labels: Any, folder: Path) -> Options | None:
    """Write a graph: networkx, torch-geometric, a table of edges, edges ``(e, 2)``, sparse."""
    _without_labels(labels, "graph")
    if isinstance(data, nx.Graph):
        return _networkx(data, folder)
    if hasattr(data, "edge_index"):
        return _torch_geometric(data, folder)
    if hasattr(data, "tocoo"):
        coo = data.tocoo()
        ends = np.stack([coo.row, coo.col], axis=1)
        return _arrays(folder, edges=ends, weights=coo.data, num_nodes=np.array(coo.shape[0]))
    if isinstance(data, pd.DataFrame) and data.shape[1] in (2, 3) and not _is_square(data):
        return _frame(data, folder)
    array = _array(data)
    if array is not None and array.ndim == 2 and array.shape[1] == 2 and array.dtype.kind in "iu":
        return _arrays(folder, edges=array)
    return None


def write_distances(data: Any, labels: Any, folder: Path) -> Options | None:
    """Write distances of all pairs ``(n, n)``, a DataFrame of them with names, or a graph."""
    _without_labels(labels, "matrix of distances")
    if isinstance(data, pd.DataFrame) and _is_square(data):
        path = folder / "distances.csv"
        data.to_csv(path)
        return {"path": str(path)}
    array = None if isinstance(data, pd.DataFrame) else _array(data)
    if array is not None and array.ndim == 2 and array.shape[0] == array.shape[1]:
        path = folder / "distances.npy"
        np.save(path, array, allow_pickle=False)
        return {"path": str(path)}
    return write_graph(data, None, folder)


def write_table(data: Any, labels: Any, folder: Path) -> Options | None:
    """Write a table: a DataFrame, an array ``(n, columns)`` or a mapping of columns."""
    if hasattr(data, "toarray"):
        return None
    if isinstance(data, Mapping) and not hasattr(data, "edge_index"):
        data = pd.DataFrame(dict(data))
    if not isinstance(data, pd.DataFrame):
        array = _array(data)
        if array is None or array.ndim != 2:
            return None
        data = pd.DataFrame(array, columns=[f"x{k}" for k in range(array.shape[1])])
    if labels is None:
        return _frame(data, folder)
    name = str(getattr(labels, "name", None) or LABELS)
    if name in data.columns:
        raise DataError(f"y: a column '{name}' is in X already; rename one of them")
    values = _array(labels)
    if values is None or values.shape != (len(data),):
        raise DataError(f"y: expected {len(data)} values, one for each row of X")
    return {**_frame(data.assign(**{name: values}), folder), "labels": name}


def write_items(data: Any, labels: Any, folder: Path) -> Options | None:
    """Write items of one shape: an array or tensor ``(n, ...)``, or a DataFrame."""
    if isinstance(data, pd.DataFrame):
        return write_table(data, labels, folder)
    array = _array(data)
    if array is None or array.ndim < 2 or array.dtype.kind not in "biuf":
        return None
    if labels is None:
        return _arrays(folder, data=array)
    values = _array(labels)
    if values is None or values.shape != (len(array),):
        raise DataError(f"y: expected {len(array)} values, one for each item of X")
    return {**_arrays(folder, data=array, **{LABELS: values}), "labels": LABELS}


def write_texts(data: Any, labels: Any, folder: Path) -> Options | None:
    """Write texts: a list of them with labels, or a DataFrame with its columns."""
    if isinstance(data, pd.DataFrame):
        return write_table(data, labels, folder)
    if isinstance(data, Sequence) and data and all(isinstance(each, str) for each in data):
        return write_table(pd.DataFrame({"text": list(data)}), labels, folder)
    return None


def _networkx(graph: nx.Graph, folder: Path) -> Options:
    if graph.is_multigraph():
        raise DataError("the networkx graph has parallel edges; make it a Graph or DiGraph first")
    path = folder / "graph.json"
    content = nx.node_link_data(graph, edges="edges")
    try:
        path.write_text(json.dumps(content, allow_nan=True, default=_plain), encoding="utf-8")
    except TypeError as error:
        raise DataError(f"the networkx graph cannot be written as JSON: {error}") from None
    return {"path": str(path)}


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    raise TypeError(f"a value of type {type(value).__name__} in it")


def _torch_geometric(data: Any, folder: Path) -> Options:
    arrays = {"edge_index": _array(data.edge_index)}
    for name in ("edge_weight", "edge_attr", "x", "y"):
        value = getattr(data, name, None)
        if value is not None:
            arrays[name] = _array(value)
    arrays["num_nodes"] = np.array(data.num_nodes)
    return _arrays(folder, **arrays)


def _arrays(folder: Path, **arrays: Any) -> Options:
    path = folder / "data.npz"
    np.savez(path, allow_pickle=False, **arrays)
    return {"path": str(path)}


def _frame(frame: pd.DataFrame, folder: Path) -> Options:
    path = folder / "data.parquet"
    frame.rename(columns=str).to_parquet(path)
    return {"path": str(path)}


def _array(data: Any) -> NDArray[Any] | None:
    """Return an array of numbers, truth values or texts; None of what is none."""
    if hasattr(data, "detach"):
        data = data.detach().cpu()
    if isinstance(data, str | bytes | Mapping):
        return None
    try:
        array = np.asarray(data)
    except ValueError:
        return None
    if array.dtype.kind == "O":
        plain = np.array([str(each) if isinstance(each, str) else each for each in array.ravel()])
        array = plain.reshape(array.shape) if plain.size == array.size else array
    return array if array.dtype.kind in "biufU" else None


def _is_square(frame: pd.DataFrame) -> bool:
    return frame.shape[0] == frame.shape[1] and list(map(str, frame.index)) == list(
        map(str, frame.columns)
    )


def _without_labels(labels: Any, what: str) -> None:
    if labels is not None:
        raise DataError(f"y: a {what} takes no labels; leave it out")
