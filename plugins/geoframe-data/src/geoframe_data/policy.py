"""What a method does about graphs that are not as it needs them: refuse, or repair and say so.

Every violation is a ``DataError`` of one line that names the file, the edge and the remedy; every
repair is a sentence in ``Graph.repairs``. A method calls those functions that it needs, in the
order of this file.
"""

from __future__ import annotations

from collections import Counter
from typing import Literal

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from geoframe.data import shown
from geoframe.errors import DataError
from geoframe_data.graph import Features, Floats, Graph, Ints
from geoframe_data.graph_options import Duplicates, MissingWeight

SelfLoops = Literal["drop", "refuse"]
Disconnected = Literal["refuse", "largest"]

MIN_COSINE = 0.01
"""Smallest weight that cosine similarity may give, as in the code of the NST paper."""


def check_names(graph: Graph, *, at_least: int = 1) -> None:
    """Refuse too few nodes, and names that are empty or not unique.

    Raises
    ------
    DataError
        Naming the first of them.
    """
    if len(graph) < at_least:
        raise DataError(f"{graph.origin}: {len(graph)} nodes; needed are {at_least} or more")
    if "" in graph.names:
        raise DataError(f"{graph.origin}: node {graph.names.index('') + 1} has an empty name")
    if len({*graph.names}) < len(graph):
        name, count = Counter(graph.names).most_common(1)[0]
        raise DataError(
            f"{graph.origin}: {count} nodes are named '{shown(name)}'; make names unique"
        )


def all_named(graph: Graph) -> Graph:
    """Give nodes without a name one: ``#`` and their number."""
    if "" not in graph.names:
        return graph
    taken = set(graph.names)
    names = []
    for node, name in enumerate(graph.names):
        made = name or f"#{node}"
        while not name and made in taken:
            made = f"#{made}"
        names.append(made)
    return attrs.evolve(graph, names=names)


def without_self_loops(graph: Graph, self_loops: SelfLoops = "drop") -> Graph:
    """Drop or refuse edges from a node to itself.

    Raises
    ------
    DataError
        Naming the first of them, if they are refused.
    """
    loops = np.flatnonzero(graph.edges[:, 0] == graph.edges[:, 1])
    if not len(loops):
        return graph
    if self_loops == "refuse":
        raise DataError(
            f"{graph.where(loops[0])}: {graph.edge(loops[0])} is a self-loop; remove it or set "
            "data.self_loops to drop"
        )
    kept = np.delete(np.arange(len(graph.edges)), loops)
    return graph.take_edges(kept, f"dropped {count_edges(len(loops))} from a node to itself")


def with_weights(graph: Graph, missing_weight: MissingWeight = "auto") -> Graph:
    """Give a graph without weights some: 1 each, or by :func:`cosine_weights`.

    Raises
    ------
    DataError
        If there are no features to take the cosine of.
    """
    if graph.weights is not None:
        return graph
    if missing_weight != "cosine":
        note = "no weights given: every edge has weight 1"
        return attrs.evolve(graph.noted(note), weights=graph.lengths)
    if graph.features is None:
        raise DataError(
            f"{graph.origin}: data.missing_weight is cosine, but there are no features; name a "
            "node table with data.nodes"
        )
    note = f"no weights given: took max({MIN_COSINE}, cosine similarity of the features)"
    weights = cosine_weights(graph.features, graph.edges)
    return attrs.evolve(graph.noted(note), weights=weights)


def cosine_weights(features: Features, edges: Ints) -> Floats:
    """Weight edges by max(0.01, cosine similarity of the features of their ends) -> ``(E,)``.

    The weight of WebKB and DREAM5 edges in the NST paper. A node without any feature has
    similarity 0 to all.
    """
    norms = np.linalg.norm(features, axis=1, keepdims=True)
    unit = (features / np.where(norms > 0, norms, 1)).astype(np.float64)
    similarity = np.empty(len(edges))
    rows = max(1, 2**24 // max(1, features.shape[1]))  # two blocks of at most 128 MiB
    for start in range(0, len(edges), rows):
        block = edges[start : start + rows]
        similarity[start : start + rows] = np.einsum(
            "ef,ef->e", unit[block[:, 0]], unit[block[:, 1]]
        )
    return np.maximum(MIN_COSINE, similarity)


def check_weights(graph: Graph, smallest: float, largest: float, why: str) -> None:
    """Refuse weights that are missing, not positive, or outside of what a method can compute with.

    Parameters
    ----------
    smallest, largest
        Bounds of the weights.
    why
        What would happen beyond them, for the message.

    Raises
    ------
    DataError
        Naming the first edge of a bad weight.
    """
    weights = graph.lengths
    rule = "a weight is a length, finite and positive: correct it or remove the edge"
    _refuse_weights(graph, ~(np.isfinite(weights) & (weights > 0)), rule)
    rule = f"weights must lie between {smallest:g} and {largest:g}, {why}: choose another unit"
    _refuse_weights(graph, (weights < smallest) | (weights > largest), rule)


def _refuse_weights(graph: Graph, wrong: NDArray[np.bool_], rule: str) -> None:
    if len(bad := np.flatnonzero(wrong)):
        more = f" (and {len(bad) - 1} more)" if len(bad) > 1 else ""
        weight = graph.lengths[bad[0]]
        has = "no weight (or NaN)" if np.isnan(weight) else f"weight {weight:g}"
        raise DataError(f"{graph.where(bad[0])}: edge {graph.edge(bad[0])} has {has}{more}; {rule}")


def without_duplicates(
    graph: Graph, duplicates: Duplicates = "refuse", *, directed: bool = True
) -> Graph:
    """Merge edges that stand there several times; exact repetitions are merged in any case.

    Parameters
    ----------
    duplicates
        Weight of the merged edge; ``refuse`` refuses different weights.
    directed
        Whether ``a -> b`` and ``b -> a`` are two edges.

    Raises
    ------
    DataError
        Naming the first edge with two weights, if they are refused.
    """
    ends = graph.edges if directed else np.sort(graph.edges, axis=1)
    weights = graph.lengths
    first, merged = merge_edges(ends, weights, duplicates)
    repeated = len(ends) - len(first)
    if not repeated:
        return graph
    if duplicates == "refuse":
        _, low = merge_edges(ends, weights, "min")
        _, high = merge_edges(ends, weights, "max")
        if len(differing := np.flatnonzero(low < high)):
            index = int(first[differing[0]])
            same = (ends == ends[index]).all(axis=1)
            again = np.flatnonzero(same & (weights != weights[index]))[0]
            raise DataError(
                f"{graph.where(again)}: edge {graph.edge(index)} stands there twice, with weights "
                f"{weights[index]:g} and {weights[again]:g}; set data.duplicates to first, mean, "
                "min, max or sum"
            )
    how = "identical" if duplicates == "refuse" else f"'{duplicates}'"
    note = f"merged {count_edges(repeated)} that stood there before ({how})"
    kept = graph.take_edges(first, note)
    return kept if graph.weights is None else attrs.evolve(kept, weights=merged)


def merge_edges(edges: Ints, weights: Floats, how: Duplicates) -> tuple[Ints, Floats]:
    """Merge parallel edges.

    Returns
    -------
    first
        Index of the first edge of each pair of ends, increasing.
    merged
        One weight for each, by ``how``; ``refuse`` takes the first, like ``first``.
    """
    keys = edges[:, 0] * (edges.max(initial=0) + 1) + edges[:, 1]
    _, first, group = np.unique(keys, return_index=True, return_inverse=True)
    if how in ("first", "refuse"):
        merged = weights[first]
    elif how in ("min", "max"):
        merged = np.full(len(first), np.inf if how == "min" else -np.inf)
        (np.minimum if how == "min" else np.maximum).at(merged, group, weights)
    else:
        merged = np.bincount(group, weights=weights).astype(np.float64, copy=False)
        if how == "mean":
            merged = merged / np.bincount(group)
    order = np.argsort(first)
    return first[order], merged[order]


def connected(graph: Graph, disconnected: Disconnected = "refuse") -> Graph:
    """Refuse a graph in several parts, or take the largest of them; directions do not count.

    Raises
    ------
    DataError
        Naming two nodes that no path joins, if that is refused.
    """
    ones = np.ones(len(graph.edges))
    matrix = csr_array((ones, (graph.edges[:, 0], graph.edges[:, 1])), shape=(len(graph),) * 2)
    count, part = connected_components(matrix, directed=False)
    if count < 2:
        return graph
    if disconnected == "refuse":
        apart = int(np.flatnonzero(part != part[0])[0])
        raise DataError(
            f"{graph.origin}: the graph is in {count} parts (no path from {graph.node(0)} to "
            f"{graph.node(apart)}), so some distances are infinite; set data.disconnected = "
            "'largest'"
        )
    kept = np.flatnonzero(part == np.bincount(part).argmax())
    note = f"{len(graph) - len(kept)} items outside the largest part were left out"
    return graph.take_nodes(kept, note)


def count_edges(count: int) -> str:
    """Say how many edges."""
    return f"{count} edge{'s' if count != 1 else ''}"
