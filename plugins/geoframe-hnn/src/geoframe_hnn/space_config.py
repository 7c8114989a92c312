"""Options of the plugin's geometry and embedder. Torch-free."""

from __future__ import annotations

from typing import ClassVar, Literal

import attrs

from geoframe.config.fields import option


@attrs.frozen(kw_only=True)
class HyperbolicPolarConfig:
    """Hyperbolic space in polar coordinates: points are tangent vectors, at any distance."""

    component: ClassVar[str] = "geoframe_hnn.hyperbolic.geometry:HyperbolicPolar"

    dim: int = option(2, ge=1, help="Dimension of the space.")
    curvature: float = option(-1.0, lt=0, help="Sectional curvature.")


@attrs.frozen(kw_only=True)
class HyperbolicNetworkConfig:
    """Hyperbolic neural network: exponential map after a ReLU network, or hyperbolic layers."""

    component: ClassVar[str] = "geoframe_hnn.network.network:HyperbolicNetwork"

    kind: Literal["tangent", "layers"] = option(
        "tangent",
        help="A ReLU network in the tangent space, whose output the geometry maps to points, or "
        "layers that leave and enter the space and translate by a hyperbolic bias.",
    )
    hidden: int = option(128, ge=1, unit="units", help="Width of every hidden layer.")
    layers: int = option(4, ge=0, help="Number of hidden layers.")
    norm: Literal["layer", "none"] = option(
        "layer", help="Normalisation of the hidden units (tangent only)."
    )
    curvature: float = option(
        -1.0, lt=0, help="Curvature of the hidden layers, at the start if trained (layers only)."
    )
    learnable: bool = option(
        True, help="Whether each hidden layer trains its own curvature (layers only)."
    )
