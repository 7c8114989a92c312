"""Questions to an embedding."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from geoframe import DataError
from geoframe.errors import did_you_mean
from geoframe_snowflake.embedding import GeometryEmbedding
from geoframe_snowflake.placing import place
from geoframe_snowflake.radial import Radial, tabulated_pairwise

Names = str | Sequence[str]
"""One item's name, or several."""

TABLE_PAIRS = 1_000_000
"""Number of pairs from which a matrix of distances is read from a table of the profile."""


class TrainedEmbedding:
    """An embedding with its items' names; all queries are vectorised.

    Parameters
    ----------
    embedding
        The model.
    names
        ``n`` names, in the order of the model's inputs.
    exact
        The training-free embedding of the same items, if it was computed.
    """

    def __init__(
        self,
        embedding: GeometryEmbedding,
        names: Sequence[str],
        *,
        exact: TrainedEmbedding | None = None,
    ) -> None:
        self.embedding = embedding.eval().requires_grad_(False)
        self.names = tuple(names)
        self.exact = exact
        self.points: Tensor = embedding()
        self._index = {name: index for index, name in enumerate(self.names)}

    def distance(self, first: Names, second: Names) -> NDArray[np.float64]:
        """Embedded distance in the units of the data, broadcast -> ``()`` or ``(n,)``.

        Raises
        ------
        DataError
            If a name is not known.
        """
        x, y = self.points[self._at(first)], self.points[self._at(second)]
        found: NDArray[np.float64] = self.embedding.distance(x, y).double().numpy()
        return found

    def nearest(self, name: str, k: int = 10) -> list[tuple[str, float]]:
        """Return the ``k`` nearest other items with their distances, nearest first.

        Raises
        ------
        DataError
            If the name is not known.
        """
        here = self._at(name)
        distances = self.embedding.distance(self.points[here], self.points)
        distances[here] = torch.inf
        values, items = distances.topk(max(0, min(k, len(self.names) - 1)), largest=False)
        return [
            (self.names[item], value)
            for item, value in zip(items.tolist(), values.tolist(), strict=True)
        ]

    def matrix(self, names: Sequence[str] | None = None) -> NDArray[np.float64]:
        """All distances ``(n, n)`` of some items, or of all.

        From a million pairs on, a geometry that is a function of the Euclidean distance is read
        from a table of that function (about six digits).
        """
        points = self.points if names is None else self.points[self._at(names)]
        geometry = self.embedding.geometry
        if isinstance(geometry, Radial) and len(points) ** 2 >= TABLE_PAIRS:
            found = tabulated_pairwise(geometry, points, points)
        else:
            found = geometry.pairwise(points, points)
        matrix: NDArray[np.float64] = (self.embedding.scale * found).double().numpy()
        return matrix

    def coordinates(self) -> dict[str, NDArray[np.generic]]:
        """Every item's point as columns of length n: ``name``, ``point_0``, ``point_1``, ..."""
        columns: dict[str, NDArray[np.generic]] = {"name": np.array(self.names)}
        for axis, column in enumerate(self.points.T):
            columns[f"point_{axis}"] = column.numpy()
        return columns

    def points_of(self, names: Sequence[str]) -> NDArray[np.float64]:
        """Points ``(m, point_dim)`` of known items.

        Raises
        ------
        DataError
            If a name is not known.
        """
        found: NDArray[np.float64] = self.points[self._at(names)].double().numpy()
        return found

    def embed(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Points ``(m, point_dim)`` of new items with features ``(m, f)``.

        Raises
        ------
        DataError
            If the embedder looks items up in a table, or the number of features differs.
        """
        embedder = self.embedding.embedder
        if not embedder.inductive:
            raise DataError(
                "items not seen in training have no place by features: the run used the embedder "
                "'table'; give their distances or edges to known items, or run again with "
                "--set embedder.name=mlp"
            )
        if features.shape[1] != embedder.in_features:
            raise DataError(
                f"the items have {features.shape[1]} features, and the run was trained on "
                f"{embedder.in_features}"
            )
        raw = embedder(torch.tensor(features, dtype=self.points.dtype))
        found: NDArray[np.float64] = self.embedding.geometry.project(raw).double().numpy()
        return found

    def place(self, known: Sequence[str], distances: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points ``(m, point_dim)`` of new items, by their distances to known ones.

        Parameters
        ----------
        known
            ``k`` names.
        distances
            ``(m, k)``, finite and not negative.

        Raises
        ------
        DataError
            If a name is not known, or a distance is negative or not finite.
        """
        at = self._at(known)
        wrong = np.argwhere(~(np.isfinite(distances) & (distances >= 0)))
        if len(wrong):
            row, column = wrong[0]
            raise DataError(
                f"new item {row + 1}: its distance to '{known[column]}' is "
                f"{distances[row, column]:g}; it must be finite and not negative"
            )
        targets = torch.tensor(distances, dtype=self.points.dtype)
        placed = place(self.embedding, self.points[at], targets)
        found: NDArray[np.float64] = placed.double().numpy()
        return found

    def _at(self, names: Names) -> Tensor:
        if isinstance(names, str):
            return torch.tensor(self._position(names))
        return torch.tensor([self._position(name) for name in names], dtype=torch.int64)

    def _position(self, name: str) -> int:
        if name not in self._index:
            raise DataError(f"no item '{name}'{did_you_mean(name, self.names)}")
        return self._index[name]
