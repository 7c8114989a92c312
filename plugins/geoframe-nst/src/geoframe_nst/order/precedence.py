"""Which of two nodes comes first: the same answer from ranks or from the closure of the graph."""

from __future__ import annotations

from typing import Any, Protocol

import attrs
import numpy as np
from numpy.typing import NDArray

from geoframe_nst.closure import bitsets
from geoframe_nst.closure.bitsets import Bools, Ints
from geoframe_nst.closure.reachability import DEFAULT_MEMORY_BUDGET, Reachability

FEW_RANKS = 4
"""Ranks up to which comparing them is faster than a look into packed bits."""
MOST_BYTES = 2**27
"""Packed bits that are taken for speed alone, where ranks would be smaller."""


class Precedence(Protocol):
    """A partial order of ``n`` numbered nodes; every node precedes itself."""

    def between(self, first: Ints, second: Ints) -> Bools:
        """Whether the first of each pair precedes the second -> boolean ``(p,)``."""
        ...

    def after(self, nodes: Ints) -> Bools:
        """Whether some nodes ``(k,)`` precede each of all -> boolean ``(k, n)``."""
        ...

    def before(self, nodes: Ints) -> Bools:
        """Whether each of all nodes precedes some nodes ``(k,)`` -> boolean ``(k, n)``."""
        ...


@attrs.frozen(kw_only=True, eq=False)
class RankOrder:
    """u precedes v iff none of its ranks is larger."""

    ranks: NDArray[Any]
    """``(T, n)``: the coordinates, each in one piece of memory; T is at least 1."""

    def between(self, first: Ints, second: Ints) -> Bools:
        """Compare rank by rank, only pairs that are still in order."""
        found = np.zeros(len(first), dtype=bool)
        left = np.flatnonzero(self.ranks[0][first] <= self.ranks[0][second])
        for rank in self.ranks[1:]:
            left = left[rank[first[left]] <= rank[second[left]]]
        found[left] = True
        return found

    def after(self, nodes: Ints) -> Bools:
        """Compare all ranks of some nodes with those of all."""
        found = np.ones((len(nodes), self.ranks.shape[1]), dtype=bool)
        for rank in self.ranks:
            found &= rank[nodes, None] <= rank
        return found

    def before(self, nodes: Ints) -> Bools:
        """Compare all ranks of all nodes with those of some."""
        found = np.ones((len(nodes), self.ranks.shape[1]), dtype=bool)
        for rank in self.ranks:
            found &= rank <= rank[nodes, None]
        return found


@attrs.frozen(kw_only=True, eq=False)
class ClosureOrder:
    """u precedes v iff a path leads from u to v: one bit a pair."""

    reachability: Reachability
    """Of a graph without cycles."""

    def between(self, first: Ints, second: Ints) -> Bools:
        """Look the bits up."""
        place, closure = self.reachability.component, self.reachability.closure()
        return bitsets.contains(closure, place[first], place[second])

    def after(self, nodes: Ints) -> Bools:
        """Unpack the rows of some nodes."""
        place, closure = self.reachability.component, self.reachability.closure()
        found: Bools = bitsets.unpack(closure[place[nodes]], self.reachability.n)[:, place]
        return found

    def before(self, nodes: Ints) -> Bools:
        """Look up the columns of some nodes."""
        place, closure = self.reachability.component, self.reachability.closure()
        rows = np.broadcast_to(place, (len(nodes), len(place)))
        return bitsets.contains(closure, rows, place[nodes, None])


@attrs.frozen(kw_only=True, eq=False)
class KnownOrder:
    """What a run knows of the order of its graph besides coordinates."""

    edges: Ints
    """``(E, 2)``: u precedes v."""
    exact: bool
    """Whether the closed-form coordinates say of all pairs what the edges do."""


def precedence_of(ranks: NDArray[np.floating], known: KnownOrder) -> Precedence:
    """Choose what answers for the order: the closure of the graph, or ranks in closed form.

    Both give the same answers where the ranks are exact. Then the closure is taken where it is
    smaller, or where there are so many ranks that it is faster and it fits into
    :data:`MOST_BYTES`: facts of the graph, not of the machine (``benchmarks/order_queries.py``
    measures them). Where the ranks of an acyclic graph are not exact its closure is taken if
    :data:`DEFAULT_MEMORY_BUDGET` allows. On cycles, which no order honours, the ranks decide.

    Parameters
    ----------
    ranks
        ``(n, T)``, whole numbers from 0 on.
    known
        The edges.
    """
    n, dims = ranks.shape
    narrow = ranks.T.astype(np.int16 if n <= np.iinfo(np.int16).max else np.int32)
    allowed = max(narrow.nbytes, MOST_BYTES if dims > FEW_RANKS else 0)
    if not known.exact:
        allowed = DEFAULT_MEMORY_BUDGET
    if 8 * n * bitsets.words_for(n) <= allowed:
        reachability = Reachability(n, known.edges)
        if reachability.acyclic:
            return ClosureOrder(reachability=reachability)
    return RankOrder(ranks=np.ascontiguousarray(narrow))
