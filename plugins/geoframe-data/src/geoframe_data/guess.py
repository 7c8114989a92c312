"""What a user's file or folder is: for ``geoframe try``. Torch-free."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from geoframe.data import listed, shown
from geoframe.errors import DataError
from geoframe.suggestion import Guess
from geoframe_data.arrays import load_arrays
from geoframe_data.distances import Distances
from geoframe_data.files import open_file, read_head
from geoframe_data.formats import content_kind
from geoframe_data.graph import Graph
from geoframe_data.graphs.layouts import are_paths, text_layout
from geoframe_data.graphs.read import read_graph
from geoframe_data.guess_folders import counted, guess_folder, guess_scenes
from geoframe_data.guess_tables import guess_table
from geoframe_data.matrices import read_distances
from geoframe_data.matrix_market import is_dense
from geoframe_data.mistaken import refuse_adjacency, refuse_geojson, refuse_other_formats
from geoframe_data.roles import (
    ENDS,
    MOST_EDGE_COLUMNS,
    TARGETS,
    edge_columns,
    ends_of,
    named_ends,
)
from geoframe_data.sentences import guess_sentences
from geoframe_data.shapes import acyclic_depth, is_tree, root_in_words
from geoframe_data.table import Table, read_table

TREES = ("nexus", "newick", "xml")
LAYOUTS = (".adjlist", ".sif", ".md", ".paths", ".outline")
"""Suffixes of texts that are graphs by their lines."""
NETWORKS = ("graphml", "gml", "konect")
JSON_GRAPH = re.compile(rb'\{\s*"(?:nodes|links|edges|elements|children)"\s*:')
"""How JSON of nodes and edges begins, rather than of rows."""
LEAST_PAIRED = 4
"""Nodes from which a length for each pair is no accident."""
MATRIX_CELLS = 4_000_000
"""Cells up to which a table is tried as a matrix of distances."""


def guess(path: Path) -> Guess | None:
    """Say what a file or folder seems to hold, or None.

    Raises
    ------
    DataError
        If it cannot be read at all.
    """
    if path.is_dir():
        return guess_folder(path)
    kind = content_kind(read_head(path))
    suffix = path.suffix.lower()
    if kind in TREES or kind in NETWORKS or suffix in (".obo", ".nwk", ".newick", ".tre", ".tree"):
        return _graph(path, read_graph(path))
    if kind == "image":
        return guess_scenes(path)
    if kind in ("npz", "npy"):
        return _arrays(path)
    if kind == "mtx":
        return _matrix_market(path)
    if kind == "json":
        refuse_geojson(path)
        try:
            return _graph(path, read_graph(path))
        except DataError:
            if JSON_GRAPH.search(read_head(path).content):
                raise  # it says what to mend
    if (sentences := guess_sentences(path)) is not None:
        return sentences
    if suffix in LAYOUTS or (suffix == ".txt" and kind is None and _has_layout(path)):
        return _graph(path, read_graph(path))
    return _cells(path)


def _has_layout(path: Path) -> bool:
    """Whether a text is an outline, paths or lists of neighbours, all of them graphs."""
    begin = read_head(path).content.decode("utf-8-sig", "ignore")
    layout = text_layout(begin)
    return are_paths(begin) if layout == "paths" else layout != "csv"


def _arrays(path: Path) -> Guess | None:
    arrays = load_arrays(open_file(path), one="data")
    if {"edge_index", "edges", "parent"} & {*arrays}:
        return _graph(path, read_graph(path))
    if any("depth" in name for name in arrays):
        with suppress(DataError):
            return guess_scenes(path)
    with suppress(DataError):
        if any(_square(array) for array in arrays.values()):
            return _distances(path, read_distances(path))
    rows = {name: array for name, array in arrays.items() if array.ndim}
    if not rows:
        return None
    name, array = max(rows.items(), key=lambda item: item[1].size)
    return Guess(
        path=path,
        kind="items",
        value=array,
        said=(f"{counted(len(array), 'item')} of shape {array.shape[1:]} in the array '{name}'.",),
        facts={"items": len(array), "images": array.ndim in (3, 4), "classes": 0},
    )


def _matrix_market(path: Path) -> Guess:
    """Distances, edges or rows, whichever the matrix can be."""
    if is_dense(read_head(path)):
        found = _matrix(path)
        return found or guess_table(path, read_table(path), {})
    with suppress(DataError):
        return _graph(path, read_graph(path))
    return guess_table(path, read_table(path), {})


def _square(array: Any) -> bool:
    if array.ndim != 2 or array.shape[0] != array.shape[1] or array.dtype.kind not in "iuf":
        return False
    return bool(np.allclose(np.diag(array), 0))


def _cells(path: Path) -> Guess | None:
    """Text with columns, or a table of another format."""
    table: Table | None = None
    options: dict[str, Any] = {}
    known = [*TARGETS, *(name for ends in ENDS for name in ends)]
    with suppress(DataError):
        table = read_table(path, known=known)
    if table is None:  # the first line may be names or data; people mostly have names of letters
        header = any(map(str.isalpha, _first_line(path)))
        with suppress(DataError):
            table, options = read_table(path, header=header), {"data.header": header}
    if table is None or not len(table.columns):
        with suppress(DataError):
            return _graph(path, read_graph(path))
        if (found := _matrix(path)) is not None:
            return found
        refuse_other_formats(path)
        read_table(path)  # says what is wrong
        return None
    n, columns = len(table), len(table.columns)
    square = n * columns <= MATRIX_CELLS and columns > 2 and abs(n - columns) <= 1
    if square and (found := _matrix(path)) is not None:
        return found
    if (ends := ends_of(table)) is not None:
        try:
            return _edge_list(path, table, ends, options)
        except DataError:
            if ends == named_ends(table) and len(table.columns) <= MOST_EDGE_COLUMNS:
                raise  # it says what to mend
    return guess_table(path, table, options)


def _first_line(path: Path) -> str:
    """The first line that is no comment."""
    lines = read_head(path).content.decode("utf-8", "replace").splitlines()
    return next((line for line in lines if line.strip() and line.lstrip()[0] != "#"), "")


def _edge_list(
    path: Path, table: Table, ends: tuple[str, str], options: Mapping[str, Any]
) -> Guess:
    by_place = not table.schema.named and list(ends) == table.columns[:2]
    names = {} if by_place else edge_columns(table, ends)
    chosen = {**options, **{f"data.{key}": name for key, name in names.items()}}
    given = {key.removeprefix("data."): value for key, value in chosen.items()}
    found = _graph(path, read_graph(path, **given))
    said = f"Edges lead from '{shown(ends[0])}' to '{shown(ends[1])}'"
    if not table.schema.named:
        said = "Edges lead from the first column to the second"
    said += "." if ends == named_ends(table) else ": both columns tell of the same things."
    return attrs.evolve(found, said=(*found.said, said), options=chosen)


def _matrix(path: Path) -> Guess | None:
    try:
        distances = read_distances(path)
    except DataError:
        return None
    return _distances(path, distances)


def _distances(path: Path, distances: Distances) -> Guess:
    n = len(distances)
    refuse_adjacency(path, distances.values)
    more = ", ..." if n > 4 else ""
    said = [f"Distances between {n:,} items ({listed(list(distances.names[:4]))}{more})."]
    values = distances.values
    symmetric = bool(np.allclose(values, values.T, equal_nan=True))
    if not symmetric:
        said.append("They are not symmetric: there and back differ.")
    if np.isnan(values).any():
        said.append(f"{int(np.isnan(values).sum()):,} of them are missing.")
    return Guess(
        path=path,
        kind="distances",
        value=distances,
        said=(*said, *distances.repairs[:2]),
        facts={"items": n, "symmetric": symmetric},
    )


def _graph(path: Path, graph: Graph) -> Guess:
    tree = is_tree(graph)
    depth = None if graph.directed is False else acyclic_depth(graph)
    n, e = len(graph.names), len(graph.edges)
    complete = _is_complete(graph)
    lengths = "with lengths" if graph.weights is not None else "without lengths"
    said = [f"{counted(n, 'node')} and {counted(e, 'edge')} {lengths}."]
    facts: Mapping[str, Any] = {
        "items": n,
        "edges": e,
        "roots": n - len(np.unique(graph.edges[:, 1])),
        "tree": tree,
        "acyclic": depth is not None,
        "depth": depth,
        "directed": graph.directed is not False and not complete,
        "labels": graph.attributes is not None and len(graph.attributes.columns) > 0,
    }
    if tree:
        said.append(f"It is a tree: every node has one parent ({root_in_words(graph)}).")
    elif complete:
        said.append("Every pair has a length: these are distances, and say nothing of an order.")
    elif depth is not None:
        said.append(f"It has no cycles; the longest chain has {depth:,} edges.")
    elif graph.directed is not False:
        said.append("Its edges run in circles somewhere, so no order can honour all of them.")
    return Guess(
        path=path,
        kind="tree" if tree else "graph",
        value=graph,
        said=(*said, *graph.repairs[:2]),
        facts=facts,
    )


def _is_complete(graph: Graph) -> bool:
    """Whether there is a length for every pair of nodes, once, as in a list of distances."""
    n = len(graph.names)
    if graph.weights is None or n < LEAST_PAIRED or len(graph.edges) != n * (n - 1) // 2:
        return False
    pairs = np.unique(np.sort(graph.edges, axis=1), axis=0)
    return len(pairs) == len(graph.edges) and bool((pairs[:, 0] < pairs[:, 1]).all())
