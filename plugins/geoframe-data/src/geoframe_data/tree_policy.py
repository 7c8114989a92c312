"""What a method does about graphs that are no rooted trees: refuse, or repair and say so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Literal

import attrs
import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from geoframe.data import shown
from geoframe.errors import DataError, did_you_mean
from geoframe_data.graph import Graph
from geoframe_data.graph_options import Duplicates
from geoframe_data.parents import MultipleParents, check_acyclic, with_one_parent
from geoframe_data.policy import all_named, without_duplicates
from geoframe_data.rooting import centre, hang
from geoframe_data.tree import FurtherParents, Tree

Lengths = Literal["given", "ones", "nested"]
Roots = Literal["refuse", "join"]
ZeroLengths = Literal["merge", "refuse"]

NESTED = 3.0
"""Ratio of the lengths of an edge and of the edge above it, for nested lengths."""
DEEPEST_NESTED = 600
"""Depth up to which nested lengths stay finite numbers."""
UNKNOWN: Mapping[str, Any] = {"attributes": None, "times": None, "lines": None}
"""What is not known any more of a graph whose nodes are others than those of the file."""


def as_tree(
    graph: Graph,
    *,
    lengths: Lengths = "given",
    root: str = "given",
    roots: Roots = "refuse",
    multiple_parents: MultipleParents = "refuse",
    zero_lengths: ZeroLengths = "merge",
    duplicates: Duplicates = "refuse",
) -> Tree:
    """Check that a graph is a tree and bring it into the form that :class:`Tree` asks for.

    A graph that does not tell whether it is directed is taken for one: from parent to child.

    Parameters
    ----------
    graph
        What a reader gave.
    lengths
        ``given`` (1 where there are none), ``ones``, or ``nested``: 3^depth.
    root
        ``given`` (of an undirected tree the centre), ``centre``, or the name of a node.
    roots
        Whether several roots are joined below a new node.
    multiple_parents
        Whether all but the first of several parents are left out, or kept beside the tree; see
        :func:`geoframe_data.parents.with_one_parent`.
    zero_lengths
        Whether the ends of edges of length 0 become one node.
    duplicates
        See :func:`geoframe_data.policy.without_duplicates`.

    Raises
    ------
    DataError
        One line: what is wrong, where, and what to do.
    """
    if not graph.names:
        raise DataError(f"{graph.origin}: the tree has no nodes")
    _check_names(graph)
    directed = graph.directed is not False
    graph = _checked_edges(graph, lengths, duplicates, directed=directed)
    given, further = graph, np.empty(0, dtype=np.int64)
    if directed:
        graph, further = with_one_parent(graph, multiple_parents)
        graph = _one_root(graph, roots)
    else:
        _check_undirected(graph)
    if len(further):
        _check_unchanged(graph, given, root)
    merged: dict[str, str] = {}
    if graph.weights is not None:
        graph, merged = _without_zeros(graph, zero_lengths)
    graph = all_named(graph)
    start = _start(graph, root, directed=directed)
    order, parent, length = hang(len(graph), graph.edges, graph.lengths, start)
    names = tuple(graph.names[node] for node in order)
    index = {name: node for node, name in enumerate(names)}
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    above, below = place[given.edges[further]].T.copy()
    tree = Tree(
        names=names,
        parent=parent,
        length=length,
        further=FurtherParents(parent=above, child=below, length=given.lengths[further]),
        features=None if graph.features is None else graph.features[order],
        merged={name: index[kept] for name, kept in merged.items()},
        repairs=graph.repairs,
    )
    return _nested(tree, graph.origin) if lengths == "nested" else tree


def _check_names(graph: Graph) -> None:
    counts = Counter(name for name in graph.names if name)
    if twice := [name for name, count in counts.items() if count > 1]:
        raise DataError(
            f"{graph.origin}: {counts[twice[0]]} nodes are named '{shown(twice[0])}'; "
            "names must be distinct"
        )


def _checked_edges(
    graph: Graph, lengths: Lengths, duplicates: Duplicates, *, directed: bool
) -> Graph:
    if len(loops := np.flatnonzero(graph.edges[:, 0] == graph.edges[:, 1])):
        raise DataError(
            f"{graph.where(loops[0])}: {graph.edge(loops[0])} is an edge from a node to itself; "
            "the root is the node without a parent"
        )
    if lengths != "given":
        graph = attrs.evolve(graph, weights=None)
    if graph.weights is not None:
        wrong = ~(np.isfinite(graph.weights) & (graph.weights >= 0))
        if len(bad := np.flatnonzero(wrong)):
            value = graph.weights[bad[0]]
            problem = "no length (or NaN)" if np.isnan(value) else f"the length {value:g}"
            raise DataError(
                f"{graph.where(bad[0])}: the edge {graph.edge(bad[0])} has {problem}; every length "
                "must be a finite number, 0 or more (data.lengths = 'ones' takes 1 for all edges)"
            )
    return without_duplicates(graph, duplicates, directed=directed)


def _one_root(graph: Graph, policy: Roots) -> Graph:
    n = len(graph.names)
    above = np.full(n, -1)
    above[graph.edges[:, 1]] = graph.edges[:, 0]
    check_acyclic(graph, above)
    tops = np.flatnonzero(above < 0)
    if len(tops) == 1:
        return graph
    if policy == "refuse":
        raise DataError(
            f"{graph.origin}: has {len(tops)} roots, {graph.node(tops[0])} and "
            f"{graph.node(tops[1])} among them; set data.roots to 'join' to hang them below a "
            "new node"
        )
    name = "root" if "root" not in graph.names else "root of all"
    weights = None
    if graph.weights is not None:
        typical = float(np.median(graph.weights)) if len(graph.weights) else 1.0
        weights = np.concatenate([graph.weights, np.full(len(tops), typical or 1.0)])
    features = graph.features
    if features is not None:
        features = np.vstack([features, np.zeros((1, features.shape[1]), dtype=np.float32)])
    joined = np.stack([np.full(len(tops), n), tops], axis=1)
    return attrs.evolve(
        graph,
        names=(*graph.names, name),
        edges=np.vstack([graph.edges, joined]),
        weights=weights,
        features=features,
        **UNKNOWN,
    ).noted(f"joined {len(tops)} roots below the new node '{name}'")


def _check_unchanged(graph: Graph, given: Graph, root: str) -> None:
    """Refuse what turns edges round or makes one node of several, where further ones are kept."""
    top = graph.names[np.setdiff1d(np.arange(len(graph.names)), graph.edges[:, 1])[0]]
    if root not in ("given", top):
        raise DataError(
            f"{graph.origin}: data.root is '{shown(root)}', but where several parents are kept "
            f"the root is the node that has none; leave data.root out"
        )
    if not given.lengths.all():
        raise DataError(
            f"{graph.origin}: several parents cannot be kept where edges of length 0 are merged; "
            "set data.lengths to 'ones', or give them a length"
        )


def _check_undirected(graph: Graph) -> None:
    n, ends = len(graph), graph.edges
    matrix = csr_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(n, n))
    parts, part = connected_components(matrix, directed=False)
    if len(ends) > n - parts:
        raise DataError(
            f"{graph.origin}: not a tree: {n} nodes and {len(ends)} edges, so there is a cycle"
        )
    if parts > 1:
        reached = int((part == part[0]).sum())
        raise DataError(
            f"{graph.origin}: not a tree: only {reached} of {n} nodes are connected with "
            f"{graph.node(0)}"
        )


def _without_zeros(graph: Graph, policy: ZeroLengths) -> tuple[Graph, dict[str, str]]:
    """Contract edges of length 0; the name nearest to the root stands for those merged."""
    assert graph.weights is not None
    zero = graph.weights == 0.0
    if not zero.any():
        return graph, {}
    if policy == "refuse":
        raise DataError(
            f"{graph.origin}: the edge {graph.edge(int(zero.argmax()))} has length 0; set "
            "data.zero_lengths to 'merge' to make its ends one node"
        )
    group = np.arange(len(graph.names))

    def top(node: int) -> int:
        while group[node] != node:
            group[node] = group[group[node]]
            node = int(group[node])
        return node

    for parent, child in graph.edges[zero].tolist():
        group[top(child)] = top(parent)
    tops = np.array([top(node) for node in range(len(graph.names))])
    kept, place = np.unique(tops, return_inverse=True)
    names = [graph.names[node] for node in kept]
    merged: dict[str, str] = {}
    for node, row in enumerate(place.tolist()):
        name = graph.names[node]
        if name and not names[row]:
            names[row] = name
        elif name and name != names[row]:
            merged[name] = names[row]
    contracted = attrs.evolve(
        graph,
        names=names,
        edges=place[graph.edges[~zero]].reshape(-1, 2),
        weights=graph.weights[~zero],
        features=None if graph.features is None else graph.features[kept],
        **UNKNOWN,
    )
    return contracted.noted(f"merged the ends of {int(zero.sum())} edges of length 0"), merged


def _start(graph: Graph, root: str, *, directed: bool) -> int:
    if root == "centre" or (root == "given" and not directed):
        return centre(len(graph), graph.edges, graph.lengths)
    if root == "given":
        return int(np.setdiff1d(np.arange(len(graph)), graph.edges[:, 1])[0])
    if root not in graph.names:
        raise DataError(
            f"{graph.origin}: data.root: no node '{shown(root)}'{did_you_mean(root, graph.names)}"
        )
    return graph.names.index(root)


def _nested(tree: Tree, origin: str) -> Tree:
    if int(tree.depth.max()) > DEEPEST_NESTED:
        raise DataError(
            f"{origin}: the tree is {tree.depth.max()} edges deep, too deep for nested lengths "
            f"(3^depth; at most {DEEPEST_NESTED})"
        )
    length = np.where(tree.depth == 0, 0.0, NESTED**tree.depth)
    further = attrs.evolve(tree.further, length=length[tree.further.child])
    return attrs.evolve(tree, length=length, further=further)
