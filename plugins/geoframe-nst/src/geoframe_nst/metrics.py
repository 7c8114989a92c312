"""How well a spacetime fits: distances against weights, order against the graph.

Order coordinates everywhere are ``(n, T)`` numbers: u precedes v iff none of u's is larger than
v's. An edge u -> v means that u precedes v.
"""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from geoframe_embedding.measures import spearman
from geoframe_nst.closure import bitsets
from geoframe_nst.closure.bitsets import Bools, Ints
from geoframe_nst.closure.feedback import feedback_arc_set
from geoframe_nst.closure.reachability import Reachability

Floats = NDArray[np.float64]
Numbers = NDArray[Any]
EXACT_NODES = 10_000
"""Up to so many nodes all pairs are looked at."""
BLOCK_PAIRS = 2**25
"""Pairs looked at in one go; each takes a few bytes."""


def distortion_paper(weights: ArrayLike, distances: ArrayLike) -> dict[str, float]:
    """Published distortion of edges: mean, deviation and largest of weight / distance ``(E,)``.

    Too large and too small ratios cancel in the mean; a distance of 0 gives infinite values,
    not an error.
    """
    weight = np.asarray(weights, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = weight / np.asarray(distances, dtype=np.float64)
        return {
            "distortion_mean_paper": float(ratio.mean()),
            "distortion_std_paper": float(ratio.std(ddof=1)) if len(ratio) > 1 else 0.0,
            "distortion_max_paper": float(ratio.max()),
        }


def directionality(times: ArrayLike, edges: ArrayLike, *, strict: bool = False) -> float:
    """Share of edges u -> v with u before v.

    Parameters
    ----------
    times
        Order coordinates ``(n, T)``.
    edges
        ``(E, 2)``; self-loops are left out.
    strict
        Whether events with equal coordinates count as wrong. The published measure counts them
        as right, so that a constant time scores 1; only the strict one obeys
        :func:`directionality_ceiling`.
    """
    coordinates = np.asarray(times)
    pairs = _without_loops(edges)
    right = _precedes(coordinates, pairs)
    if strict:
        right &= (coordinates[pairs[:, 0]] != coordinates[pairs[:, 1]]).any(axis=1)
    return float(right.mean())


@attrs.frozen(kw_only=True)
class Ceiling:
    """The highest strict directionality that cycles leave possible."""

    value: float
    """Proven: no order of the nodes honours a larger share of the edges."""
    attained: float
    """Share of the edges that an order found here honours; equals ``value`` if ``exact``."""
    exact: bool


def directionality_ceiling(n: int, edges: ArrayLike, *, seconds: float = 60.0) -> Ceiling:
    """Highest strict directionality of any order: what a minimum feedback arc set leaves.

    Parameters
    ----------
    n
        Number of nodes.
    edges
        ``(E, 2)``; self-loops are left out.
    seconds
        Time limit; afterwards ``value`` is an upper and ``attained`` a lower bound.
    """
    pairs = _without_loops(edges)
    result = feedback_arc_set(n, pairs, seconds=seconds)
    return Ceiling(
        value=1 - result.lower_bound / len(pairs),
        attained=1 - result.weight / len(pairs),
        exact=result.optimal,
    )


@attrs.frozen(kw_only=True)
class OrderQuality:
    """A model's order against the transitive closure. Pairs on a common cycle do not count."""

    closure_recall: float
    """Share of the pairs (u, v), v reachable from u, that the model puts in order."""
    false_causality: float
    """Share of the ordered pairs (u, v) without a path either way that the model puts in order:
    0.5 for a total order, 1 for a constant time."""
    precision: float
    """Share of true pairs among all that the model puts in order."""
    comparable_tested: int
    """Pairs that recall was measured on."""
    incomparable_tested: int
    """Pairs that false causality was measured on."""
    sampled: bool
    """Whether these pairs are random samples rather than all."""


def order_quality(
    times: ArrayLike,
    reachability: Reachability,
    *,
    pairs: int = 2_000_000,
    exact_nodes: int = EXACT_NODES,
    seed: int = 0,
) -> OrderQuality:
    """Measure recall, false causality and precision of order coordinates.

    Parameters
    ----------
    times
        Order coordinates ``(n, T)``.
    reachability
        The true order.
    pairs
        Pairs of each sort that are drawn where there are more than ``exact_nodes`` nodes.
    seed
        Seed of the sample.

    Notes
    -----
    A share of no pairs at all is reported as NaN. Blocks of rows keep the memory below about
    200 MiB beyond the closure itself.
    """
    coordinates = np.asarray(times)
    if reachability.n <= exact_nodes:
        forward, backward, false = _count_all(coordinates, reachability)
        comparable, incomparable = reachability.comparable, reachability.incomparable
        return OrderQuality(
            closure_recall=_share(forward, comparable),
            false_causality=_share(false, incomparable),
            precision=_share(forward, forward + backward + false),
            comparable_tested=comparable,
            incomparable_tested=incomparable,
            sampled=False,
        )
    generator = np.random.default_rng(seed)
    reached = reachability.sample_comparable(pairs, generator)
    recall = _share(_precedes(coordinates, reached).sum(), len(reached))
    reverse = _share(_precedes(coordinates, reached[:, ::-1]).sum(), len(reached))
    apart = generator.integers(0, reachability.n, (pairs, 2))
    joined = reachability.reaches(apart[:, 0], apart[:, 1])
    joined |= reachability.reaches(apart[:, 1], apart[:, 0])
    apart = apart[~joined]
    false_share = _share(_precedes(coordinates, apart).sum(), len(apart))
    # Each sample stands for all pairs of its sort.
    sorts = (
        (recall, reachability.comparable),
        (reverse, reachability.comparable),
        (false_share, reachability.incomparable),
    )
    ordered = [share * count for share, count in sorts if count]
    return OrderQuality(
        closure_recall=recall,
        false_causality=false_share,
        precision=_share(recall * reachability.comparable, sum(ordered)),
        comparable_tested=len(reached),
        incomparable_tested=len(apart),
        sampled=True,
    )


@attrs.frozen(kw_only=True)
class TimeCorrelation:
    """Spearman's rank correlation of order coordinates with known times."""

    mean_rank: float
    """Of the mean of a node's ranks over all coordinates: the order's one common time."""
    coordinates: Floats
    """Of each coordinate ``(T,)``."""
    nodes: int
    """Nodes whose time is known."""


def time_correlation(times: ArrayLike, known: ArrayLike) -> TimeCorrelation:
    """Correlate order coordinates ``(n, T)`` with known times ``(n,)``, NaN where unknown.

    The correlation with a constant is NaN.
    """
    when = np.asarray(known, dtype=np.float64)
    there = ~np.isnan(when)
    ranks = rankdata(np.asarray(times)[there], axis=0)
    columns = np.column_stack([ranks.mean(axis=1), ranks])
    correlations = np.array([spearman(column, when[there]) for column in columns.T])
    return TimeCorrelation(
        mean_rank=float(correlations[0]), coordinates=correlations[1:], nodes=int(there.sum())
    )


def _share(part: float, whole: float) -> float:
    return float(part) / float(whole) if whole else float("nan")


def _without_loops(edges: ArrayLike) -> Ints:
    pairs = np.asarray(edges, dtype=np.int64).reshape(-1, 2)
    kept: Ints = pairs[pairs[:, 0] != pairs[:, 1]]
    return kept


def _precedes(times: Numbers, pairs: Ints) -> Bools:
    """Whether the first of each pair precedes the second -> boolean ``(k,)``."""
    right = np.ones(len(pairs), dtype=bool)
    for column in times.T:
        right &= column[pairs[:, 0]] <= column[pairs[:, 1]]
    return right


def _ordered_rows(times: Numbers, low: int, high: int) -> Bools:
    """Whether nodes ``low ... high - 1`` precede each node -> boolean ``(high - low, n)``."""
    n, dims = times.shape
    ordered: Bools = times[low:high, 0, None] <= times[None, :, 0]
    for t in range(1, dims):
        if np.count_nonzero(ordered) * 8 < ordered.size:
            # Few are left: look only at these.
            left = np.flatnonzero(ordered)
            u, v = left // n + low, left % n
            wrong = np.zeros(len(left), dtype=bool)
            for rest in range(t, dims):
                wrong |= times[u, rest] > times[v, rest]
            ordered.flat[left[wrong]] = False
            break
        ordered &= times[low:high, t, None] <= times[None, :, t]
    return ordered


def _count_all(times: Numbers, reachability: Reachability) -> tuple[int, int, int]:
    """Pairs that the model orders: of the closure, of its converse, and incomparable ones."""
    n, component = reachability.n, reachability.component
    closure = reachability.closure()
    converse = bitsets.transpose(closure, reachability.components)
    counts = np.zeros(4, dtype=np.int64)
    rows = max(1, BLOCK_PAIRS // max(1, n))
    for low in range(0, n, rows):
        mine = component[low : low + rows]
        ordered = _ordered_rows(times, low, low + len(mine))
        counts[0] += np.count_nonzero(ordered)
        for index, relation in enumerate((closure, converse), start=1):
            related = bitsets.unpack(relation[mine], reachability.components)[:, component]
            counts[index] += np.count_nonzero(ordered & related)
        counts[3] += np.count_nonzero(ordered & (mine[:, None] == component))
    # Closure and converse both hold the pairs of a common component.
    every, forward, backward, mutual = counts.tolist()
    return forward - mutual, backward - mutual, every - forward - backward + mutual
