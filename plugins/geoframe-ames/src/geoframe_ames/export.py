"""Merged branches as files for other tools."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import torch
from torch import Tensor, nn

from geoframe_ames.network.branch_network import BranchNetwork
from geoframe_ames.network.objective import BranchObjective
from geoframe_lgi.export import write_graph, write_points
from geoframe_lgi.latent.edges import Edges
from geoframe_lgi.network.layers import GeometricLayer

if TYPE_CHECKING:
    from geoframe_ames.trained import TrainedSelection


class GivenGraphsNetwork(nn.Module):
    """A trained attention network on graphs that are given, one per branch -> logits."""

    def __init__(self, network: BranchNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, features: Tensor, graphs: list[Tensor]) -> Tensor:
        """Features ``(n, f)`` and an edge index ``(2, e)`` per branch -> logits ``(n, c)``."""
        nodes = features.shape[0]
        edges = [Edges(nodes=nodes, sources=pairs[0], targets=pairs[1]) for pairs in graphs]
        return self.network.through(features, edges).logits


def export_selection(trained: TrainedSelection, folder: Path) -> Sequence[Path]:
    """Write edges, graph, embeddings, predictions, and attention networks by ``torch.export``.

    ``edges.csv`` and ``graph.graphml`` say which graph an edge is of (``near``, ``given``, or a
    latent branch's), and the share of the drawn graphs that hold it; ``embedding_<branch>.parquet``
    has latent points, or the values that a network predicts from. Networks are written whose
    layers are ``mean``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    predictions = trained.to_frame()
    names = trained.task.names
    rows = [
        (names[source], names[target], share, graph)
        for graph, shares in trained.model.edge_shares().items()
        for (source, target), share in sorted(shares.items())
    ]
    edges = pd.DataFrame(rows, columns=["source", "target", "share", "graph"])
    written = write_graph(folder, edges, predictions)
    for branch, values in trained.model.embeddings().items():
        path = folder / f"embedding_{branch}.parquet"
        written.append(write_points(path, values, predictions.index))
    path = folder / "predictions.parquet"
    predictions.to_parquet(path)
    written.append(path)
    for number, objective in enumerate(trained.model.networks()):
        if _can_be_exported(objective):
            written.append(_export_network(objective, folder / f"network-{number}.pt2"))
    return written


def _can_be_exported(objective: BranchObjective) -> bool:
    """Whether all layers are our own, and all graphs lists of edges."""
    foreign = any(isinstance(m, GeometricLayer) for m in objective.network.stacks.modules())
    drawn = objective.passes_of()[0].graphs
    return not foreign and all(isinstance(each, Edges) for each in drawn)


def _export_network(objective: BranchObjective, path: Path) -> Path:
    found = objective.passes_of()[0]
    graphs = [edges.index for edges in found.graphs if isinstance(edges, Edges)]
    rows = torch.export.Dim("rows", min=2)
    counts = [{1: torch.export.Dim(f"edges_{place}", min=2)} for place in range(len(graphs))]
    program = torch.export.export(
        GivenGraphsNetwork(objective.network).eval(),
        (objective.features, graphs),
        dynamic_shapes=({0: rows}, counts),
    )
    torch.export.save(program, path)
    return path
