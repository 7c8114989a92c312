"""Embeddings that the tests ask."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import torch

from geoframe.embedders.table import Table
from geoframe_embedding.distances import Floats
from geoframe_embedding.embedding import EmbeddedItems
from geoframe_embedding.trained import TrainedEmbedding
from geoframe_spaces.euclidean import Euclidean


class Trained(TrainedEmbedding):
    """A trained embedding without a format of its own."""

    def apply(self, data: Path) -> pd.DataFrame:
        raise NotImplementedError


def at(points: Floats, scale: float = 1.0) -> Trained:
    """Items 0, 1, ... at points ``(n, d)`` of flat space, with a unit of length."""
    table = Table(*points.shape)
    embedding = EmbeddedItems(table, Euclidean(points.shape[1]), torch.arange(len(points)))
    embedding = embedding.double()
    with torch.no_grad():
        table.rows.copy_(torch.from_numpy(points))
        embedding.scale.fill_(scale)
    return Trained(embedding, [str(item) for item in range(len(points))])


def random_points(n: int, dim: int = 2, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).standard_normal((n, dim))
