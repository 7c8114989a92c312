"""A trained embedding: questions, new items, and files for other tools."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from geoframe.errors import DataError
from geoframe.run.tables import frame_of
from geoframe_embedding.distances import Floats, Ints
from geoframe_embedding.embedding import EmbeddedItems, Points
from geoframe_embedding.export import export_embedding
from geoframe_embedding.placing import place
from geoframe_embedding.queries import NamedItems

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Pairwise = Callable[[Tensor, Tensor], Tensor]
"""From points ``(..., d)`` and ``(..., d)``, broadcast, to a value of each pair ``(...)``."""

PAIRS_AT_ONCE = 2**16
"""Pairs of items that are compared in one go."""


class TrainedEmbedding(NamedItems):
    """Items as points of a geometry, with their names; all queries are vectorised.

    Parameters
    ----------
    embedding
        The trained model.
    names
        ``n`` names, in the order of the model's inputs.
    """

    def __init__(self, embedding: Points, names: Sequence[str]) -> None:
        super().__init__(names)
        self.embedding = embedding.eval().requires_grad_(False)
        self.points: Tensor = embedding()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)} {self.noun}s in {self.embedding.geometry!r})"

    def between(self, first: Ints, second: Ints) -> Floats:
        """Distances of pairs of items ``(p,)`` in the unit of the data."""
        pairs = torch.from_numpy(np.stack([first, second], axis=-1))
        found: Floats = self.embedding.distances(pairs, self.points).double().numpy()
        return found

    def rows(self, items: Ints) -> Floats:
        """Distances from some items ``(k,)`` to all -> ``(k, n)``."""
        found = self.embedding.geometry.pairwise(self.points[items], self.points)
        rows: Floats = (self.embedding.scale * found).double().numpy()
        return rows

    def matrix(self, names: Sequence[str] | None = None) -> Floats:
        """All distances ``(n, n)`` of some items, or of all."""
        points = self.points if names is None else self.points[self.numbers(names)]
        found = self.embedding.geometry.pairwise(points, points)
        matrix: Floats = (self.embedding.scale * found).double().numpy()
        return matrix

    def nearest_items(self, items: Ints, k: int) -> tuple[Floats, Ints]:
        """Distances and numbers ``(m, k)`` of the nearest other items, nearest first."""
        k = min(k, len(self) - 1)
        found, numbers = self.embedding.geometry.nearest(self.points[items], self.points, k + 1)
        itself = numbers == torch.from_numpy(items).unsqueeze(1)
        itself[~itself.any(dim=1), -1] = True  # others at distance 0 came first: drop the last
        distances = found[~itself].view(len(items), k) * self.embedding.scale
        kept = numbers[~itself].view(len(items), k)
        return distances.double().numpy(), kept.numpy()

    def nearest_among(
        self, items: Ints, k: int, allowed: Callable[[Ints], NDArray[np.bool_]]
    ) -> tuple[Floats, Ints]:
        """Nearest other items among those allowed, as :meth:`nearest_items`; infinite if fewer.

        Parameters
        ----------
        allowed
            From some of the items ``(b,)`` to which of all are candidates of each ``(b, n)``.
        """
        k = min(k, len(self) - 1)
        here = self.points[items]
        distances = torch.empty(len(items), k, dtype=torch.float64)
        numbers = torch.empty(len(items), k, dtype=torch.int64)
        for block, rows in self.embedding.geometry.row_blocks(here, self.points):
            rows = rows.double()
            rows[torch.from_numpy(~allowed(items[block]))] = torch.inf
            rows[torch.arange(len(rows)), torch.from_numpy(items[block])] = torch.inf
            nearest, order = rows.topk(k, dim=1, largest=False)
            distances[block], numbers[block] = nearest * self.embedding.scale, order
        return distances.numpy(), numbers.numpy()

    def compare(self, function: Pairwise, first: Ints, second: Ints) -> Tensor:
        """Values of a function of the points of pairs of items ``(p,)``, a block at a time."""
        u, v = torch.from_numpy(first.copy()), torch.from_numpy(second.copy())
        blocks = zip(torch.split(u, PAIRS_AT_ONCE), torch.split(v, PAIRS_AT_ONCE), strict=True)
        return torch.cat([function(self.points[a], self.points[b]) for a, b in blocks])

    def points_of(self, names: Sequence[str]) -> NDArray[np.floating]:
        """Points ``(m, point_dim)`` of items.

        Raises
        ------
        DataError
            If a name is not known.
        """
        found: NDArray[np.floating] = self.points[self.numbers(names)].numpy()
        return found

    def to_frame(self) -> pd.DataFrame:
        """Every item's point, keyed by its name: ``point_0``, ``point_1``, ..."""
        return point_frame(self.names, self.points.numpy())

    def embed(self, features: NDArray[np.floating] | None) -> NDArray[np.floating]:
        """Points ``(m, point_dim)`` of new items with features ``(m, f)``.

        Raises
        ------
        DataError
            If the embedder does not map features, or their number differs.
        """
        embedding = self.embedding
        if not isinstance(embedding, EmbeddedItems) or embedding.inputs.ndim != 2:
            raise DataError(
                f"{self.noun}s not seen in training have no place by features: the run trained a "
                "point for each; run again with --set embedder.name=mlp and features"
            )
        if features is None or features.shape[1] != embedding.embedder.in_features:
            width = 0 if features is None else features.shape[1]
            raise DataError(
                f"the {self.noun}s have {width} features, and the run was trained on "
                f"{embedding.embedder.in_features} of them"
            )
        raw = embedding.embedder(torch.from_numpy(features).to(embedding.inputs.dtype))
        found: NDArray[np.floating] = self.project(raw).numpy()
        return found

    def project(self, raw: Tensor) -> Tensor:
        """Points of raw coordinates that the embedder gave."""
        return self.embedding.geometry.project(raw)

    def place(self, known: Sequence[str], distances: Floats) -> Floats:
        """Points ``(m, point_dim)`` of new items, by their distances to known ones.

        Parameters
        ----------
        known
            ``k`` names.
        distances
            ``(m, k)``, not negative; NaN where unknown, but not for all of an item's.

        Raises
        ------
        DataError
            If a name is not known, or a distance is negative or infinite, or all are unknown.
        """
        at = self.numbers(known)
        wrong = np.argwhere((distances < 0) | np.isinf(distances))
        if len(wrong):
            row, column = wrong[0]
            raise DataError(
                f"new {self.noun} {row + 1}: its distance to '{known[column]}' is "
                f"{distances[row, column]:g}; it must be finite and not negative"
            )
        nowhere = np.flatnonzero(np.isnan(distances).all(axis=1))
        if len(nowhere):
            raise DataError(f"new {self.noun} {nowhere[0] + 1}: no distance to a known one")
        targets = torch.tensor(distances, dtype=self.points.dtype)
        placed = place(self.embedding, self.points[at], targets)
        found: Floats = placed.double().numpy()
        return found

    def picture(self) -> Figure:
        """Draw the points on their first two principal axes."""
        from geoframe_embedding.figures import map_of_points

        return map_of_points(self.points.double().numpy(), None, self.names)

    def export(self, folder: Path) -> Sequence[Path]:
        """Write points, names and weights for other tools."""
        return export_embedding(folder, self.to_frame(), self.points, self.embedding)


def point_frame(names: Sequence[str], points: NDArray[np.floating]) -> pd.DataFrame:
    """Points ``(m, d)`` keyed by name: columns ``point_0``, ``point_1``, ..."""
    return frame_of({"name": np.array(names, dtype=str), "point": points}).set_index("name")
