"""A graph attention network of torch-geometric as an embedder that uses the graph."""

import torch
from torch import nn
from torch_geometric.nn import GATConv

from geoframe import Embedder


class GraphAttention(Embedder):
    """Attention over the neighbours of each node, on a trained row per node."""

    inductive = False
    expected_failures = {  # noqa: RUF012
        "gradient_reaches_all_parameters": "without a graph nobody attends to a neighbour",
    }

    def __init__(
        self, in_features: int, out_features: int, *, hidden: int = 16, heads: int = 2
    ) -> None:
        super().__init__(in_features, out_features)
        self.rows = nn.Parameter(torch.randn(in_features, hidden))
        self.attention = GATConv(hidden, hidden // heads, heads=heads)
        self.last = nn.Linear(hidden, out_features)
        self.register_buffer("edges", torch.zeros(2, 0, dtype=torch.int64), persistent=False)

    def on_graph(self, edges, weights=None, features=None):
        self.edges = edges.T.contiguous().to(self.rows.device)

    def forward(self, items):
        seen = self.attention(self.rows, self.edges)
        return self.last(torch.relu(seen) + self.rows)[items]
