"""Nodes of a file, new ones and those of the run, placed in a finished run."""

from __future__ import annotations

import math
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoframe.data import load_npz, shown
from geoframe.errors import DataError, did_you_mean
from geoframe.run.tables import frame_of
from geoframe_data import Graph, read_graph
from geoframe_data.arrays import as_floats
from geoframe_data.tree import Tree
from geoframe_embedding.trained import point_frame
from geoframe_hnn.export import columns
from geoframe_hnn.hyperbolic.embedded_tree import HyperbolicTree

if TYPE_CHECKING:
    from geoframe_hnn.trained import TrainedTree

SAME_LENGTH = 1e-6
"""Relative difference up to which two lengths of an edge are one: files round."""


def apply_file(trained: TrainedTree, path: Path) -> pd.DataFrame:
    """Embed the nodes of a file, keyed by name.

    A parent list (or any other tree) attaches leaves to known nodes or to each other; the result
    has a row for each node that the file hangs from another, as :func:`columns` describes. Nodes
    of the run stay where they are; their edges must be those of the run. Where the run knows nodes
    of several parents a new one may have several too: it hangs from the one with the longest chain
    above it. An npz with
    ``features`` (m, f) goes through the run's network.

    Raises
    ------
    DataError
        If the file is neither, or does not fit the run.
    """
    if path.suffix == ".npz":
        arrays = load_npz(path)
        if "features" not in arrays:
            raise DataError(f"{path}: no array 'features'; it has {', '.join(arrays)}")
        features = as_floats(arrays["features"], "features", path)
        if features.ndim != 2:
            raise DataError(f"{path}: features have shape {features.shape}, not (m, f)")
        placed = trained.embed_features(features)
        names = arrays.get("name", arrays.get("names", np.arange(len(placed))))
        if names.shape != placed.shape[:1]:
            raise DataError(f"{path}: names have shape {names.shape} for {len(placed)} rows")
        return point_frame([str(name) for name in names], placed)
    grown, nodes = _attached(trained, path)
    found = columns(grown, nodes)
    points = _points(trained, grown)
    return frame_of(found if points is None else {**found, "point": points[nodes]}).set_index(
        "name"
    )


def _points(trained: TrainedTree, grown: HyperbolicTree) -> NDArray[np.floating] | None:
    """Points ``(n, point_dim)`` by the network; None if it gives none to the new nodes."""
    if trained.network is None:
        return None
    known = trained.network.points.numpy()
    if len(grown) == len(known):
        return known
    new = trained.embed_attached(grown)
    return None if new is None else np.concatenate([known, new])


def _attached(trained: TrainedTree, path: Path) -> tuple[HyperbolicTree, NDArray[np.int64]]:
    """Return the tree with the file's new nodes, and the nodes that the file hangs somewhere."""
    graph = read_graph(path, roots=True)
    order = _parents_first(path, graph)
    known = _known(graph, order, trained.tree)
    below = set(graph.edges[:, 1].tolist())
    for node, name in enumerate(graph.names):
        if known[node] < 0 and not name:
            raise DataError(
                f"{path}: {graph.node(node)} is above no node of the run; give it a name"
            )
        if known[node] < 0 and node not in below:
            raise DataError(
                f"{path}: '{shown(name)}' is neither a node of the run nor given a parent"
                f"{did_you_mean(name, trained.tree.names)}"
            )
    new = [row for row in order if known[graph.edges[row, 1]] < 0]
    if len(trained.tree.further):
        new = _longest_chains(graph, new, known, trained.tree)
    else:
        _check_one_parent(graph, new)
    for row in reversed(order):  # from the leaves up: what has a name is told of first
        if known[graph.edges[row, 1]] >= 0:
            _check_known(graph, row, known, trained.tree)
    names = [graph.names[node] if at < 0 else trained.tree.names[at] for node, at in known.items()]
    try:
        grown = trained.attach(
            [names[child] for child in graph.edges[new, 1]],
            [names[parent] for parent in graph.edges[new, 0]],
            graph.lengths[new].tolist(),
        )
    except DataError as error:
        raise DataError(f"{path}: {error}") from None
    hung = dict.fromkeys(names[child] for child in graph.edges[order, 1])
    return grown, grown.tree.find_all(hung)


def _known(graph: Graph, order: list[int], tree: Tree) -> dict[int, int]:
    """Node of the run that each node of a file is, -1 for a new one.

    A node without a name, as inner nodes of phylogenies are, is the parent of its children.
    """
    known = {
        node: tree.find(name) if name and name in tree else -1
        for node, name in enumerate(graph.names)
    }
    for row in reversed(order):
        parent, child = graph.edges[row].tolist()
        if not graph.names[parent] and known[parent] < 0 <= known[child]:
            merged = graph.lengths[row] == 0.0
            known[parent] = known[child] if merged else int(tree.parent[known[child]])
    return known


def _check_known(graph: Graph, row: int, known: dict[int, int], tree: Tree) -> None:
    """Check that an edge to a node of the run is an edge of the run, in either direction."""
    upper, lower = (known[node] for node in graph.edges[row].tolist())
    length = float(graph.lengths[row])
    if upper == lower and length == 0.0:
        return
    name = graph.node(graph.edges[row, 1])
    if upper >= 0 and tree.parent[upper] == lower:
        upper, lower = lower, upper
    further = tree.further
    besides = np.flatnonzero((further.parent == upper) & (further.child == lower))
    if upper < 0 or (tree.parent[lower] != upper and not len(besides)):
        raise DataError(
            f"{graph.where(row)}: cannot attach {name}: it is there already, with other "
            "neighbours; new nodes need new names"
        )
    there = float(further.length[besides[0]] if len(besides) else tree.length[lower])
    if graph.weights is not None and not math.isclose(length, there, rel_tol=SAME_LENGTH):
        raise DataError(
            f"{graph.where(row)}: the edge to {name} has the length {length:g}, but {there:g} in "
            "the run; leave out the nodes that the run has, or give their lengths as it has them"
        )


def _check_one_parent(graph: Graph, rows: list[int]) -> None:
    """Check that the edges to new nodes, parents first, lead to each of them once."""
    first: dict[int, int] = {}
    for row in rows:
        parent, child = graph.edges[row].tolist()
        if first.setdefault(child, parent) != parent:
            raise DataError(
                f"{graph.where(row)}: {graph.node(child)} has two parents, "
                f"{graph.node(first[child])} and {graph.node(parent)}, and every node of the run "
                "has one; leave one edge out"
            )


def _longest_chains(graph: Graph, rows: list[int], known: dict[int, int], tree: Tree) -> list[int]:
    """Of the edges to each new node, parents first, the one below the longest chain."""
    chain = {node: int(tree.depth[at]) for node, at in known.items() if at >= 0}
    chosen: dict[int, int] = {}
    for row in rows:
        parent, child = graph.edges[row].tolist()
        if child not in chosen or chain[parent] + 1 > chain[child]:
            chosen[child], chain[child] = row, chain[parent] + 1
    return [*chosen.values()]


def _parents_first(path: Path, graph: Graph) -> list[int]:
    """Order of the edges in which no node hangs from one that is attached later."""
    sorter: TopologicalSorter[int] = TopologicalSorter()
    rows: dict[int, list[int]] = {}
    for row, (parent, child) in enumerate(graph.edges.tolist()):
        sorter.add(child, parent)
        rows.setdefault(child, []).append(row)
    try:
        nodes = list(sorter.static_order())
    except CycleError as error:
        way = " -> ".join(graph.node(node) for node in error.args[1])
        raise DataError(f"{path}: not a tree: it has a cycle {way}") from None
    return [row for node in nodes for row in rows.get(node, ())]
