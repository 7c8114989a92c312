"""Time coordinates in closed form: linear extensions whose intersection is the order."""

from __future__ import annotations

import time

import attrs
import numpy as np

from geoframe_nst import bitsets
from geoframe_nst.bitsets import Ints
from geoframe_nst.extensions import (
    critical_pairs,
    drop_realised,
    greedy_extension,
    random_extension,
)
from geoframe_nst.modules import Contraction, contract, transitive_reduction
from geoframe_nst.reachability import Reachability

DEFAULT_MEMORY_BUDGET = 2**31
"""Bytes for the packed relations of the greedy search: enough for 50 000 vertices."""
RELATIONS = 7
"""Packed relations that are alive at a time."""
RANDOM_DIM = 10
"""Extensions drawn at random where the greedy search does not fit and no number is given."""


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
    seconds: float | None = None,
    seed: int = 0,
    memory_budget: int = DEFAULT_MEMORY_BUDGET,
) -> Realizer:
    """Find few linear extensions whose intersection is the order of ``reachability``.

    Series and parallel modules are contracted first; what is left is settled greedily, one
    extension at a time, each of which puts as many as it can of the critical pairs that are left
    in the sequence they need. Where the packed relations would not fit into ``memory_budget``,
    random depth-first extensions are drawn instead. Nodes on a common cycle get the same ranks.

    Parameters
    ----------
    reachability
        The order.
    max_dim
        Most extensions; None for as many as exactness needs.
    seconds
        Time after which no further extension is begun.
    seed
        Seed of the random extensions.

    Returns
    -------
    Realizer
        Ranks ``(n, T)`` and whether they are exact. T is at least 1.
    """
    if max_dim is not None and max_dim < 1:
        raise ValueError(f"max_dim must be at least 1, got {max_dim}")
    deadline = None if seconds is None else time.monotonic() + seconds
    contraction = contract(reachability.components, transitive_reduction(reachability))
    rest = Reachability(len(contraction.modules), contraction.edges)
    needed = RELATIONS * 8 * rest.components * bitsets.words_for(rest.components)
    if needed > memory_budget:
        generator = np.random.default_rng(seed)
        sequences = [
            random_extension(reachability, generator) for _ in range(max_dim or RANDOM_DIM)
        ]
        exact = False
    else:
        sequences, exact = _settle(contraction, rest, max_dim, deadline)
    ranks = np.empty((reachability.components, len(sequences)), dtype=np.int64)
    for column, sequence in enumerate(sequences):
        ranks[sequence, column] = np.arange(reachability.components)
    return Realizer(ranks=ranks[reachability.component], exact=exact)


def _settle(
    contraction: Contraction, rest: Reachability, max_dim: int | None, deadline: float | None
) -> tuple[list[Ints], bool]:
    """Extensions of all vertices, and whether they are a realizer."""
    closure = rest.closure()
    converse = bitsets.transpose(closure, rest.components)
    wanted = critical_pairs(closure, converse, rest.edges)
    vertex_of = np.argsort(rest.component)
    sequences: list[Ints] = []
    least = 2 if contraction.parallel else 1
    while len(sequences) < least or wanted.any():
        late = deadline is not None and sequences and time.monotonic() > deadline
        if late or len(sequences) == max_dim:
            return sequences, False
        sequence = greedy_extension(closure, converse, wanted)
        drop_realised(wanted, sequence)
        sequences.append(contraction.expand(vertex_of[sequence], flip=bool(sequences)))
    return sequences, True
