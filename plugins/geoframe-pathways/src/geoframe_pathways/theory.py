"""What the theory says a target accuracy costs, as functions. Torch-free.

Neural pathways *soften* the curse of dimensionality: what has to be in memory grows slowly as
the accuracy rises, but the number of experts, and with it storage and the data that fill the
cells, still grows exponentially in the dimension. All counts are orders of growth with their
constants set to one: good for comparing choices, not for sizing a disk.

Sources: arXiv 2402.03460 (rates, VC dimension), with the cost of one ReLU network for a
Lipschitz function, eps^(-n/2), from the literature it builds on.
"""

from __future__ import annotations

import math

import attrs


@attrs.frozen(kw_only=True)
class Budget:
    """Costs of reaching uniform error ``epsilon`` on [0, 1]^n; constants are one."""

    experts: float
    """Cells of a delta-net: (1 / delta)^n."""
    parameters_active: float
    """Parameters of one expert: all that must be in memory."""
    parameters_total: float
    """Parameters of all experts: what must be stored."""
    parameters_dense: float
    """Parameters of a single ReLU network of the same accuracy."""
    parameters_loaded: float
    """Parameters and prototypes loaded in one forward pass through the routing tree."""
    tree_height: int
    """Levels of the routing tree."""


def plan(
    epsilon: float,
    dims: int,
    lipschitz: float = 1.0,
    *,
    share: float | None = None,
    valency: int = 2,
) -> Budget:
    """Return what a model of accuracy ``epsilon`` takes.

    In a cell of radius delta the function varies by ``lipschitz * delta``, so an expert needs
    ``(lipschitz * delta / epsilon)^(n/2)`` parameters. With ``delta = epsilon^share / lipschitz``
    that is ``epsilon^(-(1 - share) n / 2)``, on ``(lipschitz / epsilon^share)^n`` cells.

    Parameters
    ----------
    epsilon
        Uniform error, in (0, 1).
    dims
        Input dimension n.
    lipschitz
        Lipschitz constant of the function in the Euclidean norm.
    share
        How much of the work the cells do, from 0 (one dense network) to 1 (constant experts).
        By default ``max(0, 1 - 2/n)``, the paper's choice, at which an expert has
        ``1/epsilon`` parameters (n >= 2).
    valency
        Children of a node of the routing tree.

    Raises
    ------
    ValueError
        If an argument is out of range.
    """
    if not 0 < epsilon < 1:
        raise ValueError(f"epsilon is {epsilon}; it must lie between 0 and 1")
    if dims < 1 or lipschitz <= 0 or valency < 2:
        raise ValueError("dims must be at least 1, lipschitz above 0, valency at least 2")
    if share is None:
        share = max(0.0, 1.0 - 2.0 / dims)
    if not 0 <= share <= 1:
        raise ValueError(f"share is {share}; it must lie between 0 and 1")
    radius = min(1.0, epsilon**share / lipschitz)
    experts = max(1.0, (1.0 / radius) ** dims)
    active = max(1.0, (lipschitz * radius / epsilon) ** (dims / 2))
    height = math.ceil(round(math.log(experts, valency), 9)) if experts > 1 else 0
    return Budget(
        experts=experts,
        parameters_active=active,
        parameters_total=experts * active,
        parameters_dense=max(1.0, (lipschitz / epsilon) ** (dims / 2)),
        parameters_loaded=active + valency * height * dims,
        tree_height=height,
    )


def vc_bound(experts: int, layers: int, width: int, dims: int) -> float:
    """Return the growth of the VC dimension, up to logarithms: ``L max(n L, J W)``.

    Parameters
    ----------
    experts, layers, width, dims
        L experts of J layers and W units, on n inputs (arXiv 2402.03460 v2, abstract).
    """
    if min(experts, layers, width, dims) < 1:
        raise ValueError("experts, layers, width and dims must be at least 1")
    return float(experts * max(dims * experts, layers * width))
