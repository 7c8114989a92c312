"""Before the gradient steps: units, and a first fit of the geometry alone."""

from __future__ import annotations

import copy

import torch
from torch import Tensor

from geoframe import ConfigError
from geoframe_snowflake.embedding import GeometryEmbedding
from geoframe_snowflake.objective import Loss, discrepancy

CURVE_PAIRS = 20_000
"""Pairs that the first fit of the geometry sees at most."""


@torch.no_grad()
def calibrate(embedding: GeometryEmbedding, pairs: Tensor, targets: Tensor) -> None:
    """Start with the median distance of the pairs equal to their median target.

    A geometry with ``rescale(distances, targets)`` does it itself, from Euclidean distances.
    """
    points = embedding()
    x, y = points[pairs[:, 0]], points[pairs[:, 1]]
    rescale = getattr(embedding.geometry, "rescale", None)
    if rescale is not None:
        rescale(torch.linalg.vector_norm(x - y, dim=-1), targets)
        return
    median = embedding.distances(pairs, points).median()
    if median > 0:
        embedding.scale.copy_(targets.median() / median)


def freeze(embedding: GeometryEmbedding, names: tuple[str, ...]) -> None:
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
    embedding: GeometryEmbedding, pairs: Tensor, targets: Tensor, loss: Loss, *, steps: int
) -> None:
    """Fit the geometry's parameters to the pairs by L-BFGS, the coordinates held where they are.

    Kept only if the loss falls.
    """
    geometry = embedding.geometry
    parameters = [p for p in geometry.parameters() if p.requires_grad]
    if not parameters or steps == 0:
        return
    every = max(1, len(pairs) // CURVE_PAIRS)
    pairs, targets = pairs[::every], targets[::every]
    raw = embedding.raw().detach()
    optimizer = torch.optim.LBFGS(parameters, max_iter=steps, line_search_fn="strong_wolfe")

    def error() -> Tensor:
        points = geometry.project(raw)
        distances = embedding.distance(points[pairs[:, 0]], points[pairs[:, 1]])
        return discrepancy(distances, targets, loss)

    def closure() -> Tensor:
        optimizer.zero_grad()
        value = error()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    before = copy.deepcopy(geometry.state_dict())
    with torch.no_grad():
        first = error()
    optimizer.step(closure)  # type: ignore[no-untyped-call]
    with torch.no_grad():
        last = error()
    optimizer.zero_grad()
    if not last < first:  # worse, or not a number
        geometry.load_state_dict(before)
