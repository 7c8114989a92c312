"""From the edges of a file to a checked, rooted tree."""

from __future__ import annotations

from collections import Counter, deque

import attrs
import numpy as np

from geoframe.data import shown
from geoframe.errors import DataError, did_you_mean
from geoframe_hnn.raw import RawTree
from geoframe_hnn.rooting import centre, hang
from geoframe_hnn.tree import Floats, Tree

NESTED = 3.0
"""Ratio of the lengths of an edge and of the edge above it, for nested lengths."""
DEEPEST_NESTED = 600
"""Depth up to which nested lengths stay finite numbers."""


def build_tree(
    raw: RawTree,
    *,
    lengths: str = "given",
    root: str = "given",
    roots: str = "refuse",
    multiple_parents: str = "refuse",
    zero_lengths: str = "merge",
) -> Tree:
    """Check a tree and bring it into the form that :class:`Tree` asks for.

    The options are those of the ``[data]`` table.

    Raises
    ------
    DataError
        One line: what is wrong, where, and what to do.
    """
    if not raw.names:
        raise DataError(f"{raw.origin}: the tree has no nodes")
    raw = _checked_names(raw)
    raw = _checked_edges(raw, lengths)
    if raw.directed:
        raw = _one_parent(raw, multiple_parents)
        raw = _one_root(raw, roots)
    else:
        _check_undirected(raw)
    merged: dict[str, str] = {}
    if raw.lengths is not None:
        raw, merged = _without_zeros(raw, zero_lengths)
    raw = _all_named(raw)
    weights = np.ones(len(raw.edges)) if raw.lengths is None else raw.lengths
    start = _start(raw, weights, root)
    order, parent, length = hang(len(raw.names), raw.edges, weights, start)
    names = tuple(raw.names[node] for node in order)
    index = {name: node for node, name in enumerate(names)}
    tree = Tree(
        names=names,
        parent=parent,
        length=length,
        features=None if raw.features is None else raw.features[order],
        merged={name: index[kept] for name, kept in merged.items()},
        repairs=raw.repairs,
    )
    return _nested(tree, raw.origin) if lengths == "nested" else tree


def _noted(raw: RawTree, note: str) -> tuple[str, ...]:
    return (*raw.repairs, note)


def _checked_names(raw: RawTree) -> RawTree:
    counts = Counter(name for name in raw.names if name)
    if twice := [name for name, count in counts.items() if count > 1]:
        raise DataError(
            f"{raw.origin}: {counts[twice[0]]} nodes are named '{shown(twice[0])}'; "
            "names must be distinct"
        )
    return raw


def _checked_edges(raw: RawTree, lengths: str) -> RawTree:
    if len(loops := np.flatnonzero(raw.edges[:, 0] == raw.edges[:, 1])):
        raise DataError(
            f"{raw.origin}: {raw.edge(loops[0])} is an edge from a node to itself; "
            "the root is the node without a parent"
        )
    ends = np.sort(raw.edges, axis=1) if not raw.directed else raw.edges
    _, first, counts = np.unique(ends, axis=0, return_index=True, return_counts=True)
    if np.any(counts > 1):
        raise DataError(f"{raw.origin}: the edge {raw.edge(first[counts.argmax()])} stands twice")
    if lengths != "given" or raw.lengths is None:
        return attrs.evolve(raw, lengths=None)
    missing = np.isnan(raw.lengths)
    bad = np.flatnonzero(missing | np.isinf(raw.lengths) | (raw.lengths < 0))
    if len(bad):
        value = raw.lengths[bad[0]]
        problem = "no length (or NaN)" if np.isnan(value) else f"the length {value:g}"
        raise DataError(
            f"{raw.origin}: the edge {raw.edge(bad[0])} has {problem}; every length must be a "
            "finite number, 0 or more (data.lengths = 'ones' takes 1 for all edges)"
        )
    return raw


def _one_parent(raw: RawTree, policy: str) -> RawTree:
    counts = np.bincount(raw.edges[:, 1], minlength=len(raw.names))
    several = np.flatnonzero(counts > 1)
    if len(several) == 0:
        return raw
    if policy == "refuse":
        parents = raw.edges[raw.edges[:, 1] == several[0], 0]
        raise DataError(
            f"{raw.origin}: not a tree: {raw.node(several[0])} has {len(parents)} parents, "
            f"{raw.node(parents[0])} and {raw.node(parents[1])}"
            f"{f' ({len(several)} nodes have several)' if len(several) > 1 else ''}; set "
            "data.multiple_parents to 'first' to keep the first of them"
        )
    _, kept = np.unique(raw.edges[:, 1], return_index=True)
    kept = np.sort(kept)
    return attrs.evolve(
        raw,
        edges=raw.edges[kept],
        lengths=None if raw.lengths is None else raw.lengths[kept],
        repairs=_noted(
            raw,
            f"kept the first parent of {len(several)} nodes that had several "
            f"({len(raw.edges) - len(kept)} edges left out)",
        ),
    )


def _one_root(raw: RawTree, policy: str) -> RawTree:
    n = len(raw.names)
    above = np.full(n, -1)
    above[raw.edges[:, 1]] = raw.edges[:, 0]
    _check_acyclic(raw, above)
    tops = np.flatnonzero(above < 0)
    if len(tops) == 1:
        return raw
    if policy == "refuse":
        raise DataError(
            f"{raw.origin}: has {len(tops)} roots, {raw.node(tops[0])} and {raw.node(tops[1])} "
            "among them; set data.roots to 'join' to hang them below a new node"
        )
    name = "root" if "root" not in raw.names else "root of all"
    lengths = None
    if raw.lengths is not None:
        typical = float(np.median(raw.lengths)) if len(raw.lengths) else 1.0
        lengths = np.concatenate([raw.lengths, np.full(len(tops), typical or 1.0)])
    features = raw.features
    if features is not None:
        features = np.vstack([features, np.zeros((1, features.shape[1]), dtype=np.float32)])
    joined = np.stack([np.full(len(tops), n), tops], axis=1)
    return attrs.evolve(
        raw,
        names=(*raw.names, name),
        edges=np.vstack([raw.edges, joined]),
        lengths=lengths,
        features=features,
        repairs=_noted(raw, f"joined {len(tops)} roots below the new node '{name}'"),
    )


def _check_acyclic(raw: RawTree, above: np.ndarray) -> None:
    """Walk up from every node; who comes back to where it has been is on a cycle."""
    up = above.tolist()
    state = [0] * len(up)  # 0: not seen; otherwise the walk that came by
    for start in range(len(up)):
        node = start
        while node >= 0 and state[node] == 0:
            state[node] = start + 1
            node = up[node]
        if node >= 0 and state[node] == start + 1:
            cycle, at = [node], up[node]
            while at != node:
                cycle.append(at)
                at = up[at]
            way = " -> ".join(raw.node(each) for each in [node, *cycle[:0:-1]][:5])
            more = " -> ..." if len(cycle) > 5 else f" -> {raw.node(node)}"
            raise DataError(
                f"{raw.origin}: not a tree: it has a cycle {way}{more}; remove one of these edges"
            )


def _check_undirected(raw: RawTree) -> None:
    n = len(raw.names)
    reached = len(_reach(n, raw.edges, 0))
    if len(raw.edges) > n - 1 or (reached == n and len(raw.edges) != n - 1):
        raise DataError(
            f"{raw.origin}: not a tree: {n} nodes and {len(raw.edges)} edges, so there is a cycle"
        )
    if reached < n:
        raise DataError(
            f"{raw.origin}: not a tree: only {reached} of {n} nodes are connected with "
            f"{raw.node(0)}"
        )


def _reach(n: int, edges: np.ndarray, start: int) -> set[int]:
    neighbours: list[list[int]] = [[] for _ in range(n)]
    for u, v in edges.tolist():
        neighbours[u].append(v)
        neighbours[v].append(u)
    seen, waiting = {start}, deque([start])
    while waiting:
        for other in neighbours[waiting.popleft()]:
            if other not in seen:
                seen.add(other)
                waiting.append(other)
    return seen


def _without_zeros(raw: RawTree, policy: str) -> tuple[RawTree, dict[str, str]]:
    """Contract edges of length 0; the name nearest to the root stands for those merged."""
    assert raw.lengths is not None
    zero = raw.lengths == 0.0
    if not zero.any():
        return raw, {}
    if policy == "refuse":
        raise DataError(
            f"{raw.origin}: the edge {raw.edge(int(zero.argmax()))} has length 0; set "
            "data.zero_lengths to 'merge' to make its ends one node"
        )
    group = np.arange(len(raw.names))

    def top(node: int) -> int:
        while group[node] != node:
            group[node] = group[group[node]]
            node = int(group[node])
        return node

    for parent, child in raw.edges[zero].tolist():
        group[top(child)] = top(parent)
    tops = np.array([top(node) for node in range(len(raw.names))])
    kept, place = np.unique(tops, return_inverse=True)
    names = [raw.names[node] for node in kept]
    merged: dict[str, str] = {}
    for node, row in enumerate(place.tolist()):
        name = raw.names[node]
        if name and not names[row]:
            names[row] = name
        elif name and name != names[row]:
            merged[name] = names[row]
    merged_raw = attrs.evolve(
        raw,
        names=tuple(names),
        edges=place[raw.edges[~zero]].reshape(-1, 2),
        lengths=raw.lengths[~zero],
        features=None if raw.features is None else raw.features[kept],
        repairs=_noted(raw, f"merged the ends of {int(zero.sum())} edges of length 0"),
    )
    return merged_raw, merged


def _all_named(raw: RawTree) -> RawTree:
    taken = set(raw.names)
    names = []
    for node, name in enumerate(raw.names):
        made = name or f"#{node}"
        while not name and made in taken:
            made = f"#{made}"
        names.append(made)
    return attrs.evolve(raw, names=tuple(names))


def _start(raw: RawTree, weights: Floats, root: str) -> int:
    if root == "centre" or (root == "given" and not raw.directed):
        return centre(len(raw.names), raw.edges, weights)
    if root == "given":
        return int(np.setdiff1d(np.arange(len(raw.names)), raw.edges[:, 1])[0])
    if root not in raw.names:
        raise DataError(
            f"{raw.origin}: data.root: no node '{shown(root)}'{did_you_mean(root, raw.names)}"
        )
    return raw.names.index(root)


def _nested(tree: Tree, origin: str) -> Tree:
    if int(tree.depth.max()) > DEEPEST_NESTED:
        raise DataError(
            f"{origin}: the tree is {tree.depth.max()} edges deep, too deep for nested lengths "
            f"(3^depth; at most {DEEPEST_NESTED})"
        )
    length = np.where(tree.depth == 0, 0.0, NESTED**tree.depth)
    return attrs.evolve(tree, length=length)
