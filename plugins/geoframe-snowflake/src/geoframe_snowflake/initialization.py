"""Before the gradient steps: units, and a first fit of the geometry alone."""

from __future__ import annotations

import copy
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from geoframe import ConfigError
from geoframe_embedding.discrepancy import Loss, discrepancy
from geoframe_embedding.embedding import EmbeddedItems

CURVE_PAIRS = 20_000
"""Pairs that the first fit of the geometry sees at most."""


@runtime_checkable
class FittedUnits(Protocol):
    """A geometry that takes its units from Euclidean distances and the wanted ones."""

    def rescale(self, distances: Tensor, targets: Tensor | None = None) -> None:
        """Set the units by Euclidean distances ``(p,)`` of pairs and their targets ``(p,)``."""
        ...


@torch.no_grad()
def calibrate(embedding: EmbeddedItems, pairs: Tensor, targets: Tensor) -> None:
    """Start with the median distance of the pairs equal to their median target.

    A geometry with units of its own (:class:`FittedUnits`) does it itself.
    """
    geometry = embedding.geometry
    if not isinstance(geometry, FittedUnits):
        embedding.calibrate(pairs, targets)
        return
    points = embedding()
    x, y = points[pairs[:, 0]], points[pairs[:, 1]]
    geometry.rescale(torch.linalg.vector_norm(x - y, dim=-1), targets)


def freeze(embedding: EmbeddedItems, names: tuple[str, ...]) -> None:
    """Keep parameters of the geometry as they are.

    Raises
    ------
    ConfigError
        If it has no parameter of such a name.
    """
    parameters = dict(embedding.geometry.named_parameters())
    for name in names:
        if name not in parameters:
            raise ConfigError(
                [
                    f"snowflake.frozen: the geometry has no parameter '{name}' "
                    f"(parameters: {', '.join(parameters) or 'none'})"
                ]
            )
        parameters[name].requires_grad_(False)


def fit_curve(
    embedding: EmbeddedItems, pairs: Tensor, targets: Tensor, loss: Loss, *, steps: int
) -> None:
    """Fit the geometry's parameters to the pairs by L-BFGS, the coordinates held where they are.

    Runs in double precision, and keeps the best parameters that it meets.
    """
    geometry = copy.deepcopy(embedding.geometry).double()
    parameters = [p for p in geometry.parameters() if p.requires_grad]
    if not parameters or steps == 0:
        return
    every = max(1, len(pairs) // CURVE_PAIRS)
    pairs, targets = pairs[::every], targets[::every].double()
    raw, scale = embedding.raw().detach().double(), embedding.scale.double()
    lowest = torch.inf
    unit = torch.ones(())
    if loss == "squared":  # the optimizer's tolerances are absolute
        unit = targets.var(correction=0).clamp_min(1e-12 * targets.square().mean())
    best = embedding.geometry.state_dict()

    def closure() -> Tensor:
        nonlocal lowest, best
        geometry.zero_grad()
        points = geometry.project(raw)
        distances = scale * geometry.distance(points[pairs[:, 0]], points[pairs[:, 1]])
        value = discrepancy(distances, targets, loss) / unit
        value.backward()
        if value.item() < lowest:  # never true of a value that is not a number
            lowest = value.item()
            best = {name: tensor.clone() for name, tensor in geometry.state_dict().items()}
        return value

    # Then once more without scalars: |p| has a kink at 0, where no line search gets any further.
    for trained in (parameters, [p for p in parameters if p.ndim > 0]):
        if trained:
            optimizer = torch.optim.LBFGS(trained, max_iter=steps, line_search_fn="strong_wolfe")
            optimizer.step(closure)
    embedding.geometry.load_state_dict(best)
