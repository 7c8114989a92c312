"""Questions to a snowflake embedding, and its own files."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from geoframe.run.tables import write_arrays
from geoframe_embedding.distances import Floats, Ints
from geoframe_embedding.embedding import EmbeddedItems
from geoframe_embedding.trained import TrainedEmbedding
from geoframe_snowflake.data_config import MetricDataConfig
from geoframe_snowflake.power import SnowflakePower
from geoframe_snowflake.radial import Radial, tabulated_pairwise

TABLE_PAIRS = 1_000_000
"""Number of pairs from which a matrix of distances is read from a table of the profile."""
CURVE_POINTS = 1000


class TrainedSnowflake(TrainedEmbedding):
    """An embedding of distances, with its items' names.

    Parameters
    ----------
    embedding
        The model.
    names
        ``n`` names, in the order of the model's inputs.
    data
        How files of new items are read.
    exact
        The training-free embedding of the same items, if it was computed.
    """

    embedding: EmbeddedItems

    def __init__(
        self,
        embedding: EmbeddedItems,
        names: Sequence[str],
        *,
        data: MetricDataConfig,
        exact: TrainedSnowflake | None = None,
    ) -> None:
        super().__init__(embedding, names)
        self.data = data
        self.exact = exact

    def between(self, first: Ints, second: Ints) -> Floats:
        """Distances of pairs of items ``(p,)``; those of most pairs are taken from all."""
        if 4 * len(first) < len(self) ** 2:
            return super().between(first, second)
        found = self.embedding.geometry.pairwise(self.points, self.points)
        distances: Floats = (self.embedding.scale * found).double().numpy()[first, second]
        return distances

    def rows(self, items: Ints) -> Floats:
        """Distances from some items ``(k,)`` to all -> ``(k, n)``; see :meth:`matrix`."""
        return self._all_pairs(self.points[items], self.points)

    def matrix(self, names: Sequence[str] | None = None) -> Floats:
        """All distances ``(n, n)`` of some items, or of all.

        From a million pairs on, a geometry that is a function of the Euclidean distance is read
        from a table of that function (about six digits).
        """
        points = self.points if names is None else self.points[self.numbers(names)]
        return self._all_pairs(points, points)

    def _all_pairs(self, x: torch.Tensor, y: torch.Tensor) -> Floats:
        geometry = self.embedding.geometry
        if isinstance(geometry, Radial) and len(x) * len(y) >= TABLE_PAIRS:
            found = tabulated_pairwise(geometry, x, y)
        else:
            found = geometry.pairwise(x, y)
        distances: Floats = (self.embedding.scale * found).double().numpy()
        return distances

    def apply(self, data: str | PathLike[str]) -> pd.DataFrame:
        """Points of new or known items; see :func:`~geoframe_snowflake.out_of_sample.apply_file`.

        Raises
        ------
        DataError
            If the file cannot be read, or names items that are not known.
        """
        from geoframe_snowflake.out_of_sample import apply_file

        return apply_file(self, Path(data), self.data)

    def export(self, folder: Path) -> Sequence[Path]:
        """Write points, names and weights; the learned curve, and the exact embedding if any.

        The exact embedding besides the trained is ``exact.npz`` with arrays ``name``, ``point``
        (float64) and ``exponent``.
        """
        files = list(super().export(folder))
        if isinstance(self.embedding.geometry, Radial):
            files.append(folder / "curve.csv")
            write_arrays(files[-1], self.curve())
        if self.exact is not None:
            geometry = self.exact.embedding.geometry
            assert isinstance(geometry, SnowflakePower)
            files.append(folder / "exact.npz")
            arrays = {"point": self.exact.points.numpy(), "exponent": np.array(geometry.fixed)}
            write_arrays(files[-1], {"name": np.array(self.names), **arrays})
        return files

    def curve(self) -> dict[str, Floats]:
        """The profile: ``euclidean`` distance of two points, ``distance`` in the data's unit."""
        geometry, points = self.embedding.geometry, self.points
        assert isinstance(geometry, Radial)
        # No two points are further apart than twice the largest distance from the mean.
        largest = 2 * float(torch.linalg.vector_norm(points - points.mean(dim=0), dim=1).max())
        t = torch.linspace(0, largest, CURVE_POINTS, dtype=points.dtype)
        f = self.embedding.scale * geometry.profile(t)
        return {"euclidean": t.double().numpy(), "distance": f.double().numpy()}
