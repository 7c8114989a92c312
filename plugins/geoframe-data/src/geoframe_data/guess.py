"""What a user's file or folder is: for ``geoframe try``. Torch-free."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from geoframe.data import listed, shown
from geoframe.errors import DataError
from geoframe.suggestion import Guess
from geoframe_data.arrays import load_arrays
from geoframe_data.files import open_file, read_head
from geoframe_data.formats import content_kind
from geoframe_data.graph import Graph
from geoframe_data.graphs.read import read_graph
from geoframe_data.images import read_images
from geoframe_data.matrices import read_distances
from geoframe_data.roles import (
    ENDS,
    TARGETS,
    classes_of,
    edge_columns,
    ends_of,
    has_texts,
    named_ends,
    target_of,
    vectors_of,
)
from geoframe_data.scene_files.reading import read_scenes
from geoframe_data.sentences import guess_sentences
from geoframe_data.shapes import acyclic_depth, is_tree, root_in_words
from geoframe_data.table import Table, read_table

TREES = ("nexus", "newick", "xml")
NETWORKS = ("graphml", "gml")
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
        return _folder(path)
    kind = content_kind(read_head(path))
    suffix = path.suffix.lower()
    if kind in TREES or kind in NETWORKS or suffix in (".obo", ".nwk", ".newick", ".tre", ".tree"):
        return _graph(path, read_graph(path))
    if kind == "image":
        return _scenes(path)
    if kind in ("npz", "npy"):
        return _arrays(path)
    if kind == "json":
        with suppress(DataError):
            return _graph(path, read_graph(path))
    return guess_sentences(path) or _cells(path)


def _folder(path: Path) -> Guess | None:
    attempts: tuple[Callable[[Path], Guess | None], ...] = (_scenes, _image_folder, _text_folder)
    for attempt in attempts:
        with suppress(DataError, OSError):
            found = attempt(path)
            if found is not None:
                return found
    return None


def _scenes(path: Path) -> Guess | None:
    scenes = read_scenes(path)
    height, width = scenes.size
    return Guess(
        path=path,
        kind="scenes",
        value=scenes,
        said=(f"{_counted(len(scenes), 'image')} with depth, {width} x {height} pixels.",),
        facts={"items": len(scenes)},
    )


def _image_folder(path: Path) -> Guess | None:
    folders = sorted(
        each.name for each in path.iterdir() if each.is_dir() and not each.name.startswith(".")
    )
    items = read_images(path, folders_as_labels=bool(folders), limit=2000)
    shape = " x ".join(str(size) for size in items.data.shape[1:])
    said = [f"{_counted(len(items), 'image')} of {shape}."]
    options: dict[str, Any] = {}
    if len(folders) > 1:
        said.append(f"Each folder is a class: {listed(folders)}.")
    return Guess(
        path=path,
        kind="items",
        value=items,
        said=(*said, *items.notes[:2]),
        facts={"items": len(items), "images": True, "classes": len(folders)},
        options=options,
    )


def _text_folder(path: Path) -> Guess | None:
    texts = [each for each in path.rglob("*.txt") if not each.name.startswith(".")]
    if not texts:
        return None
    folders = sorted({each.parent.name for each in texts})
    return Guess(
        path=path,
        kind="texts",
        value=texts,
        said=(f"{_counted(len(texts), 'text')} in folders {listed(folders)}.",),
        facts={"items": len(texts), "classes": len(folders)},
    )


def _arrays(path: Path) -> Guess | None:
    arrays = load_arrays(open_file(path), one="data")
    if {"edge_index", "edges", "parent"} & {*arrays}:
        return _graph(path, read_graph(path))
    if any("depth" in name for name in arrays):
        with suppress(DataError):
            return _scenes(path)
    with suppress(DataError):
        if any(_square(array) for array in arrays.values()):
            return _distances(path)
    name, array = max(arrays.items(), key=lambda item: item[1].size)
    return Guess(
        path=path,
        kind="items",
        value=array,
        said=(f"{_counted(len(array), 'item')} of shape {array.shape[1:]} in the array '{name}'.",),
        facts={"items": len(array), "images": array.ndim in (3, 4), "classes": 0},
    )


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
        with suppress(DataError):
            return _distances(path)
        read_table(path)  # says what is wrong
        return None
    n, columns = len(table), len(table.columns)
    if n * columns <= MATRIX_CELLS and columns > 2 and abs(n - columns) <= 1:
        with suppress(DataError):
            return _distances(path)
    if (ends := ends_of(table)) is not None:
        with suppress(DataError):
            return _edge_list(path, table, ends, options)
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
            f"{path}: a table of {_counted(len(table), 'row')} (columns: {listed(table.columns)}); "
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
    target = target_of(table, but=column)
    said = [f"{len(table):,} texts in the column '{shown(column)}'."]
    if target is not None:
        said.append(f"'{shown(target)}' is taken for their label.")
    return Guess(
        path=path,
        kind="texts",
        value=table,
        said=tuple(said),
        facts={"items": len(table), "text": column, "target": target},
        options=options,
    )


def _distances(path: Path) -> Guess:
    distances = read_distances(path)
    n = len(distances)
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
    said = [f"{n:,} nodes and {e:,} edges {lengths}."]
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


def _counted(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"
