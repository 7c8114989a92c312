"""Graph layers by name: a plain mean of our own, any layer of PyTorch Geometric, or yours."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

from torch import Tensor, nn

from geoframe import ConfigError
from geoframe.errors import did_you_mean
from geoframe_lgi.latent.edges import DenseEdges, Edges

GEOMETRIC = {
    "gcn": "GCNConv",
    "gat": "GATConv",
    "gatv2": "GATv2Conv",
    "sage": "SAGEConv",
    "gin": "GINConv",
    "edge": "EdgeConv",
}
"""Short names of layers of PyTorch Geometric; their class names work as well."""
OWN = "mean"


class MeanLayer(nn.Module):
    """W (mean of the node and its sources): what a GCN is where all in-degrees are equal."""

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__()
        self.linear = nn.Linear(in_features, out_features)

    def forward(self, x: Tensor, edges: Edges | DenseEdges) -> Tensor:
        """Features ``(n, in_features)`` -> ``(n, out_features)``."""
        result: Tensor = self.linear(edges.around(x))
        return result


class GeometricLayer(nn.Module):
    """A layer with the signature of PyTorch Geometric's: ``layer(x, edge_index)``."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor, edges: Edges) -> Tensor:
        """Features ``(n, in_features)`` -> ``(n, out_features)``."""
        result: Tensor = self.layer(x, edges.index)
        return result


def graph_layer(name: str, in_features: int, out_features: int) -> nn.Module:
    """Build a graph layer ``layer(x, edges)`` by name.

    Parameters
    ----------
    name
        ``mean``; a short name or class name of ``torch_geometric.nn``; or ``package.module:Class``
        of a class that is built with (in_features, out_features) and called with (x, edge_index).

    Raises
    ------
    ConfigError
        If there is no such layer, or it cannot be built with two numbers of features.
    """
    if name == OWN:
        return MeanLayer(in_features, out_features)
    layer_class = _class(name)
    try:
        if layer_class.__name__ == "EdgeConv":  # over pairs, summed, as in the publication
            layer = layer_class(nn.Linear(2 * in_features, out_features), aggr="sum")
        elif "nn" in inspect.signature(layer_class).parameters:
            layer = layer_class(nn.Linear(in_features, out_features))
        else:
            layer = layer_class(in_features, out_features)
    except TypeError as error:
        raise ConfigError(
            [f"network.layer: '{name}' is not built from two widths: {error}"]
        ) from None
    return GeometricLayer(layer)


def _class(name: str) -> Any:
    module_name, _, attribute = name.partition(":")
    if not attribute:
        module_name, attribute = "torch_geometric.nn", GEOMETRIC.get(name, name)
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        remedy = " (pip install torch-geometric)" if module_name.startswith("torch_geo") else ""
        raise ConfigError(
            [f"network.layer: '{name}' cannot be imported: {error}{remedy}"]
        ) from None
    found = getattr(module, attribute, None)
    if not (isinstance(found, type) and issubclass(found, nn.Module)):
        known = [OWN, *GEOMETRIC]
        raise ConfigError(
            [
                f"network.layer: '{name}' is no layer of {module_name}{did_you_mean(name, known)}; "
                f"known: {', '.join(known)}, any class of torch_geometric.nn, or module:Class"
            ]
        )
    return found
