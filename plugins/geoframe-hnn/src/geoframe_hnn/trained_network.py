"""A trained network of a finished run: the nodes' points, and how new nodes get theirs."""

from __future__ import annotations

import attrs
import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from geoframe import Geometry
from geoframe.errors import DataError
from geoframe_data.graph import Floats, Ints
from geoframe_hnn.inputs import InputScale
from geoframe_hnn.models import EmbeddedNodes, Model


class PointCloud:
    """Points of a geometry, one for each node of a tree.

    Parameters
    ----------
    points
        ``(n, point_dim)``.
    geometry
        The space.
    unit
        Length there of an edge of length 1.
    """

    def __init__(self, points: Tensor, geometry: Geometry, unit: float) -> None:
        self.points = points
        self.geometry = geometry
        self.unit = unit

    @torch.no_grad()
    def distance(self, u: ArrayLike, v: ArrayLike) -> Floats:
        """Distances of node indices, broadcast, in units of the tree's edge lengths."""
        u, v = np.broadcast_arrays(np.asarray(u), np.asarray(v))
        x = self.points[torch.from_numpy(u.copy())]
        y = self.points[torch.from_numpy(v.copy())]
        found: Floats = self.geometry.distance(x, y).double().numpy() / self.unit
        return found


@attrs.frozen(kw_only=True, eq=False)
class TrainedNetwork:
    """A network that gives points, and what it needs to see of new nodes."""

    model: Model
    cloud: PointCloud
    inputs: str
    anchors: Ints
    scale: InputScale

    @torch.no_grad()
    def embed(self, inputs: NDArray[np.floating]) -> Tensor:
        """Points ``(m, point_dim)`` of new nodes with unscaled inputs ``(m, f)``.

        Raises
        ------
        DataError
            If the model keeps a row per node, or the number of features differs.
        """
        if not isinstance(self.model, EmbeddedNodes) or not self.model.embedder.inductive:
            raise DataError(
                "new nodes cannot be embedded: the run trained one row per node; run again with "
                "--set embedder.name=hyperbolic-network"
            )
        if inputs.ndim != 2 or inputs.shape[1] != len(self.scale.mean):
            raise DataError(
                f"features have shape {inputs.shape}; the run was trained on "
                f"{len(self.scale.mean)} features per node"
            )
        return self.model.points(torch.from_numpy(self.scale.apply(inputs)))
