"""Series-parallel contraction: the parts of a partial order that two extensions settle."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

import attrs
import numpy as np

from geoframe_nst.closure.bitsets import Ints
from geoframe_nst.closure.reachability import Reachability


@attrs.frozen
class Module:
    """Vertices of an order that all other vertices stand in the same relation to.

    Parameters
    ----------
    kind
        ``"series"``: the parts follow one another. ``"parallel"``: they are incomparable.
    parts
        Vertices, or modules of them.
    """

    kind: Literal["series", "parallel"]
    parts: tuple[int | Module, ...]


@attrs.frozen(kw_only=True)
class Contraction:
    """An order with its series and parallel modules contracted to one vertex each."""

    modules: tuple[int | Module, ...]
    """What each remaining vertex stands for: itself, or a module."""
    edges: Ints
    """int64 ``(E, 2)``: a DAG of the remaining vertices, in topological order."""

    @property
    def parallel(self) -> bool:
        """Whether some vertices were incomparable inside a module."""
        stack = [*self.modules]
        while stack:
            part = stack.pop()
            if isinstance(part, Module):
                if part.kind == "parallel":
                    return True
                stack.extend(part.parts)
        return False

    def expand(self, order: Ints, *, flip: bool) -> Ints:
        """Linear extension of the remaining vertices -> one of all vertices.

        Two of them with the same order that differ in ``flip`` settle all pairs inside modules:
        incomparable parts appear in one sequence and in its reverse.
        """
        stack = [self.modules[vertex] for vertex in order[::-1].tolist()]
        sequence: list[int] = []
        while stack:
            part = stack.pop()
            if isinstance(part, Module):
                reverse = part.kind == "parallel" and flip
                stack.extend(part.parts if reverse else part.parts[::-1])
            else:
                sequence.append(part)
        return np.array(sequence, dtype=np.int64)


def contract(n: int, edges: Ints) -> Contraction:
    """Contract series and parallel modules of a DAG until none is left.

    Vertices with the same predecessors and the same successors become a parallel module; an edge
    that is the only one out of its source and the only one into its target becomes a series
    module. A forest becomes a single vertex, and gene networks lose most of theirs. The order
    dimension of what is left is that of the whole order, or 2 if that is larger and anything was
    parallel.

    Parameters
    ----------
    n
        Number of vertices.
    edges
        ``(E, 2)`` edges of a DAG; of its transitive reduction to find the most.
    """
    before: dict[int, set[int]] = {vertex: set() for vertex in range(n)}
    after: dict[int, set[int]] = {vertex: set() for vertex in range(n)}
    for source, target in edges.tolist():
        before[target].add(source)
        after[source].add(target)
    modules: dict[int, int | Module] = {vertex: vertex for vertex in range(n)}
    left = n + 1
    while len(modules) < left:
        left = len(modules)
        _merge_parallel(modules, before, after)
        _merge_series(modules, before, after)
    number = {vertex: index for index, vertex in enumerate(modules)}
    kept = [(number[u], number[v]) for u in modules for v in after[u]]
    return Contraction(
        modules=tuple(modules.values()), edges=np.array(kept, dtype=np.int64).reshape(-1, 2)
    )


def _merge_parallel(
    modules: dict[int, int | Module], before: dict[int, set[int]], after: dict[int, set[int]]
) -> None:
    twins: dict[tuple[frozenset[int], frozenset[int]], list[int]] = {}
    for vertex in modules:
        neighbours = frozenset(before[vertex]), frozenset(after[vertex])
        twins.setdefault(neighbours, []).append(vertex)
    for (sources, targets), group in twins.items():
        if len(group) > 1:
            modules[group[0]] = Module("parallel", tuple(modules[vertex] for vertex in group))
            for vertex in group[1:]:
                del modules[vertex]
            for source in sources:
                after[source].difference_update(group[1:])
            for target in targets:
                before[target].difference_update(group[1:])


def _merge_series(
    modules: dict[int, int | Module], before: dict[int, set[int]], after: dict[int, set[int]]
) -> None:
    for vertex in [*modules]:
        if vertex not in modules:
            continue
        chain = [vertex]
        while len(after[chain[-1]]) == 1:
            (following,) = after[chain[-1]]
            if len(before[following]) > 1:
                break
            chain.append(following)
        if len(chain) > 1:
            modules[vertex] = Module("series", tuple(modules.pop(part) for part in chain))
            after[vertex] = after[chain[-1]]
            for target in after[vertex]:
                before[target].remove(chain[-1])
                before[target].add(vertex)


def transitive_reduction(reachability: Reachability) -> Ints:
    """Ints between components that no longer path implies -> int64 ``(E', 2)``."""
    edges = reachability.edges
    implied = np.zeros(len(edges), dtype=bool)
    first = np.searchsorted(edges[:, 0], np.arange(reachability.components + 1)).tolist()
    several = [(low, high) for low, high in pairwise(first) if high > low + 1]
    targets = edges[:, 1].tolist()
    for start, rows in reachability.blocks():
        width = rows.shape[1] * 64
        for low, high in several:
            # Targets in topological order: only an earlier one can lead to a later one.
            seen = rows[targets[low]].copy()
            for edge in range(low + 1, high):
                bit = targets[edge] - start
                if 0 <= bit < width and int(seen[bit >> 6]) >> (bit & 63) & 1:
                    implied[edge] = True
                else:
                    seen |= rows[targets[edge]]
    return edges[~implied]
