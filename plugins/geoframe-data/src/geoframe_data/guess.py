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
from geoframe_data.graphs.read import read_graph
from geoframe_data.guess_folders import counted, guess_folder, guess_scenes
from geoframe_data.matrices import read_distances
from geoframe_data.matrix_market import is_dense
from geoframe_data.mistaken import refuse_adjacency, refuse_other_formats
from geoframe_data.roles import (
    ENDS,
    MOST_EDGE_COLUMNS,
    TARGETS,
    answered_by,
    classes_of,
    edge_columns,
    ends_of,
    has_texts,
    named_ends,
    target_of,
    vectors_of,
)
from geoframe_data.sentences import guess_sentences
from geoframe_data.shapes import acyclic_depth, is_tree, root_in_words
from geoframe_data.table import Table, read_table

TREES = ("nexus", "newick", "xml")
NETWORKS = ("graphml", "gml", "konect")
JSON_GRAPH = re.compile(rb'\{\s*"(?:nodes|links|edges|elements|children)"\s*:')
"""How JSON of nodes and edges begins, rather than of rows."""
LEAST_ROWS = 8
"""Rows of a table from which there is something to learn and something to hold out."""
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
        try:
            return _graph(path, read_graph(path))
        except DataError:
            if JSON_GRAPH.search(read_head(path).content):
                raise  # it says what to mend
    return guess_sentences(path) or _cells(path)


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
    name, array = max(arrays.items(), key=lambda item: item[1].size)
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
        return found or _table(path, read_table(path), {})
    with suppress(DataError):
        return _graph(path, read_graph(path))
    return _table(path, read_table(path), {})


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
    if table is None:  # the first line may be names or data; people mostly have names
        with suppress(DataError):
            table, options = read_table(path, header=True), {"data.header": True}
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
    return _table(path, table, options)


def _edge_list(
    path: Path, table: Table, ends: tuple[str, str], options: Mapping[str, Any]
) -> Guess:
    names = edge_columns(table, ends)
    chosen = {**options, **{f"data.{key}": name for key, name in names.items()}}
    given = {key.removeprefix("data."): value for key, value in chosen.items()}
    found = _graph(path, read_graph(path, **given))
    said = f"Edges lead from '{shown(ends[0])}' to '{shown(ends[1])}'"
    said += "." if ends == named_ends(table) else ": both columns tell of the same things."
    return attrs.evolve(found, said=(*found.said, said), options=chosen)


def _table(path: Path, table: Table, options: Mapping[str, Any]) -> Guess:
    if (column := has_texts(table)) is not None:
        return _texts(path, table, column, options)
    if len(table) < LEAST_ROWS:
        raise DataError(
            f"{path}: a table of {counted(len(table), 'row')} (columns: {listed(table.columns)}); "
            f"a method needs {LEAST_ROWS} at least, one an item"
        )
    target = target_of(table)
    vectors = vectors_of(table)
    kinds = [each.kind for each in table.schema.columns]
    said = [
        f"A table of {len(table):,} rows and {len(kinds)} columns: "
        f"{kinds.count('number') + kinds.count('integer')} of numbers, "
        f"{len(kinds) - kinds.count('number') - kinds.count('integer')} others."
    ]
    classes = 0
    if target is not None:
        classes = classes_of(table, target)
        what = f"{classes} classes" if classes else "numbers"
        said.append(f"'{shown(target)}' is taken for what is to be predicted ({what}).")
    if vectors:
        said.append(f"Columns that are vectors: {listed([' '.join(each) for each in vectors])}.")
    return Guess(
        path=path,
        kind="table",
        value=table,
        said=(*said, *table.notes[:2]),
        facts={
            "items": len(table),
            "target": target,
            "classes": classes,
            "vectors": vectors,
            "columns": table.columns,
        },
        options=options,
    )


def _texts(path: Path, table: Table, column: str, options: Mapping[str, Any]) -> Guess:
    answers = answered_by(table)
    target = None if answers else target_of(table, but=column)
    said = [f"{len(table):,} texts in the column '{shown(column)}'."]
    if answers:
        said = [f"{len(table):,} prompts ('{shown(answers[0])}'), each with its '{answers[1]}'."]
    if target is not None:
        said.append(f"'{shown(target)}' is taken for their label.")
    return Guess(
        path=path,
        kind="texts",
        value=table,
        said=tuple(said),
        facts={
            "items": len(table),
            "text": None if answers else column,
            "target": target,
            "answers": answers is not None,
        },
        options=options,
    )


def _matrix(path: Path) -> Guess | None:
    try:
        distances = read_distances(path)
    except DataError:
        return None
    return _distances(path, distances)


def _distances(path: Path, distances: Distances) -> Guess:
    n = len(distances)
    refuse_adjacency(path, distances.values)
    said = [f"Distances between {n:,} items ({listed(list(distances.names[:4]))}, ...)."]
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
    lengths = "with lengths" if graph.weights is not None else "without lengths"
    said = [f"{counted(n, 'node')} and {counted(e, 'edge')} {lengths}."]
    facts: Mapping[str, Any] = {
        "items": n,
        "edges": e,
        "tree": tree,
        "acyclic": depth is not None,
        "depth": depth,
        "directed": graph.directed is not False,
        "labels": graph.attributes is not None and len(graph.attributes.columns) > 0,
    }
    if tree:
        said.append(f"It is a tree: every node has one parent ({root_in_words(graph)}).")
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
