"""Questions to a trained neural spacetime."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch import Tensor

from geoframe import PartialOrder, capability
from geoframe.run.tables import frame_of
from geoframe_data import read_nodes
from geoframe_embedding.embedding import EmbeddedItems
from geoframe_embedding.queries import Names
from geoframe_embedding.trained import TrainedEmbedding, point_frame
from geoframe_nst.closure.bitsets import Bools, Ints
from geoframe_nst.data_config import GraphDataConfig
from geoframe_nst.order.point_order import PointOrder
from geoframe_nst.order.precedence import KnownOrder, Precedence, RankOrder, precedence_of
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
    known
        The edges, if they were kept.
    """

    noun: ClassVar[str] = "node"
    embedding: EmbeddedItems

    def __init__(
        self,
        embedding: EmbeddedItems,
        names: Sequence[str],
        *,
        data: GraphDataConfig,
        known: KnownOrder | None = None,
    ) -> None:
        super().__init__(embedding, names)
        self.data = data
        self.known = known

    @property
    def order(self) -> PartialOrder:
        """What came before what, of points."""
        found = capability(self.embedding.geometry, PartialOrder)
        assert found is not None  # every spacetime has one
        return found

    @cached_property
    def precedence(self) -> Precedence:
        """What answers whether one node comes before another, the fastest that is exact.

        With closed-form time that is :func:`~geoframe_nst.order.precedence.precedence_of`, else
        the trained order of the points.
        """
        ranks = self.embedding.closed_form
        if ranks is None:
            return PointOrder(order=self.order, trained=self)
        if self.known is None:
            return RankOrder(ranks=np.ascontiguousarray(ranks.numpy().T))
        return precedence_of(ranks.numpy(), self.known)

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
        return self.pair_frame(u, v, precedes=self.precedence.between(u, v))

    def nearest(
        self, names: Names, k: int = 10, *, after: bool = False, before: bool = False
    ) -> pd.DataFrame:
        """The ``k`` nearest other nodes of each of some nodes, nearest first.

        Unless the run fitted path lengths (``nst.distances = "paths"``) only the distances of
        edges were fitted; which they are is told, and how far others are to be trusted by
        ``spearman_pairs`` and ``neighbors_kept_10`` of the run.

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
            ``name``, ``neighbor``, ``rank`` from 1 on, ``distance``, and ``edge``: whether an edge
            joins them, either way (not of runs that kept no edges).

        Raises
        ------
        DataError
            If a name is not a node, or ``k`` is negative.
        """
        if not (after or before):
            return self._with_edges(super().nearest(names, k))
        precedence = self.precedence

        def allowed(nodes: Ints) -> Bools:
            if not before:
                return precedence.after(nodes)
            found = precedence.before(nodes)
            return found & precedence.after(nodes) if after else found

        items = self.numbers(names)
        found = self.nearest_among(items, self._checked(k), allowed)
        return self._with_edges(self._neighbors(items, *found))

    def _with_edges(self, found: pd.DataFrame) -> pd.DataFrame:
        """Add to a table of neighbours which of them an edge joins."""
        if self.known is None:
            return found
        n = len(self)
        u, v = self.numbers(found["name"].tolist()), self.numbers(found["neighbor"].tolist())
        joined = np.concatenate([self.known.edges, self.known.edges[:, ::-1]]) @ np.array([n, 1])
        return found.assign(edge=np.isin(u * n + v, joined))

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
