"""Which node of a directed graph reaches which: the transitive closure, in packed bits."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from geoframe_nst.closure import bitsets
from geoframe_nst.closure.bitsets import Bools, Ints, Words
from geoframe_nst.closure.strong_components import strong_components

DEFAULT_MEMORY_BUDGET = 2**30
"""Bytes that the packed closure may take at a time: all of it up to 92 000 nodes."""


class Reachability:
    """The transitive closure of a directed graph, cycles allowed.

    Nodes on a common cycle reach each other; every strongly connected component is one vertex of
    the closure. The components are numbered in topological order: a component reaches only
    components with a larger number.

    Parameters
    ----------
    n
        Number of nodes.
    edges
        ``(E, 2)``: source and target of each edge; self-loops and repetitions do no harm.
    memory_budget
        Bytes for packed closure rows. A closure that needs more is worked through in blocks of
        targets, each computed when needed.

    Attributes
    ----------
    component
        int64 ``(n,)``: component of each node, in topological order.
    component_sizes
        int64 ``(c,)``: nodes in each component.
    edges
        int64 ``(E', 2)``: edges between components, sorted, without repetition.
    """

    def __init__(
        self, n: int, edges: ArrayLike, *, memory_budget: int = DEFAULT_MEMORY_BUDGET
    ) -> None:
        given = np.asarray(edges, dtype=np.int64).reshape(-1, 2)
        self.n = n
        self.memory_budget = memory_budget
        labels = strong_components(given, n)
        count = int(labels.max(initial=-1)) + 1
        between = _distinct(labels[given], count)
        rank = np.empty(count, dtype=np.int64)
        rank[topological_order(count, between)] = np.arange(count)
        self.component: Ints = rank[labels]
        self.component_sizes: Ints = np.bincount(self.component, minlength=count)
        self.edges: Ints = _distinct(rank[between], count)

    @property
    def components(self) -> int:
        """Number of strongly connected components."""
        return len(self.component_sizes)

    @property
    def acyclic(self) -> bool:
        """Whether no two nodes lie on a common cycle."""
        return self.components == self.n

    def blocks(self) -> Iterator[tuple[int, Words]]:
        """Yield the closure of the components in blocks of targets.

        Yields
        ------
        start
            First component of the block, a multiple of 64.
        rows
            Packed ``(c, w)``: in row i, bit j says that i reaches component ``start + j``; every
            component reaches itself.
        """
        step = self._block_words * 64
        for start in range(0, self.components, step):
            if step >= self.components:
                yield 0, self._closure
            else:
                yield start, self._close(start, min(start + step, self.components))

    def closure(self) -> Words:
        """Return the closure of the components, packed ``(c, words_for(c))``, whatever it takes."""
        return self._closure

    def reaches(self, u: ArrayLike, v: ArrayLike) -> Bools:
        """Whether a path, possibly of no edge, leads from u to v -> boolean, broadcast."""
        source, target = np.broadcast_arrays(
            self.component[np.asarray(u)], self.component[np.asarray(v)]
        )
        shape, source, target = source.shape, source.ravel(), target.ravel()
        found = np.zeros(len(source), dtype=bool)
        for start, rows in self.blocks():
            inside = np.flatnonzero((target >= start) & (target < start + rows.shape[1] * 64))
            found[inside] = bitsets.contains(rows, source[inside], target[inside] - start)
        return found.reshape(shape)

    @cached_property
    def descendants(self) -> Ints:
        """Nodes of other components that each component reaches -> int64 ``(c,)``."""
        sizes = self.component_sizes
        reached = -sizes
        for start, rows in self.blocks():
            # As if every target were one node; then the other nodes of the larger targets.
            reached = reached + bitsets.sizes(rows)
            larger = np.flatnonzero(sizes[start : start + rows.shape[1] * 64] > 1)
            for target in larger.tolist():
                column = bitsets.contains(rows, np.arange(len(rows)), np.full(len(rows), target))
                reached[column] += sizes[start + target] - 1
        return reached

    @property
    def comparable(self) -> int:
        """Ordered pairs (u, v) of nodes in different components with a path from u to v."""
        return int(self.component_sizes @ self.descendants)

    @cached_property
    def mutual(self) -> int:
        """Ordered pairs of distinct nodes on a common cycle."""
        return int((self.component_sizes * (self.component_sizes - 1)).sum())

    @property
    def incomparable(self) -> int:
        """Ordered pairs of distinct nodes that no path connects in either direction."""
        return self.n * (self.n - 1) - self.mutual - 2 * self.comparable

    def sample_comparable(self, k: int, generator: np.random.Generator) -> Ints:
        """Draw ``k`` of the comparable pairs (u, v) uniformly, with replacement -> ``(k, 2)``.

        None come back if no pair is comparable.
        """
        per_node = self.descendants[self.component]
        if not per_node.any():
            return np.empty((0, 2), dtype=np.int64)
        u = np.sort(generator.choice(self.n, size=k, p=per_node / per_node.sum()))
        # Which of its descendants, counted through the blocks.
        which = generator.integers(0, per_node[u])
        v = np.full(k, -1)
        by_component = np.argsort(self.component, kind="stable")
        first = np.searchsorted(self.component[by_component], np.arange(self.components + 1))
        sources, start_of = np.unique(self.component[u], return_inverse=True)
        order = np.argsort(start_of, kind="stable")
        ends = np.searchsorted(start_of[order], np.arange(len(sources) + 1))
        for start, rows in self.blocks():
            stop = min(start + rows.shape[1] * 64, self.components)
            block = by_component[first[start] : first[stop]]
            for index, source in enumerate(sources.tolist()):
                reached = bitsets.unpack(rows[source], stop - start)[self.component[block] - start]
                reached &= self.component[block] != source
                targets = block[reached]
                mine = order[ends[index] : ends[index + 1]]
                mine = mine[v[mine] < 0]
                here = which[mine] < len(targets)
                v[mine[here]] = targets[which[mine[here]]]
                which[mine[~here]] -= len(targets)
        return np.stack([u, v], axis=1)

    @property
    def _block_words(self) -> int:
        whole = bitsets.words_for(self.components)
        return min(whole, max(1, self.memory_budget // (8 * max(1, self.components))))

    @cached_property
    def _closure(self) -> Words:
        return self._close(0, self.components)

    def _close(self, start: int, stop: int) -> Words:
        """Packed closure towards the components ``start ... stop - 1``."""
        count = self.components
        rows = np.zeros((count, bitsets.words_for(stop - start)), dtype=np.uint64)
        bitsets.add(rows, np.arange(start, stop), np.arange(stop - start))
        first = np.searchsorted(self.edges[:, 0], np.arange(count + 1)).tolist()
        targets = self.edges[:, 1]
        # Sinks first: what a target reaches is complete when its sources ask for it.
        for source in range(min(stop, count) - 1, -1, -1):
            low, high = first[source], first[source + 1]
            if low < high:
                rows[source] |= np.bitwise_or.reduce(rows[targets[low:high]], axis=0)
        return rows


def topological_order(n: int, edges: Ints) -> Ints:
    """Return the nodes of a DAG so that every edge goes forward, nearest to the sources first.

    Raises
    ------
    ValueError
        If there is a cycle.
    """
    by_source = edges[np.argsort(edges[:, 0], kind="stable")]
    first = np.searchsorted(by_source[:, 0], np.arange(n + 1))
    missing = np.bincount(edges[:, 1], minlength=n)
    frontier = np.flatnonzero(missing == 0)
    levels = [frontier]
    while len(frontier):
        lengths = first[frontier + 1] - first[frontier]
        offsets = np.repeat(first[frontier] - np.cumsum(lengths) + lengths, lengths)
        targets = by_source[offsets + np.arange(len(offsets)), 1]
        np.subtract.at(missing, targets, 1)
        frontier = np.unique(targets[missing[targets] == 0])
        levels.append(frontier)
    order = np.concatenate(levels)
    if len(order) < n:
        raise ValueError("the graph has a cycle, so its nodes have no topological order")
    return order


def _distinct(edges: Ints, n: int) -> Ints:
    """Ints without self-loops and repetitions, sorted by source, then target."""
    keys = np.unique(edges[edges[:, 0] != edges[:, 1]] @ np.array([n, 1], dtype=np.int64))
    return np.stack(np.divmod(keys, max(n, 1)), axis=1)
