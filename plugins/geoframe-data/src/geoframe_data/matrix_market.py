"""Matrix Market files (``.mtx``), as scipy writes and collections of matrices give them.

What such a file means: a square matrix by coordinates is a graph, entry (i, j) an edge from i to j
and its length; one of all entries (``array``) is distances if it is square. To a method that takes
tables any matrix is one, a row an item.
"""

from __future__ import annotations

import io
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from geoframe.data import shown, unpacked_bound
from geoframe.errors import DataError
from geoframe_data.files import UserFile, too_large
from geoframe_data.graph import Graph
from geoframe_data.graphs.arrays import graph_of_arrays
from geoframe_data.graphs.fields import Fields

LEAST_BYTES = {"coordinate": 4, "array": 2}
"""Bytes that an entry takes at least: ``1 1`` or ``1``, and the end of its line."""
SYMMETRIES = ("general", "symmetric")


def is_dense(file: UserFile) -> bool:
    """Whether the header announces all entries, and not those that differ from 0 alone."""
    words = file.content[:200].split(b"\n", 1)[0].lower().split()
    return words[2:3] == [b"array"]


def read_matrix(file: UserFile) -> NDArray[Any]:
    """Read all entries ``(n, m)``; those that a sparse matrix leaves out are 0.

    Raises
    ------
    DataError
        If it is damaged, complex or skew, or larger than a file of its size may unpack to.
    """
    found, _ = _read(file)
    if not hasattr(found, "toarray"):
        return np.asarray(found)
    bound = unpacked_bound(len(file.content))
    if found.shape[0] * found.shape[1] * found.data.itemsize > bound:
        raise too_large(file.path, bound)
    return np.asarray(found.toarray())


def read_matrix_graph(file: UserFile, fields: Fields) -> Graph:
    """Read a square matrix as edges; nodes are numbered from 1, as the format numbers them.

    Raises
    ------
    DataError
        If it is not square, damaged, complex or skew.
    """
    found, symmetric = _read(file)
    rows, columns = found.shape
    if rows != columns:
        raise DataError(
            f"{file.path}: the matrix is {rows} x {columns}, which is a table; a graph's is square"
        )
    if hasattr(found, "tocoo"):
        ends, values = np.stack([found.row, found.col]).astype(np.int64), found.data
    else:
        ends = np.stack(np.nonzero(found))
        values = found[tuple(ends)]
    if symmetric:  # scipy has written the other half down, in an order of its own
        once = np.flatnonzero(ends[0] <= ends[1])
        once = once[np.lexsort((ends[1, once], ends[0, once]))]
        ends, values = ends[:, once], values[once]
    arrays = {"edge_index": ends, "num_nodes": np.array(rows)}
    arrays |= {} if (values == 1).all() else {fields.weight: values}
    graph = graph_of_arrays(arrays, fields, origin=str(file.path))
    names = tuple(str(number) for number in range(1, rows + 1))
    return attrs.evolve(graph, names=names, directed=not symmetric)


def _read(file: UserFile) -> tuple[Any, bool]:
    """The matrix as scipy gives it, of real numbers, and whether it is declared symmetric."""
    from scipy.io import mminfo, mmread

    try:
        rows, columns, entries, layout, field, symmetry = mminfo(io.BytesIO(file.content))
        if layout == "array":  # one half of them, if it is symmetric
            entries = rows * columns // 2
        if entries * LEAST_BYTES[layout] > len(file.content) + 1:
            raise DataError(f"announces {entries} entries, which {file.path.name} cannot hold")
        if field == "complex" or symmetry not in SYMMETRIES:
            raise DataError(f"is {field} and {symmetry}; only real matrices are read")
        return mmread(io.BytesIO(file.content)), symmetry == "symmetric"
    except (DataError, ValueError, OverflowError, KeyError) as error:
        raise DataError(f"{file.path}: not a readable Matrix Market file: {shown(error)}") from None
