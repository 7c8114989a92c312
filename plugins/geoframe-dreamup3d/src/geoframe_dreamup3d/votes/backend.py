"""The trained voting network as a way to find objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from geoframe_dreamup3d.classical.clustering import renumbered, spread_labels
from geoframe_dreamup3d.exporting import export_network
from geoframe_dreamup3d.objects import SceneObject, complete_all
from geoframe_dreamup3d.table.inputs import network_input, window_around
from geoframe_dreamup3d.table.view import View
from geoframe_dreamup3d.votes.grouping import group
from geoframe_dreamup3d.votes.network import VotingNetwork

EXPORTED = 64
"""Side of the images of the exported network."""


class VotesBackend:
    """Pixels whose votes meet are one object.

    Parameters
    ----------
    network
        Trained; it is put into evaluation mode.
    """

    name = "votes"

    def __init__(self, network: VotingNetwork) -> None:
        self.network = network.eval().cpu()

    @torch.inference_mode()
    def segment(self, view: View) -> NDArray[np.int32]:
        """Let the pixels around the objects vote, group the votes, and label all pixels."""
        if not view.above.any():
            return np.zeros(view.depth.shape, dtype=np.int32)
        seen = network_input(view)
        window = window_around(seen.view.above)
        points, rgb = seen.points[window], seen.view.rgb[window]
        valid = seen.view.valid[window]
        logits, votes = self.network(
            torch.from_numpy(points)[None],
            torch.from_numpy(rgb.astype(np.float32) / 255)[None],
            torch.from_numpy(valid.astype(np.float32))[None],
        )
        inside = (logits[0].numpy() > 0) & valid
        groups = group(votes[0].numpy()[inside], points[inside])
        if seen.view.depth.shape == view.depth.shape:
            labels = np.zeros(view.depth.shape, dtype=np.int32)
            part = np.zeros(inside.shape, dtype=np.int32)
            part[inside] = groups + 1
            labels[window] = part
            return renumbered(labels)
        spacing = seen.view.spacing
        return spread_labels(
            view, seen.view.points[window][inside], groups, within=0.005 + 2 * spacing
        )

    def complete(self, view: View, labels: NDArray[np.int32]) -> Sequence[SceneObject]:
        """Carve upright boxes, as without learning."""
        return complete_all(view, labels)

    def state(self) -> Mapping[str, Tensor]:
        """Weights of the network."""
        state: Mapping[str, Tensor] = self.network.state_dict()
        return state

    def export(self, folder: Path) -> Sequence[Path]:
        """Write the network alone, for images of 64 pixels, as torch.export and ONNX."""
        n = EXPORTED
        example = (torch.zeros(1, n, n, 3), torch.zeros(1, n, n, 3), torch.ones(1, n, n))
        names = ("points", "rgb", "valid"), ("logits", "votes")
        return export_network(self.network, example, folder / "votes", names)
