"""Linear extensions of a partial order that put incomparable pairs in a wanted sequence."""

from __future__ import annotations

import numpy as np

from geoframe_nst.closure import bitsets
from geoframe_nst.closure.bitsets import Ints, Words
from geoframe_nst.closure.reachability import Reachability


def critical_pairs(closure: Words, converse: Words, edges: Ints) -> Words:
    """Return the critical pairs: in row u, bit v says that some extension must put v before u.

    (u, v) is critical if u and v are incomparable, whatever is before u is before v, and whatever
    is after v is after u. Linear extensions that together put v before u for every critical
    (u, v) are a realizer. For let u come before v in all of them, with u, v incomparable. If
    (u, v) is not critical, then some a < u is not before v, hence incomparable to v, and a too
    comes before v in all of them; or likewise some b > v comes after u in all. Replace u by a, or
    v by b. This ends, at a critical pair, which is a contradiction.

    Parameters
    ----------
    closure, converse
        Packed reflexive order ``(n, w)`` and its transpose.
    edges
        ``(E, 2)`` edges whose closure it is, sorted by source.
    """
    n = len(closure)
    everything = bitsets.pack(np.ones(n, dtype=bool))
    itself = bitsets.pack(np.zeros((n, n), dtype=bool))
    bitsets.add(itself, np.arange(n), np.arange(n))
    later = np.tile(everything, (n, 1))  # row u: the v that all predecessors of u precede
    earlier = np.tile(everything, (n, 1))  # row v: the u that all successors of v succeed
    strictly_after, strictly_before = closure & ~itself, converse & ~itself
    for source, target in edges.tolist():
        later[target] &= strictly_after[source]
        earlier[source] &= strictly_before[target]
    critical: Words = later & bitsets.transpose(earlier, n) & ~closure & ~converse
    return critical


def greedy_extension(closure: Words, converse: Words, wanted: Words) -> Ints:
    """Linear extension that realises many wanted pairs -> int64 ``(n,)``, vertices in sequence.

    Vertices with the most wanted pairs first, each is pushed after all its wanted partners that
    no path forbids by now; then the vertices are sorted by the middle of the first and the last
    place that they can have. Where dates are known, this puts them closer to these than the first
    possible place does.

    Parameters
    ----------
    closure, converse
        Packed reflexive order ``(n, w)`` and its transpose.
    wanted
        Packed ``(n, w)``: in row x, the vertices that should come before x; all incomparable
        to x.
    """
    n = len(closure)
    after, before = closure.copy(), converse.copy()
    counts = bitsets.sizes(wanted)
    for vertex in np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)].tolist():
        partners = bitsets.members(wanted[vertex] & ~after[vertex], n)
        if len(partners):
            down = np.bitwise_or.reduce(before[partners], axis=0) & ~before[vertex]
            up = after[vertex].copy()
            after[bitsets.members(down, n)] |= up
            before[bitsets.members(up, n)] |= down
    # First place: as many as precede; last: all but those that follow. The order is kept, for on
    # the way along an edge one number grows and the other falls.
    return np.argsort(bitsets.sizes(before) - bitsets.sizes(after), kind="stable")


def drop_realised(wanted: Words, sequence: Ints) -> None:
    """Remove from ``wanted``, in place, the pairs that a linear extension has in sequence."""
    so_far = np.zeros(wanted.shape[1], dtype=np.uint64)
    for vertex in sequence.tolist():
        wanted[vertex] &= ~so_far
        so_far[vertex >> 6] |= np.uint64(1 << (vertex & 63))


def random_extension(reachability: Reachability, generator: np.random.Generator) -> Ints:
    """Random depth-first linear extension of the components.

    Linear in the graph. Depth-first order keeps subtrees together, so that two of them in random
    sequence leave few incomparable pairs of a tree-like order in the same sequence.
    """
    n, edges = reachability.components, reachability.edges
    shuffle = generator.permutation(n)
    by_source = edges[np.lexsort((shuffle[edges[:, 1]], edges[:, 0]))]
    first = np.searchsorted(by_source[:, 0], np.arange(n + 1)).tolist()
    targets = by_source[:, 1].tolist()
    missing = np.bincount(edges[:, 1], minlength=n).tolist()
    sources = np.flatnonzero(np.array(missing) == 0)
    stack = sources[np.argsort(shuffle[sources])].tolist()
    sequence: list[int] = []
    while stack:
        vertex = stack.pop()
        sequence.append(vertex)
        for target in targets[first[vertex] : first[vertex + 1]]:
            missing[target] -= 1
            if not missing[target]:
                stack.append(target)
    return np.array(sequence, dtype=np.int64)
