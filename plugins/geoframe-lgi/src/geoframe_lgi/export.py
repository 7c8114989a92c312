"""A trained latent graph as files for other tools."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import networkx as nx
import pandas as pd
import torch
from torch import Tensor, nn

from geoframe_lgi.network.latent_network import LatentGraphNetwork
from geoframe_lgi.network.layers import MeanLayer

if TYPE_CHECKING:
    from geoframe_lgi.trained import TrainedGraph


class FixedGraphNetwork(nn.Module):
    """A trained network on a graph that is given: features and k sources per row -> logits."""

    def __init__(self, network: LatentGraphNetwork) -> None:
        super().__init__()
        self.first = network.first
        layers: list[MeanLayer] = list(network.layers)  # type: ignore[arg-type]
        self.linear = nn.ModuleList(layer.linear for layer in layers)
        self.head = network.head

    def forward(self, features: Tensor, neighbors: Tensor) -> Tensor:
        """Features ``(n, f)`` and row numbers ``(n, k)`` -> logits ``(n, c)``."""
        x = self.first(features)
        k = neighbors.shape[1]
        for linear in self.linear:
            x = torch.relu(linear((x[neighbors].sum(dim=1) + x) / (k + 1)))
        logits: Tensor = self.head(x)
        return logits


def export_trained(trained: TrainedGraph, folder: Path) -> Sequence[Path]:
    """Write edges (CSV), graph (GraphML), latent points and predictions (Parquet), and networks.

    A network with the layer ``mean`` is written by ``torch.export`` too.
    """
    folder.mkdir(parents=True, exist_ok=True)
    task = trained.task
    shares = trained.edge_shares()
    edges = pd.DataFrame(
        [(task.names[s], task.names[t], share) for (s, t), share in sorted(shares.items())],
        columns=["source", "target", "share"],
    )
    edges.to_csv(folder / "edges.csv", index=False)
    predictions = trained.to_frame()
    graph = nx.DiGraph()
    for name, row in predictions.iterrows():
        graph.add_node(str(name), **{key: row[key] for key in predictions.columns})
    for source, target, share in edges.itertuples(index=False):
        graph.add_edge(source, target, share=share)
    nx.write_graphml(graph, folder / "graph.graphml")
    points = trained.points()
    pd.DataFrame(
        points, index=predictions.index, columns=[f"point_{k}" for k in range(points.shape[1])]
    ).to_parquet(folder / "points.parquet")
    predictions.to_parquet(folder / "predictions.parquet")
    files = ["edges.csv", "graph.graphml", "points.parquet", "predictions.parquet"]
    network = trained.objectives[0].network
    if all(isinstance(layer, MeanLayer) for layer in network.layers):
        _export_network(trained, network, folder / "network.pt2")
        files.append("network.pt2")
    return [folder / name for name in files]


def _export_network(trained: TrainedGraph, network: LatentGraphNetwork, path: Path) -> None:
    features = trained.objectives[0].features
    neighbors = trained.objectives[0].passes_of()[0].samples[0].edges.neighbors  # type: ignore[union-attr]
    rows = torch.export.Dim("rows", min=2)
    program = torch.export.export(
        FixedGraphNetwork(network).eval(),
        (features, neighbors),
        dynamic_shapes=({0: rows}, {0: rows}),
    )
    torch.export.save(program, path)
