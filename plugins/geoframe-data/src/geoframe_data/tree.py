"""A rooted tree with edge lengths and named nodes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import cached_property

import attrs
import numpy as np
from numpy.typing import ArrayLike

from geoframe.errors import DataError, did_you_mean
from geoframe_data.graph import Features, Floats, Ints


def _no_nodes() -> Ints:
    return np.empty(0, dtype=np.int64)


@attrs.frozen(kw_only=True, eq=False)
class FurtherParents:
    """Edges from parents that nodes of a tree have besides the one that they hang from."""

    parent: Ints = attrs.field(factory=_no_nodes)
    child: Ints = attrs.field(factory=_no_nodes)
    """int64 ``(e,)`` each; with the tree's own edges there is no cycle."""
    length: Floats = attrs.field(factory=lambda: np.empty(0))
    """float64 ``(e,)``, positive."""

    def __len__(self) -> int:
        return len(self.parent)

    @property
    def edges(self) -> Ints:
        """Parents and children ``(e, 2)``."""
        return np.stack([self.parent, self.child], axis=1)


@attrs.frozen(kw_only=True, eq=False)
class Tree:
    """A rooted tree; every edge leads from a parent to a child, so the parent precedes.

    Nodes are numbered so that a parent comes before its children: the root is 0. Nothing of
    this is checked here; :func:`geoframe_data.tree_policy.as_tree` makes trees that satisfy it.

    Parameters
    ----------
    names
        ``n`` distinct node names.
    parent
        int64 ``(n,)``; ``parent[0]`` is -1 and ``parent[i] < i``.
    length
        float64 ``(n,)``; positive length of the edge to the parent, 0 for the root.
    further
        Parents that nodes have besides; distances pass them over, an
        :class:`~geoframe_data.ancestry.Ancestry` knows them.
    features
        float32 ``(n, f)`` node features, or None.
    merged
        Names of nodes that were merged with another (edges of length 0) -> the node they are.
    repairs
        What was changed while reading, in sentences.
    """

    names: tuple[str, ...]
    parent: Ints
    length: Floats
    further: FurtherParents = attrs.field(factory=FurtherParents)
    features: Features | None = None
    merged: Mapping[str, int] = attrs.field(factory=dict)
    repairs: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.parent)

    def __repr__(self) -> str:
        return f"Tree({len(self)} nodes, {len(self.leaves)} leaves, root '{self.names[0]}')"

    @property
    def edges(self) -> Ints:
        """Parents and children ``(n - 1, 2)``; further parents are not among them."""
        return np.stack([self.parent[1:], np.arange(1, len(self))], axis=1)

    @cached_property
    def depth(self) -> Ints:
        """Number of edges to the root ``(n,)``."""
        parent = self.parent.tolist()
        depth = [0] * len(parent)
        for node in range(1, len(parent)):
            depth[node] = depth[parent[node]] + 1
        return np.array(depth, dtype=np.int64)

    @cached_property
    def root_distance(self) -> Floats:
        """Sum of the edge lengths to the root ``(n,)``."""
        found = np.zeros(len(self))
        for level in self.levels[1:]:
            found[level] = found[self.parent[level]] + self.length[level]
        return found

    @cached_property
    def height(self) -> Floats:
        """Largest distance from each node down to a descendant ``(n,)``."""
        found = np.zeros(len(self))
        for level in self.levels[:0:-1]:
            np.maximum.at(found, self.parent[level], found[level] + self.length[level])
        return found

    @cached_property
    def levels(self) -> list[Ints]:
        """Nodes by depth, the root first; within a level, siblings stand together."""
        order = np.lexsort((self.parent, self.depth))
        return np.split(order, np.cumsum(np.bincount(self.depth))[:-1])

    @cached_property
    def child_count(self) -> Ints:
        """Number of children ``(n,)``."""
        return np.bincount(self.parent[1:], minlength=len(self)).astype(np.int64)

    @property
    def leaves(self) -> Ints:
        """Nodes without children."""
        return np.flatnonzero(self.child_count == 0)

    @property
    def degree(self) -> Ints:
        """Number of neighbours ``(n,)``."""
        found = self.child_count.copy()
        found[1:] += 1
        return found

    @property
    def unweighted(self) -> bool:
        """Whether all edges have the same length."""
        return len(self) < 3 or bool(np.all(self.length[1:] == self.length[1]))

    def children(self, node: int) -> Ints:
        """Children of a node, in order."""
        return np.flatnonzero(self.parent == node)

    @cached_property
    def _ancestors(self) -> Ints:
        """Row k holds each node's ancestor 2^k steps up; the root stands for all above it."""
        rows = [np.maximum(self.parent, 0)]
        while 2 ** len(rows) <= int(self.depth.max(initial=0)):
            rows.append(rows[-1][rows[-1]])
        return np.stack(rows)

    def ancestor(self, nodes: ArrayLike, steps: ArrayLike) -> Ints:
        """Ancestor ``steps`` levels up, broadcast; no step leads above the root."""
        at, up = np.broadcast_arrays(np.asarray(nodes), np.asarray(steps))
        found = at.astype(np.int64)
        up = np.minimum(up, self.depth[found])
        for bit, row in enumerate(self._ancestors):
            found = np.where(up >> bit & 1, row[found], found)
        return found

    def lca(self, u: ArrayLike, v: ArrayLike) -> Ints:
        """Lowest common ancestors of node indices, broadcast; O(log depth) a pair."""
        u, v = np.broadcast_arrays(np.asarray(u, dtype=np.int64), np.asarray(v, dtype=np.int64))
        surplus = self.depth[u] - self.depth[v]
        u = self.ancestor(u, np.maximum(surplus, 0))
        v = self.ancestor(v, np.maximum(-surplus, 0))
        for row in self._ancestors[::-1]:
            above_u, above_v = row[u], row[v]
            apart = above_u != above_v
            u, v = np.where(apart, above_u, u), np.where(apart, above_v, v)
        return np.where(u == v, u, self._ancestors[0][u])

    def distance(self, u: ArrayLike, v: ArrayLike) -> Floats:
        """Length of the path between nodes, broadcast."""
        u, v = np.asarray(u), np.asarray(v)
        h = self.root_distance
        found: Floats = h[u] + h[v] - 2.0 * h[self.lca(u, v)]
        return found

    @cached_property
    def _index(self) -> dict[str, int]:
        return {**self.merged, **{name: node for node, name in enumerate(self.names)}}

    def find(self, name: str) -> int:
        """Index of a node.

        Raises
        ------
        DataError
            If there is no node of this name.
        """
        if name not in self._index:
            raise DataError(f"no node '{name}'{did_you_mean(name, self._index)}")
        return self._index[name]

    def find_all(self, names: Iterable[str]) -> Ints:
        """Indices of several nodes; see :meth:`find`."""
        return np.array([self.find(name) for name in names], dtype=np.int64)

    def __contains__(self, name: object) -> bool:
        return name in self._index

    def fingerprint(self) -> str:
        """SHA-256 of names, parents, further ones too, and lengths."""
        digest = hashlib.sha256("\n".join(self.names).encode())
        digest.update(self.parent.tobytes())
        digest.update(self.length.tobytes())
        if len(self.further):
            for array in (self.further.parent, self.further.child, self.further.length):
                digest.update(array.tobytes())
        return digest.hexdigest()
