"""A trained latent graph as files for other tools."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
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

    A network with the layer ``mean`` is written by ``torch.export`` too. Where all pairs are
    weighed there is no list of edges: neither edges nor the network are written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    task = trained.task
    shares = trained.edge_shares() if trained.draws_edges else {}
    edges = pd.DataFrame(
        [(task.names[s], task.names[t], share) for (s, t), share in sorted(shares.items())],
        columns=["source", "target", "share"],
    )
    predictions = trained.to_frame()
    written = write_graph(folder, edges, predictions) if trained.draws_edges else []
    written.append(write_points(folder / "points.parquet", trained.points(), predictions.index))
    written.append(folder / "predictions.parquet")
    predictions.to_parquet(written[-1])
    network = trained.objectives[0].network
    if trained.draws_edges and all(isinstance(layer, MeanLayer) for layer in network.layers):
        written.append(folder / "network.pt2")
        _export_network(trained, network, written[-1])
    return written


def write_graph(folder: Path, edges: pd.DataFrame, nodes: pd.DataFrame) -> list[Path]:
    """Write ``edges.csv`` and ``graph.graphml``.

    Parameters
    ----------
    edges
        Columns ``source``, ``target`` and attributes; two edges may join the same nodes.
    nodes
        Attributes, indexed by name.
    """
    written = [folder / "edges.csv", folder / "graph.graphml"]
    edges.to_csv(written[0], index=False)
    graph = nx.DiGraph() if not edges.duplicated(["source", "target"]).any() else nx.MultiDiGraph()
    for name, row in nodes.iterrows():
        graph.add_node(str(name), **{key: row[key] for key in nodes.columns})
    attributes = edges.drop(columns=["source", "target"]).to_dict("records")
    for source, target, attribute in zip(edges.source, edges.target, attributes, strict=True):
        graph.add_edge(source, target, **{str(key): value for key, value in attribute.items()})
    nx.write_graphml(graph, written[1])
    return written


def write_points(path: Path, points: NDArray[np.float64], names: pd.Index) -> Path:
    """Write points ``(n, d)`` as columns ``point_0`` ..., indexed by name."""
    columns = [f"point_{k}" for k in range(points.shape[1])]
    pd.DataFrame(points, index=names, columns=columns).to_parquet(path)
    return path


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
