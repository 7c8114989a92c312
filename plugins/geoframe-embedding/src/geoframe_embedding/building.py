"""Embedders by name around the items that they are for."""

from __future__ import annotations

import attrs
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from geoframe import ConfigError, DataError, Embedder, Geometry
from geoframe.capabilities import UsesGraph, capability
from geoframe.components import Component
from geoframe_embedding.distances import Floats, Ints
from geoframe_embedding.embedding import EmbeddedItems


@attrs.frozen(kw_only=True, eq=False)
class Items:
    """What an embedder may see of ``n`` items."""

    count: int
    features: NDArray[np.float32] | None = None
    """``(n, f)``, or None."""
    edges: Ints | None = None
    """Source and target of each edge ``(e, 2)``, or None if the items stand in no graph."""
    lengths: Floats | None = None
    """Lengths of the edges ``(e,)``, or None."""


def build_embedding(
    component: Component,
    geometry: Geometry,
    items: Items,
    *,
    out_features: int | None = None,
    closed_form: Tensor | None = None,
    remedy: str = "give data.nodes, or leave embedder.name out",
) -> EmbeddedItems:
    """Build an embedder for a geometry around its items, untrained.

    An inductive embedder gets features, any other, such as a table, the items' numbers; one with
    the capability ``UsesGraph`` is bound to the items' graph and sees features there.

    Parameters
    ----------
    component
        The embedder in a config.
    geometry
        The space.
    items
        What the embedder may see.
    out_features
        Raw coordinates that it gives; those that the geometry takes if left out.
    closed_form
        Further raw coordinates ``(n, t)``; see :class:`~geoframe_embedding.EmbeddedItems`.
    remedy
        What to tell a user whose data have no features.

    Raises
    ------
    ConfigError
        If the embedder uses a graph and there is none.
    DataError
        If it needs features and there are none.
    """
    out = geometry.dim if out_features is None else out_features
    inputs, width = torch.arange(items.count), items.count
    if is_inductive(component):
        if items.features is None:
            raise DataError(
                f"embedder '{component.name}' needs features of the items, and there are none; "
                f"{remedy}"
            )
        inputs, width = torch.tensor(items.features), items.features.shape[1]
    embedder: Embedder = component.build(in_features=width, out_features=out)
    seeing = capability(embedder, UsesGraph)
    if seeing is not None:
        if items.edges is None:
            raise ConfigError([f"embedder: '{component.name}' uses a graph, and the data are none"])
        bind_graph(seeing, items)
    return EmbeddedItems(embedder, geometry, inputs, closed_form)


def is_inductive(component: Component) -> bool:
    """Whether an embedder maps features, and not the numbers of items."""
    return bool(getattr(component.spec.load(), "inductive", True))


def bind_graph(embedder: UsesGraph, items: Items) -> None:
    """Show an embedder the graph that the items stand in."""
    lengths = None if items.lengths is None else torch.tensor(items.lengths, dtype=torch.float32)
    features = None if items.features is None else torch.tensor(items.features)
    embedder.on_graph(torch.tensor(items.edges), lengths, features)
