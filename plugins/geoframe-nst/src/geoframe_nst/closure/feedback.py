"""Minimum feedback arc sets: the fewest edges without which a graph has no cycle."""

from __future__ import annotations

import time
from collections.abc import Iterable

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array
from scipy.sparse.csgraph import shortest_path

from geoframe_nst.closure.bitsets import Ints
from geoframe_nst.closure.strong_components import strong_components

Floats = NDArray[np.float64]
EXACT_NODES = 2000
"""Largest strongly connected component that the exact search is tried on."""


@attrs.frozen(kw_only=True)
class FeedbackArcSet:
    """Ints whose removal leaves no cycle."""

    removed: Ints
    """int64 ``(k,)``: positions of the removed edges, increasing."""
    optimal: bool
    """Whether no set of smaller total weight exists."""
    weight: float
    """Total weight of the removed edges."""
    lower_bound: float
    """Proven: no set has a smaller total weight. Equals ``weight`` if optimal."""


def feedback_arc_set(
    n: int, edges: ArrayLike, *, weights: ArrayLike | None = None, seconds: float = 60.0
) -> FeedbackArcSet:
    """Find edges of least total weight that meet every cycle.

    Every strongly connected component is solved on its own: an integer programme (HiGHS) with one
    binary variable per edge and one constraint per cycle, of which only those are added that the
    last solution violates. Its optimum is a lower bound at any time, and the solution once it
    leaves no cycle. When time is up, a greedy order of the nodes (Eades, Lin and Smyth 1993), less
    the edges it did not need to break, takes the place of the
    solution; likewise in components of more than 2000 nodes.

    Parameters
    ----------
    n
        Number of nodes.
    edges
        ``(E, 2)``; self-loops are cycles, so they are always removed.
    weights
        ``(E,)`` positive cost of removing each edge; 1 each if left out.
    seconds
        Time limit of the exact search, over all components.
    """
    given = np.asarray(edges, dtype=np.int64).reshape(-1, 2)
    given_cost = np.ones(len(given)) if weights is None else np.asarray(weights, dtype=np.float64)
    # Parallel edges go together, for the sum of their costs.
    edges, copy_of = np.unique(given, axis=0, return_inverse=True)
    copy_of = copy_of.reshape(-1)
    cost = np.bincount(copy_of, weights=given_cost, minlength=len(edges))
    deadline = time.monotonic() + seconds
    loops = edges[:, 0] == edges[:, 1]
    removed = loops.copy()
    bound = float(cost[loops].sum())
    labels = strong_components(edges, n)
    inside = np.flatnonzero((labels[edges[:, 0]] == labels[edges[:, 1]]) & ~loops)
    # Small components first, so that a hard one does not use up the time of the others.
    components = [
        inside[labels[edges[inside, 0]] == label] for label in np.unique(labels[edges[inside, 0]])
    ]
    for component in sorted(components, key=len):
        chosen, component_bound = _break_component(edges[component], cost[component], deadline)
        removed[component[chosen]] = True
        bound += component_bound
    weight = float(cost[removed].sum())
    optimal = bound >= weight * (1 - 1e-9)
    return FeedbackArcSet(
        removed=np.flatnonzero(removed[copy_of]),
        optimal=optimal,
        weight=weight,
        lower_bound=weight if optimal else bound,
    )


def _break_component(edges: Ints, cost: Floats, deadline: float) -> tuple[NDArray[np.bool_], float]:
    """Ints of one component to remove, as a mask, and a lower bound of their total cost."""
    nodes, edges = np.unique(edges, return_inverse=True)
    edges = edges.reshape(-1, 2)
    best = _backward(edges, _greedy_order(len(nodes), edges, cost))
    bound = float(cost.min())
    if len(nodes) > EXACT_NODES:
        return best, bound
    best = _pruned(edges, cost, best)
    cycles: dict[frozenset[int], None] = dict.fromkeys(
        _violated(len(nodes), edges, np.zeros(len(edges), dtype=bool))
    )
    while (left := deadline - time.monotonic()) > 0:
        members = [np.fromiter(cycle, dtype=np.int64) for cycle in cycles]
        ends = np.cumsum([0, *map(len, members)])
        rows = csr_array(
            (np.ones(ends[-1]), np.concatenate(members), ends), shape=(len(members), len(edges))
        )
        solution = milp(
            cost,
            constraints=LinearConstraint(rows, lb=1),
            integrality=np.ones(len(edges)),
            bounds=Bounds(0, 1),
            options={"time_limit": left},
        )
        if solution.mip_dual_bound is not None:
            bound = max(bound, _rounded_up(float(solution.mip_dual_bound), cost))
        if solution.x is None:
            break
        chosen = solution.x > 0.5
        violated = _violated(len(nodes), edges, chosen)
        candidate = _pruned(edges, cost, chosen | _leftover(edges, cost, chosen))
        if cost[candidate].sum() < cost[best].sum():
            best = candidate
        if not violated or bound >= cost[best].sum() * (1 - 1e-9):
            break
        cycles.update(dict.fromkeys(violated))
    return best, min(bound, float(cost[best].sum()))


def _rounded_up(bound: float, cost: Floats) -> float:
    """With integral costs the optimum is an integer."""
    return float(np.ceil(bound - 1e-6)) if (cost == np.rint(cost)).all() else bound


def _violated(n: int, edges: Ints, chosen: NDArray[np.bool_]) -> list[frozenset[int]]:
    """A shortest cycle through every edge that still lies on one once ``chosen`` are removed."""
    kept = np.flatnonzero(~chosen)
    labels = strong_components(edges[kept], n)
    kept = kept[labels[edges[kept, 0]] == labels[edges[kept, 1]]]
    if not len(kept):
        return []
    source, target = edges[kept].T
    graph = csr_array((np.ones(len(kept)), (source, target)), shape=(n, n))
    number = {(int(u), int(v)): int(e) for u, v, e in zip(source, target, kept, strict=True)}
    starts, where = np.unique(target, return_inverse=True)
    _, before = shortest_path(
        graph, method="D", unweighted=True, indices=starts, return_predecessors=True
    )
    found: dict[frozenset[int], None] = {}
    for edge, row, node in zip(kept.tolist(), where.tolist(), source.tolist(), strict=True):
        cycle = [edge]
        while node != starts[row]:
            previous = int(before[row, node])
            cycle.append(number[previous, node])
            node = previous
        found[frozenset(cycle)] = None
    return [*found]


def _leftover(edges: Ints, cost: Floats, chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Ints that break the cycles left once ``chosen`` are removed."""
    kept = np.flatnonzero(~chosen)
    leftover = np.zeros(len(edges), dtype=bool)
    order = _greedy_order(int(edges.max()) + 1, edges[kept], cost[kept])
    leftover[kept] = _backward(edges[kept], order)
    return leftover


def _backward(edges: Ints, order: Ints) -> NDArray[np.bool_]:
    position = np.empty(len(order), dtype=np.int64)
    position[order] = np.arange(len(order))
    backward: NDArray[np.bool_] = position[edges[:, 0]] > position[edges[:, 1]]
    return backward


def _pruned(edges: Ints, cost: Floats, removed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Put back, the dearest first, every removed edge that closes no cycle with the others."""
    after: dict[int, set[int]] = {}
    for source, target in edges[~removed].tolist():
        after.setdefault(source, set()).add(target)
    result = removed.copy()
    for edge in sorted(np.flatnonzero(removed).tolist(), key=lambda edge: -cost[edge]):
        source, target = edges[edge].tolist()
        if source not in _reached(after, target):
            after.setdefault(source, set()).add(target)
            result[edge] = False
    return result


def _reached(after: dict[int, set[int]], start: int) -> set[int]:
    seen, stack = {start}, [start]
    while stack:
        new: Iterable[int] = after.get(stack.pop(), set()) - seen
        seen.update(new)
        stack.extend(new)
    return seen


def _greedy_order(n: int, edges: Ints, cost: Floats) -> Ints:
    """Order of the nodes with little weight going backward (Eades, Lin and Smyth 1993).

    Sinks go last, sources first, and else the node with the largest surplus of outgoing weight
    goes first.
    """
    matrix = csr_array((cost, edges.T), shape=(n, n))
    out_rows, in_rows = matrix, matrix.T.tocsr()
    outgoing, incoming = matrix.sum(axis=1), matrix.sum(axis=0)
    left = np.ones(n, dtype=bool)
    first: list[int] = []
    last: list[int] = []
    for _ in range(n):
        tiny = 1e-12
        sinks = np.flatnonzero(left & (outgoing <= tiny))
        sources = np.flatnonzero(left & (incoming <= tiny))
        if len(sinks):
            node = int(sinks[0])
            last.append(node)
        elif len(sources):
            node = int(sources[0])
            first.append(node)
        else:
            node = int(np.where(left, outgoing - incoming, -np.inf).argmax())
            first.append(node)
        left[node] = False
        for rows, sums in ((out_rows, incoming), (in_rows, outgoing)):
            low, high = rows.indptr[node], rows.indptr[node + 1]
            sums[rows.indices[low:high]] -= rows.data[low:high]
    return np.array(first + last[::-1], dtype=np.int64)
