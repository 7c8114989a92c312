"""Closed-form time coordinates of a graph's nodes, as a config asks for them."""

from __future__ import annotations

import attrs
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from geoframe import ConfigError, Geometry, PartialOrder, capability
from geoframe_nst.closure.feedback import feedback_arc_set
from geoframe_nst.closure.reachability import Reachability, topological_order
from geoframe_nst.config import NSTConfig
from geoframe_nst.order.realizer import realizer

DEFAULT_TIME_DIM = 2
"""Time coordinates of a trained order, unless the config says otherwise."""


@attrs.frozen(kw_only=True, eq=False)
class LinearExtensions:
    """Linear extensions of a graph's order that stand for time, or that time is trained towards."""

    coordinates: Tensor
    """float32 ``(n, t)``."""
    exact: bool
    """Whether they are the order of the graph: none of its pairs wrong, and no other ordered."""


def linear_extensions(
    config: NSTConfig, geometry: Geometry, reachability: Reachability, edges: NDArray[np.int64]
) -> LinearExtensions | None:
    """Find the linear extensions that a config asks for; None where time needs none."""
    if capability(geometry, PartialOrder) is not None:
        if config.nst.time == "hybrid" or config.nst.directed:
            raise ConfigError(
                [
                    f"nst: geometry '{config.geometry.name}' has an order of its own; "
                    "leave out nst.time = 'hybrid' and nst.directed"
                ]
            )
        return None
    options = config.nst
    if options.time == "neural":
        return None
    hybrid = options.time == "hybrid"
    dim = options.time_dim or (DEFAULT_TIME_DIM if hybrid else 0)
    found = realizer(reachability, max_dim=dim or None, work=options.time_work, seed=config.seed)
    ranks = found.ranks
    if not reachability.acyclic:
        ranks = _spread(ranks, _acyclic_position(len(ranks), edges))
    extensions = torch.tensor(ranks, dtype=torch.float32)
    if hybrid:  # as many coordinates as asked for, scaled to what a network puts out
        every = torch.arange(dim) % extensions.shape[1]
        extensions = 2.0 * extensions[:, every] / max(1, len(ranks) - 1) - 1.0
    return LinearExtensions(
        coordinates=extensions, exact=found.exact and reachability.acyclic and not hybrid
    )


def _acyclic_position(n: int, edges: NDArray[np.int64]) -> NDArray[np.int64]:
    """Place of each node ``(n,)`` in an order that as few edges as possible go against."""
    kept = np.delete(edges, feedback_arc_set(n, edges).removed, axis=0)
    position = np.empty(n, dtype=np.int64)
    position[topological_order(n, kept)] = np.arange(n)
    return position


def _spread(ranks: NDArray[np.int64], position: NDArray[np.int64]) -> NDArray[np.int64]:
    """Put nodes of equal rank, those of a common cycle, one after another by ``position``."""
    spread = np.empty_like(ranks)
    for column in range(ranks.shape[1]):
        spread[np.lexsort((position, ranks[:, column])), column] = np.arange(len(ranks))
    return spread
