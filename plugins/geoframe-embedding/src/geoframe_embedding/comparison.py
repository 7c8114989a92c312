"""All measures of an embedding against the given distances, under their names. Torch-free."""

from __future__ import annotations

import numpy as np

from geoframe_embedding.distances import PairDistances
from geoframe_embedding.measures import Ratios
from geoframe_embedding.neighbors import (
    KEPT,
    Ranking,
    measure_neighbors,
    triplets_kept,
)
from geoframe_embedding.pairs import Pairs


def ratios_of(embedded: PairDistances, pairs: Pairs) -> Ratios:
    """Embedded against given distances of some pairs."""
    return Ratios(given=pairs.given, embedded=embedded.between(pairs.first, pairs.second))


def item_measures(
    given: PairDistances,
    embedded: PairDistances,
    *,
    ranked: int,
    seed: int,
    unit_edges: bool = False,
) -> dict[str, float]:
    """Triplets and neighbours under their names; NaN where the data do not allow a measure.

    Parameters
    ----------
    given, embedded
        The same items' distances.
    ranked
        Items from which all others are ranked, drawn at random.
    seed
        Seed of that draw, and of the triplets.
    unit_edges
        Whether the distances are steps in a graph with edges of one length, so that an item's
        neighbours are the ends of its edges: MAP and mean rank then end in ``_edges``, else in
        ``_pairs``.
    """
    items = np.sort(np.random.default_rng(seed).permutation(len(given))[:ranked])
    neighbors = measure_neighbors(given, embedded, items)
    return {
        "triplets": triplets_kept(given, embedded, seed=seed),
        f"neighbors_kept_{KEPT}": neighbors.kept,
        **ranking_measures(neighbors.ranking, "edges" if unit_edges else "pairs"),
    }


def ranking_measures(ranking: Ranking | None, relation: str) -> dict[str, float]:
    """MAP and mean rank under their names, which end in what counts as a neighbour."""
    return {
        f"map_{relation}": ranking.mean_average_precision if ranking else float("nan"),
        f"mean_rank_{relation}": ranking.mean_rank if ranking else float("nan"),
    }
