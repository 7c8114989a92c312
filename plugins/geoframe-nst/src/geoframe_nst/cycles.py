"""Cycles, which no order of the nodes can honour: found, condensed, broken or kept."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order

from geoframe.data import shown
from geoframe.errors import DataError
from geoframe_nst.data_config import Cycles, Duplicates
from geoframe_nst.feedback import feedback_arc_set
from geoframe_nst.graph import Edges, Floats
from geoframe_nst.readers.raw import RawGraph
from geoframe_nst.strong_components import strong_components

MAX_NAMES = 8
"""Most nodes or edges that a message lists."""


def without_cycles(raw: RawGraph, policy: Cycles, parallel: Duplicates) -> RawGraph:
    """Apply the policy for cycles to a graph with weights and without self-loops.

    Parameters
    ----------
    policy
        ``refuse`` raises; ``condense`` merges each strongly connected component into one node
        (names joined by ``+``, mean features and mean time); ``break`` removes a minimum
        feedback arc set; ``keep`` only records.
    parallel
        How ``condense`` makes one weight of the edges that become parallel (see
        :func:`merge_edges`); ``refuse``, which is about the user's own rows, means ``mean`` here.

    Raises
    ------
    DataError
        On a cycle under ``refuse``, naming its nodes.
    """
    components = strong_components(raw.edges, len(raw.names))
    sizes = np.bincount(components)
    if sizes.max(initial=0) < 2:
        return raw
    cyclic = f"{sizes[sizes > 1].sum()} of {len(raw.names)} nodes lie on cycles"
    if policy == "condense":
        return _condensed(raw, components, "mean" if parallel == "refuse" else parallel)
    if policy == "break":
        return _broken(raw)
    if policy == "keep":
        note = f"kept the cycles ({cyclic}), so no order can honour every edge"
        return attrs.evolve(raw, repairs=(*raw.repairs, note))
    cycle = find_cycle(raw.edges, components)
    names = [f"'{shown(raw.names[node])}'" for node in (*cycle, cycle[0])]
    if len(names) > MAX_NAMES + 1:
        names[MAX_NAMES - 1 : -1] = [f"... ({len(cycle)} nodes)"]
    closing = np.flatnonzero((raw.edges == (cycle[-1], cycle[0])).all(axis=1))[0]
    raise DataError(
        f"{raw.where(int(closing))}: the graph has a cycle: {' -> '.join(names)} ({cyclic}); set "
        "data.cycles to condense, break or keep"
    )


def find_cycle(edges: Edges, components: NDArray[np.int64]) -> list[int]:
    """Return the nodes of one cycle: the shortest through one node of the smallest component."""
    sizes = np.bincount(components)
    smallest = np.where(sizes > 1, sizes, sizes.max() + 1).argmin()
    nodes = np.flatnonzero(components == smallest)
    inside = edges[(components[edges] == smallest).all(axis=1)]
    inside = np.searchsorted(nodes, inside)
    ones = np.ones(len(inside), dtype=np.int8)
    matrix = csr_array((ones, (inside[:, 0], inside[:, 1])), shape=(len(nodes), len(nodes)))
    order, before = breadth_first_order(matrix, 0)
    closing = {*inside[inside[:, 1] == 0, 0].tolist()}
    node = next(node for node in order.tolist() if node in closing)
    path = [node]
    while path[-1] != 0:
        path.append(int(before[path[-1]]))
    return [int(nodes[node]) for node in reversed(path)]


def merge_edges(edges: Edges, weights: Floats, how: Duplicates) -> tuple[NDArray[np.int64], Floats]:
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


def _condensed(raw: RawGraph, components: NDArray[np.int64], parallel: Duplicates) -> RawGraph:
    assert raw.weights is not None
    sizes = np.bincount(components)
    members: list[list[str]] = [[] for _ in sizes]
    for name, component in zip(raw.names, components.tolist(), strict=True):
        members[component].append(name)
    edges = components[raw.edges]
    outside = np.flatnonzero(edges[:, 0] != edges[:, 1])
    if not len(outside):
        raise DataError(
            f"{raw.origin}: condensing leaves no edges: every edge lies on a cycle; set "
            "data.cycles to break or keep"
        )
    first, weights = merge_edges(edges[outside], raw.weights[outside], parallel)
    kept = outside[first]
    features = times = None
    if raw.features is not None:
        features = np.zeros((len(sizes), raw.features.shape[1]), dtype=np.float32)
        np.add.at(features, components, raw.features)
        features /= sizes[:, None].astype(np.float32)
    if raw.times is not None:
        known = ~np.isnan(raw.times)
        counts = np.bincount(components[known], minlength=len(sizes))
        sums = np.bincount(components[known], weights=raw.times[known], minlength=len(sizes))
        times = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    note = (
        f"condensed {(sizes > 1).sum()} groups of nodes on cycles ({sizes[sizes > 1].sum()} of "
        f"{len(raw.names)} nodes, largest group {sizes.max()}) to one node each; "
        f"{len(raw.edges) - len(kept)} edges fell away"
    )
    return attrs.evolve(
        raw,
        names=tuple("+".join(sorted(group)) for group in members),
        edges=edges[kept],
        weights=weights,
        features=features,
        times=times,
        lines=None if raw.lines is None else raw.lines[kept],
        repairs=(*raw.repairs, note),
    )


def _broken(raw: RawGraph) -> RawGraph:
    assert raw.weights is not None
    result = feedback_arc_set(len(raw.names), raw.edges)
    kept = np.delete(np.arange(len(raw.edges)), result.removed)
    proof = "proven to be the fewest possible" if result.optimal else "not proven to be the fewest"
    examples = ", ".join(raw.edge(index) for index in np.sort(result.removed)[:MAX_NAMES].tolist())
    more = ", ..." if len(result.removed) > MAX_NAMES else ""
    note = (
        f"removed {len(result.removed)} of {len(raw.edges)} edges to break all cycles ({proof}): "
        f"{examples}{more}"
    )
    return raw.take_edges(kept, note)
