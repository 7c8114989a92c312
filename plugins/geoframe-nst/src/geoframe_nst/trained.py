"""Questions to a trained neural spacetime."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from geoframe import DataError
from geoframe.errors import did_you_mean
from geoframe_nst.embedding import SpacetimeEmbedding
from geoframe_nst.spacetime import NeuralSpacetime

PAIRS_AT_ONCE = 2**16
"""Pairs of nodes that are compared in one go."""
Node = str | int
"""A node's name; 7 is the node named "7"."""
Nodes = Node | Sequence[Node]
"""One node's name, or several."""
Pairwise = Callable[[Tensor, Tensor], Tensor]
"""From points ``(p, d)`` and ``(p, d)`` to a value ``(p,)`` of each pair."""


class TrainedSpacetime:
    """A trained embedding with its nodes' names; all queries are vectorised.

    Parameters
    ----------
    embedding
        The trained model.
    names
        ``n`` node names, in the order of the model's inputs.
    """

    def __init__(self, embedding: SpacetimeEmbedding, names: Sequence[str]) -> None:
        self.embedding = embedding.eval().requires_grad_(False)
        self.names = tuple(names)
        self.points: Tensor = self.embedding()
        self._index = {name: index for index, name in enumerate(self.names)}

    def distance(self, u: Nodes, v: Nodes) -> NDArray[np.float64]:
        """Distance of nodes in the units of the edge weights, broadcast -> ``()`` or ``(n,)``.

        Raises
        ------
        DataError
            If a name is not a node.
        """
        return (
            self._of_pairs(self.embedding.distance, self._rows(u), self._rows(v)).double().numpy()
        )

    def edge_distances(self, edges: NDArray[np.int64]) -> NDArray[np.float64]:
        """Distances of pairs of node numbers ``(e, 2)`` -> ``(e,)``."""
        ends = torch.tensor(edges)
        return self._of_pairs(self.embedding.distance, ends[:, 0], ends[:, 1]).double().numpy()

    def places(self) -> NDArray[np.float64]:
        """Coordinates of every node without those of closed-form or trained time ``(n, d)``."""
        spacetime = self.embedding.spacetime
        points = (
            spacetime.place(self.points) if isinstance(spacetime, NeuralSpacetime) else self.points
        )
        places: NDArray[np.float64] = points.double().numpy()
        return places

    def precedes(self, u: Nodes, v: Nodes) -> NDArray[np.bool_]:
        """Whether u comes before v, broadcast -> boolean ``()`` or ``(n,)``.

        Raises
        ------
        DataError
            If a name is not a node.
        """
        order: Pairwise = self.embedding.spacetime.precedes  # type: ignore[assignment]
        return self._of_pairs(order, self._rows(u), self._rows(v)).numpy()

    def nearest(
        self, u: Node, k: int = 10, *, after: bool = False, before: bool = False
    ) -> list[tuple[str, float]]:
        """Return the ``k`` nearest other nodes with their distances, nearest first.

        Parameters
        ----------
        after, before
            Only nodes that u precedes, or that precede u.

        Raises
        ------
        DataError
            If ``u`` is not a node, or ``k`` is negative.
        """
        if k < 0:
            raise DataError(f"k must be 0 or more, got {k}")
        row = self._at(u)
        here = self.points[row]
        spacetime = self.embedding.spacetime
        distances = self.embedding.distance(here, self.points)
        allowed = torch.ones(len(self.names), dtype=torch.bool)
        allowed[row] = False
        if after:
            allowed &= spacetime.precedes(here, self.points)  # type: ignore[operator]
        if before:
            allowed &= spacetime.precedes(self.points, here)  # type: ignore[operator]
        candidates = allowed.nonzero().squeeze(-1)
        values, order = distances[candidates].topk(min(k, len(candidates)), largest=False)
        return [
            (self.names[node], value)
            for node, value in zip(candidates[order].tolist(), values.tolist(), strict=True)
        ]

    def coordinates(self) -> dict[str, NDArray[np.generic]]:
        """Every node's point as named columns of length n.

        ``name``; ``point_0`` ... as the geometry stores a point; ``time_0`` ... the coordinates
        that the order compares (u precedes v iff none of u's is larger), each from 0 upwards.
        """
        columns: dict[str, NDArray[np.generic]] = {"name": np.array(self.names)}
        for index, column in enumerate(self.points.T):
            columns[f"point_{index}"] = column.numpy()
        for index, column in enumerate(self.times().T):
            columns[f"time_{index}"] = column
        return columns

    def times(self) -> NDArray[np.float64]:
        """Order coordinates of every node ``(n, t)``, each shifted to start at 0.

        An order's gaps are differences of such coordinates, so the gaps to one node give them.
        """
        spacetime = self.embedding.spacetime
        gaps = spacetime.order_gap(self.points, self.points[:1])  # type: ignore[operator]
        times: NDArray[np.float64] = (gaps - gaps.amin(dim=0)).double().numpy()
        return times

    def embed(self, features: NDArray[np.float32] | None) -> NDArray[np.float32]:
        """Points ``(m, d)`` of new nodes with features ``(m, f)``.

        With closed-form time the d coordinates are those of space alone, since time then comes
        from edges, not features.

        Raises
        ------
        DataError
            If the embedder works by table lookup, or the number of features differs.
        """
        embedder = self.embedding.embedder
        if not embedder.inductive:
            raise DataError(
                "nodes not seen in training cannot be embedded: the run used the embedder "
                "'table'; run again with --set embedder.name=mlp and node features"
            )
        if features is None or features.shape[1] != embedder.in_features:
            width = 0 if features is None else features.shape[1]
            raise DataError(
                f"the nodes have {width} features, and the run was trained on "
                f"{embedder.in_features} of them"
            )
        raw = embedder(torch.from_numpy(features).float())
        spacetime = self.embedding.spacetime
        if self.embedding.ranks is not None and isinstance(spacetime, NeuralSpacetime):
            points: Tensor = spacetime.space.project(raw)
        else:
            points = spacetime.project(raw)
        found: NDArray[np.float32] = points.numpy()
        return found

    def points_of(self, nodes: Sequence[str]) -> NDArray[np.float32]:
        """Trained points ``(m, d)`` of nodes.

        Raises
        ------
        DataError
            If a name is not a node.
        """
        found: NDArray[np.float32] = self.points[self._rows(nodes)].numpy()
        return found

    def _of_pairs(self, compare: Pairwise, u: Tensor, v: Tensor) -> Tensor:
        """Compare the points of rows ``u`` and ``v``, broadcast, a block at a time."""
        u, v = torch.broadcast_tensors(u, v)
        blocks = zip(
            u.reshape(-1).split(PAIRS_AT_ONCE), v.reshape(-1).split(PAIRS_AT_ONCE), strict=True
        )
        return torch.cat([compare(self.points[a], self.points[b]) for a, b in blocks]).view(u.shape)

    def _rows(self, nodes: Nodes) -> Tensor:
        if isinstance(nodes, str | int):
            return torch.tensor(self._at(nodes))
        return torch.tensor([self._at(name) for name in nodes], dtype=torch.int64)

    def _at(self, node: Node) -> int:
        row = self._index.get(str(node))
        if row is None:
            raise DataError(f"no node '{node}'{did_you_mean(str(node), self.names)}")
        return row
