"""A trained network of a finished run: the nodes' points, and how new nodes get theirs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from geoframe.errors import DataError
from geoframe_data.graph import Ints
from geoframe_embedding.embedding import Points
from geoframe_embedding.trained import TrainedEmbedding
from geoframe_hnn.tree.inputs import InputScale


class TrainedNetwork(TrainedEmbedding):
    """A network that gives the nodes' points, and what it needs to see of new nodes.

    Parameters
    ----------
    embedding
        The model; its unit of length is that of the tree.
    names
        The nodes' names.
    inputs
        What the network sees of a node: ``"features"``, ``"anchors"`` or ``"layout"``.
    anchors
        Anchor nodes ``(a,)``.
    input_scale
        Shift and factor of the inputs.
    features
        The nodes' own inputs ``(n, f)``, scaled.
    """

    noun: ClassVar[str] = "node"

    def __init__(
        self,
        embedding: Points,
        names: Sequence[str],
        *,
        inputs: str,
        anchors: Ints,
        input_scale: InputScale,
        features: NDArray[np.float32],
    ) -> None:
        super().__init__(embedding, names)
        self.inputs = inputs
        self.anchors = anchors
        self.input_scale = input_scale
        self.features = features

    @torch.no_grad()
    def embed(self, features: NDArray[np.floating] | None) -> NDArray[np.floating]:
        """Points ``(m, point_dim)`` of new nodes with unscaled inputs ``(m, f)``.

        Raises
        ------
        DataError
            If the model keeps a point per node, or the number of features differs.
        """
        width = len(self.input_scale.mean)
        if features is not None and (features.ndim != 2 or features.shape[1] != width):
            raise DataError(
                f"features have shape {features.shape}; the run was trained on "
                f"{width} features per node"
            )
        return super().embed(None if features is None else self.input_scale.apply(features))
