"""What distances say of pairs that no edge joins: against the lengths of paths."""

from __future__ import annotations

import attrs
import numpy as np

from geoframe_data.graph import Floats, Graph, Ints
from geoframe_embedding.comparison import ratios_of
from geoframe_embedding.distances import PairDistances, PathDistances
from geoframe_embedding.neighbors import KEPT, measure_neighbors
from geoframe_embedding.pairs import Pairs
from geoframe_nst.targets import off_the_edges

SOURCES = 128
"""Nodes from which paths are measured, at most."""


@attrs.frozen(kw_only=True, eq=False)
class PathSample:
    """Lengths of the shortest undirected paths from some nodes of a graph, drawn at random."""

    given: PairDistances
    """Path lengths."""
    pairs: Pairs
    """Connected pairs that no edge joins."""
    ranked: Ints
    """Nodes whose ten nearest are compared: those that paths connect with as many."""

    def measures(self, embedded: PairDistances) -> dict[str, float]:
        """Measures of an embedding over these pairs under their names; none without pairs.

        ``neighbors_kept_10`` counts all nodes, those that an edge joins too.
        """
        found = ratios_of(embedded, self.pairs).measures("pairs")
        if len(self.ranked):
            kept = measure_neighbors(self.given, embedded, self.ranked).kept
            found[f"neighbors_kept_{KEPT}"] = kept
        return found


def sample_paths(graph: Graph, *, pairs: int, seed: int) -> PathSample:
    """Measure paths from up to 128 nodes, and draw pairs off the edges.

    Parameters
    ----------
    graph
        The graph; the directions of its edges do not matter.
    pairs
        Most pairs.
    seed
        Seed of the draws.
    """
    n = len(graph)
    sources = np.sort(np.random.default_rng(seed).permutation(n)[:SOURCES])
    paths = PathDistances(count=n, edges=graph.edges, lengths=graph.lengths)
    rows = paths.rows(sources)
    enough = (np.isfinite(rows) & (rows > 0)).sum(axis=1) >= KEPT
    return PathSample(
        given=_Rows(sources=sources, matrix=rows),
        pairs=off_the_edges(graph, sources, rows, pairs=pairs, seed=seed),
        ranked=sources[enough],
    )


@attrs.frozen(kw_only=True, eq=False)
class _Rows:
    """Distances of which only the rows of some items are there."""

    sources: Ints
    matrix: Floats

    def __len__(self) -> int:
        return int(self.matrix.shape[1])

    def rows(self, items: Ints) -> Floats:
        found: Floats = self.matrix[np.searchsorted(self.sources, items)]
        return found

    def between(self, first: Ints, second: Ints) -> Floats:
        found: Floats = self.matrix[np.searchsorted(self.sources, first), second]
        return found
