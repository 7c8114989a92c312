"""The order of points of a geometry, as an order of numbered nodes."""

from __future__ import annotations

import attrs
import torch

from geoframe import PartialOrder
from geoframe_embedding.trained import TrainedEmbedding
from geoframe_nst.closure.bitsets import Bools, Ints


@attrs.frozen(kw_only=True, eq=False)
class PointOrder:
    """u precedes v iff the point of u precedes that of v."""

    order: PartialOrder
    trained: TrainedEmbedding
    """The nodes' points."""

    def between(self, first: Ints, second: Ints) -> Bools:
        """Compare the points of each pair, a block at a time."""
        found: Bools = self.trained.compare(self.order.precedes, first, second).numpy()
        return found

    def after(self, nodes: Ints) -> Bools:
        """Compare the points of some nodes with all."""
        points = self.trained.points
        some = points[torch.from_numpy(nodes)].unsqueeze(1)
        found: Bools = self.order.precedes(some, points.unsqueeze(0)).numpy()
        return found

    def before(self, nodes: Ints) -> Bools:
        """Compare all points with those of some nodes."""
        points = self.trained.points
        some = points[torch.from_numpy(nodes)].unsqueeze(1)
        found: Bools = self.order.precedes(points.unsqueeze(0), some).numpy()
        return found
