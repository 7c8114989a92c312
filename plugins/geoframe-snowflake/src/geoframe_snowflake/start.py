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
