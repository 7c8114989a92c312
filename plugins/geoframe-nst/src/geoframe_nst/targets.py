"""Which pairs of nodes have their distance trained, and to what."""

from __future__ import annotations

import numpy as np

from geoframe_data.graph import Floats, Graph, Ints
from geoframe_embedding.distances import PathDistances
from geoframe_embedding.pairs import Pairs, choose_pairs


def edge_targets(graph: Graph) -> tuple[Ints, Floats]:
    """The edges ``(e, 2)`` and their weights ``(e,)``."""
    return graph.edges, graph.lengths


def path_targets(graph: Graph, *, pairs: int, seed: int) -> tuple[Ints, Floats]:
    """Pairs of nodes and the lengths of the shortest undirected paths between them.

    The ends of every edge are a pair; an edge longer than a way around it gets the length of that
    way. Pairs that no path connects have no distance.

    Parameters
    ----------
    graph
        The graph.
    pairs
        Most random pairs; all pairs are taken where they are fewer.
    seed
        Seed of the choice.

    Returns
    -------
    tuple
        Pairs ``(p, 2)`` and lengths ``(p,)``.
    """
    paths = PathDistances(count=len(graph), edges=graph.edges, lengths=graph.lengths)
    chosen = choose_pairs(paths, pairs, seed=seed)
    chosen = chosen.where(np.isfinite(chosen.given) & (chosen.given > 0))
    if chosen.complete:
        return chosen.index, chosen.given
    return (
        np.concatenate([graph.edges, chosen.index]),
        np.concatenate([paths.between(*graph.edges.T), chosen.given]),
    )


def off_the_edges(graph: Graph, sources: Ints, rows: Floats, *, pairs: int, seed: int) -> Pairs:
    """Connected pairs of nodes that no edge joins, from some sources; at most ``pairs``.

    Parameters
    ----------
    graph
        The graph.
    sources
        Nodes that the pairs start from ``(k,)``, in increasing order.
    rows
        Path lengths from these to all ``(k, n)``, infinite where there is no path.
    pairs
        Most pairs.
    seed
        Seed of the choice among more.
    """
    candidates = np.isfinite(rows) & (rows > 0)
    for ends in (graph.edges, graph.edges[:, ::-1]):
        place = np.searchsorted(sources, ends[:, 0])
        place[place == len(sources)] = 0
        known = sources[place] == ends[:, 0]
        candidates[place[known], ends[known, 1]] = False
    row, second = np.nonzero(candidates)
    complete = len(row) <= pairs
    if not complete:
        kept = np.random.default_rng(seed).choice(len(row), pairs, replace=False)
        row, second = row[kept], second[kept]
    return Pairs(first=sources[row], second=second, given=rows[row, second], complete=complete)
