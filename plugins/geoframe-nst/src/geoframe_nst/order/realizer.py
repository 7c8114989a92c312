"""Time coordinates in closed form: linear extensions whose intersection is the order."""

from __future__ import annotations

import attrs
import numpy as np

from geoframe_nst.closure import bitsets
from geoframe_nst.closure.bitsets import Ints
from geoframe_nst.closure.reachability import Reachability
from geoframe_nst.config import DEFAULT_WORK
from geoframe_nst.order.extensions import (
    critical_pairs,
    drop_realised,
    greedy_extension,
    random_extension,
)
from geoframe_nst.order.modular_decomposition import Contraction, contract, transitive_reduction

DEFAULT_MEMORY_BUDGET = 2**31
"""Bytes for the packed relations of the greedy search: enough for 49 000 vertices after
contraction."""
RELATIONS = 7
"""Packed relations that are alive at a time."""
RANDOM_DIM = 32
"""Extensions, the random ones included, where the greedy search cannot finish and no number is
given."""
LIKELY_DIM = 4
"""Extensions that the search is taken to need before its rate is known."""


@attrs.frozen(kw_only=True)
class Realizer:
    """Linear extensions of a partial order, as coordinates of its elements."""

    ranks: Ints
    """int64 ``(n, T)``; u precedes v iff no rank of u is larger than that of v."""
    exact: bool
    """Whether this holds for all pairs. If not, it still holds for all u that do precede v, and
    some incomparable pairs are ordered too."""


def realizer(
    reachability: Reachability,
    *,
    max_dim: int | None = None,
    work: float = DEFAULT_WORK,
    seed: int = 0,
    memory_budget: int = DEFAULT_MEMORY_BUDGET,
) -> Realizer:
    """Find few linear extensions whose intersection is the order of ``reachability``.

    Series and parallel modules are contracted first; what is left is settled greedily, one
    extension at a time, each of which puts as many as it can of the critical pairs that are left
    in the sequence they need. Where the packed relations would not fit into ``memory_budget``, or
    the search, at the rate at which it settles pairs, would take more than ``work``, random
    depth-first extensions are drawn instead. Nodes on a common cycle get the same ranks.

    Parameters
    ----------
    reachability
        The order.
    max_dim
        Most extensions; None for as many as exactness needs.
    work
        Most billions (10^9) of operations on 64-bit words that the greedy search may take. Work is
        counted and not timed, so that a graph gets the same extensions on every machine.
    seed
        Seed of the random extensions.

    Returns
    -------
    Realizer
        Ranks ``(n, T)`` and whether they are exact. T is at least 1.
    """
    if max_dim is not None and max_dim < 1:
        raise ValueError(f"max_dim must be at least 1, got {max_dim}")
    contraction = contract(reachability.components, transitive_reduction(reachability))
    rest = Reachability(len(contraction.modules), contraction.edges)
    relation = rest.components * bitsets.words_for(rest.components)
    sequences: list[Ints] = []
    exact = False
    if RELATIONS * 8 * relation <= memory_budget:
        # An extension updates at most one row per pair of vertices.
        affordable = int(1e9 * work / (rest.components * relation))
        sequences, exact = _settle(contraction, rest, max_dim, affordable)
    if not exact:
        generator = np.random.default_rng(seed)
        for _ in range(len(sequences), max_dim or RANDOM_DIM):
            sequences.append(random_extension(reachability, generator))
    ranks = np.empty((reachability.components, len(sequences)), dtype=np.int64)
    for column, sequence in enumerate(sequences):
        ranks[sequence, column] = np.arange(reachability.components)
    return Realizer(ranks=ranks[reachability.component], exact=exact)


def _settle(
    contraction: Contraction, rest: Reachability, max_dim: int | None, affordable: int
) -> tuple[list[Ints], bool]:
    """Extensions of all vertices, and whether they are a realizer.

    Gives up as soon as ``affordable`` extensions will not be enough, unless ``max_dim`` are.
    """
    closure = rest.closure()
    converse = bitsets.transpose(closure, rest.components)
    wanted = critical_pairs(closure, converse, rest.edges)
    vertex_of = np.argsort(rest.component)
    sequences: list[Ints] = []
    least = 2 if contraction.parallel else 1
    total = left = int(bitsets.sizes(wanted).sum())
    expected = LIKELY_DIM
    while len(sequences) < least or left:
        if len(sequences) == max_dim or min(expected, max_dim or expected) > affordable:
            return sequences, False
        sequence = greedy_extension(closure, converse, wanted)
        drop_realised(wanted, sequence)
        sequences.append(contraction.expand(vertex_of[sequence], flip=bool(sequences)))
        left = int(bitsets.sizes(wanted).sum())
        if left:  # every extension settles a pair, so that total > left
            expected = -(-total * len(sequences) // (total - left))
    return sequences, True
