"""Questions to a trained neural spacetime."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from geoframe import PartialOrder, capability
from geoframe.run.tables import frame_of
from geoframe_data import read_nodes
from geoframe_embedding.embedding import EmbeddedItems
from geoframe_embedding.queries import Names
from geoframe_embedding.trained import TrainedEmbedding, point_frame
from geoframe_nst.data_config import GraphDataConfig
from geoframe_nst.spacetime import NeuralSpacetime


class TrainedSpacetime(TrainedEmbedding):
    """A trained spacetime with its nodes' names.

    Parameters
    ----------
    embedding
        The trained model, its geometry with a partial order.
    names
        ``n`` node names, in the order of the model's inputs.
    data
        How files of nodes are read.
    """

    noun: ClassVar[str] = "node"
    embedding: EmbeddedItems

    def __init__(
        self, embedding: EmbeddedItems, names: Sequence[str], *, data: GraphDataConfig
    ) -> None:
        super().__init__(embedding, names)
        self.data = data

    @property
    def order(self) -> PartialOrder:
        """What came before what, of points."""
        found = capability(self.embedding.geometry, PartialOrder)
        assert found is not None  # every spacetime has one
        return found

    def precedes(self, first: Names, second: Names) -> pd.DataFrame:
        """Whether nodes come before others, a row for each pair, as in :meth:`distance`.

        Returns
        -------
        pandas.DataFrame
            ``first``, ``second``, ``precedes``.

        Raises
        ------
        DataError
            If a name is not a node, or there are not equally many.
        """
        u, v = self.paired(first, second)
        names = np.array(self.names, dtype=object)
        found = self.compare(self.order.precedes, u, v).numpy()
        return pd.DataFrame({"first": names[u], "second": names[v], "precedes": found})

    def nearest(
        self, names: Names, k: int = 10, *, after: bool = False, before: bool = False
    ) -> pd.DataFrame:
        """The ``k`` nearest other nodes of each of some nodes, nearest first.

        Parameters
        ----------
        names
            One node or many.
        k
            How many, or all if there are fewer.
        after, before
            Only nodes that the node precedes, or that precede it.

        Returns
        -------
        pandas.DataFrame
            ``name``, ``neighbor``, ``rank`` from 1 on, and ``distance``.

        Raises
        ------
        DataError
            If a name is not a node, or ``k`` is negative.
        """
        if not (after or before):
            return super().nearest(names, k)
        precedes = self.order.precedes

        def allowed(here: Tensor, there: Tensor) -> Tensor:
            found = torch.ones((), dtype=torch.bool)
            if after:
                found = found & precedes(here, there)
            return found & precedes(there, here) if before else found

        items = self.numbers(names)
        return self._neighbors(items, *self.nearest_among(items, self._checked(k), allowed))

    def places(self) -> NDArray[np.float64]:
        """Coordinates of every node without those of closed-form or trained time ``(n, d)``."""
        spacetime = self.embedding.geometry
        points = (
            spacetime.place(self.points) if isinstance(spacetime, NeuralSpacetime) else self.points
        )
        places: NDArray[np.float64] = points.double().numpy()
        return places

    def times(self) -> NDArray[np.float64]:
        """Order coordinates of every node ``(n, t)``, each shifted to start at 0.

        An order's gaps are differences of such coordinates, so the gaps to one node give them.
        """
        gaps = self.order.order_gap(self.points, self.points[:1])
        times: NDArray[np.float64] = (gaps - gaps.amin(dim=0)).double().numpy()
        return times

    def to_frame(self) -> pd.DataFrame:
        """Every node's point and times, keyed by its name.

        ``point_0`` ... as the geometry stores a point; ``time_0`` ... the coordinates that the
        order compares (u precedes v iff none of u's is larger), each from 0 upwards.
        """
        names = np.array(self.names, dtype=str)
        columns = {"name": names, "point": self.points.numpy(), "time": self.times()}
        return frame_of(columns).set_index("name")

    def project(self, raw: Tensor) -> Tensor:
        """Points of raw coordinates; with closed-form time, which comes from edges, of space."""
        spacetime = self.embedding.geometry
        if self.embedding.closed_form is not None and isinstance(spacetime, NeuralSpacetime):
            return spacetime.space.project(raw)
        return spacetime.project(raw)

    def apply(self, data: str | PathLike[str]) -> pd.DataFrame:
        """Points of the nodes of a table, keyed by name.

        Nodes of the training are looked up by name if the run trained a point of each; any nodes
        are computed from their features if it trained a network. With closed-form time the
        coordinates are then those of space alone.

        Raises
        ------
        DataError
            If the table cannot be read, or its nodes are unknown or have other features.
        """
        options = self.data
        table = read_nodes(
            Path(data),
            name=options.name,
            time=options.time,
            features=options.features,
            delimiter=options.delimiter,
            max_bytes=options.max_bytes,
        )
        if self.embedding.inputs.ndim == 2:
            return point_frame(table.names, self.embed(table.features))
        return point_frame(table.names, self.points_of(table.names))
