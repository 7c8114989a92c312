"""Scores of new rows by a trained latent network, over edges from its training rows."""

from __future__ import annotations

import zlib

import numpy as np
import torch
from numpy.typing import NDArray

from geoframe_lgi.network.objective import LatentGraphObjective
from geoframe_lgi.task import Scores

ROWS_AT_ONCE = 1000
"""New rows that are predicted together."""

Counts = list[dict[int, int]]
"""For each new row: training row -> number of drawn graphs in which it was a source."""


@torch.no_grad()
def predict_new(
    objective: LatentGraphObjective, features: NDArray[np.float32], seed: int
) -> tuple[Scores, Counts]:
    """Scores ``(m, c)`` of new rows ``(m, f)``, and who their sources were.

    A row's noise depends on the row and the seed alone, so its prediction does not depend on the
    others.
    """
    objective.eval()
    blocks = [
        _predict(objective, features[start : start + ROWS_AT_ONCE], seed)
        for start in range(0, len(features), ROWS_AT_ONCE)
    ]
    scores = [block for block, _ in blocks] or [np.zeros((0, objective.loss.outputs))]
    return np.concatenate(scores), [row for _, counts in blocks for row in counts]


def _predict(
    objective: LatentGraphObjective, features: NDArray[np.float32], seed: int
) -> tuple[Scores, Counts]:
    n = len(objective.features)
    joined = torch.cat([objective.features, torch.from_numpy(features)])
    counts: Counts = [{} for _ in features]
    scores = []
    generator = torch.Generator().manual_seed(seed)
    for number in range(objective.passes):
        seeds = [row_seed(row, seed, number) for row in features]
        found = objective.network(joined, generator, rows=n, seeds=seeds)
        scores.append(objective.loss.to_scores(found.logits[n:]))
        if found.samples[0].new is not None:
            for row, sources in zip(counts, found.samples[0].new.tolist(), strict=True):
                for source in sources:
                    row[source] = row.get(source, 0) + 1
    return np.mean(scores, axis=0), counts


def row_seed(row: NDArray[np.float32], seed: int, number: int) -> int:
    """Seed of a new row's noise in the graph of this number."""
    return zlib.crc32(row.tobytes() + f"{seed} {number}".encode())
