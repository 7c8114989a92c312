"""Which geometry do the data have? Shortest paths over near rows, embedded in each of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial.distance import cdist

from geoframe_embedding.choices import Choice
from geoframe_embedding.distances import PathDistances
from geoframe_embedding.geometry_choice import rank_geometries
from geoframe_lgi.branches.nearest import NearestRows
from geoframe_lgi.task import NodeTask

MOST_ROWS = 1500
"""Rows that are looked at: all of them up to so many, else as many random ones."""


def neighbor_paths(task: NodeTask, k: int = 8) -> PathDistances:
    """Path lengths over the k nearest rows of each row, joined by a minimum spanning tree."""
    rows = np.random.default_rng(0).permutation(len(task))[:MOST_ROWS]
    chosen = NodeTask(
        names=tuple(task.names[row] for row in rows),
        features=task.features[rows],
        kind=task.kind,
        target=task.target[rows],
        outputs=task.outputs,
        words=task.words,
    )
    nearest = NearestRows(chosen, k)
    apart = cdist(nearest.stored, nearest.stored)
    smallest = apart[apart > 0].min(initial=1.0)
    tree = coo_array(minimum_spanning_tree(np.maximum(apart, smallest)))
    edges = np.concatenate([nearest.edges(), np.stack([tree.row, tree.col], axis=1)])
    edges = np.unique(np.sort(edges, axis=1), axis=0)
    lengths = np.maximum(apart[edges[:, 0], edges[:, 1]], smallest)
    return PathDistances(count=len(chosen), edges=edges, lengths=lengths)


def rank_by_stress(
    task: NodeTask, geometries: Sequence[Choice], dim: int = 2, seeds: Sequence[int] = (0, 1, 2)
) -> pd.DataFrame:
    """Rank geometries by how well they hold the rows' paths; labels are not looked at.

    See :func:`geoframe_embedding.geometry_choice.rank_geometries` for the columns.
    """
    return rank_geometries(neighbor_paths(task), geometries, dim, seeds)
