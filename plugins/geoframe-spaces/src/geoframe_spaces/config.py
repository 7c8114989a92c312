"""Options of the spaces. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import attrs

from geoframe.components import Component
from geoframe.config import components, option


@attrs.frozen(kw_only=True)
class EuclideanConfig:
    """Flat space with the straight-line distance."""

    component: ClassVar[str] = "geoframe_spaces.euclidean:Euclidean"

    dim: int = option(2, ge=1, help="Dimension of the space.")


@attrs.frozen(kw_only=True)
class HyperboloidConfig:
    """Hyperbolic space as a sheet of a hyperboloid: the model that keeps its accuracy furthest."""

    component: ClassVar[str] = "geoframe_spaces.hyperboloid:Hyperboloid"

    dim: int = option(2, ge=1, help="Dimension of the space; a point has one coordinate more.")
    curvature: float = option(-1.0, lt=0, help="Sectional curvature, at the start if trained.")
    learnable: bool = option(False, help="Whether the curvature is trained; it stays negative.")


@attrs.frozen(kw_only=True)
class PoincareConfig:
    """Hyperbolic space as the inside of a ball, where angles look as they are."""

    component: ClassVar[str] = "geoframe_spaces.poincare:PoincareBall"

    dim: int = option(2, ge=1, help="Dimension of the space.")
    curvature: float = option(-1.0, lt=0, help="Sectional curvature, at the start if trained.")
    learnable: bool = option(False, help="Whether the curvature is trained; it stays negative.")


@attrs.frozen(kw_only=True)
class SphereConfig:
    """Sphere with the great-circle distance."""

    component: ClassVar[str] = "geoframe_spaces.sphere:Sphere"

    dim: int = option(2, ge=1, help="Dimension of the space; a point has one coordinate more.")
    curvature: float = option(1.0, gt=0, help="Sectional curvature, at the start if trained.")
    learnable: bool = option(False, help="Whether the curvature is trained; it stays positive.")


@attrs.frozen(kw_only=True)
class StereographicConfig:
    """Constant curvature of either sign, which training may carry through zero."""

    component: ClassVar[str] = "geoframe_spaces.stereographic:Stereographic"

    dim: int = option(2, ge=1, help="Dimension of the space.")
    curvature: float = option(
        0.0, help="Sectional curvature (hyperbolic below 0, spherical above), at the start."
    )
    learnable: bool = option(True, help="Whether the curvature is trained.")


@attrs.frozen(kw_only=True)
class ProductConfig:
    """Product of spaces; squared distances add up."""

    component: ClassVar[str] = "geoframe_spaces.product:Product"

    factors: tuple[Component, ...] = components(
        "geometry",
        default=({"name": "euclidean"}, {"name": "hyperboloid"}, {"name": "sphere"}),
        help="The spaces to multiply; none may have negative distances.",
    )
    learnable: bool = option(False, help="Whether a positive scale of each factor is trained.")


@attrs.frozen(kw_only=True)
class GeooptConfig:
    """Any manifold of geoopt by name: Lorentz, PoincareBall, SymmetricPositiveDefinite, ..."""

    component: ClassVar[str] = "geoframe_spaces.any_manifold:GeooptGeometry"

    dim: int = option(
        2, ge=1, help="Coordinates of a point as geoopt stores it (n * n for n x n matrices)."
    )
    manifold: str = option("Euclidean", help="Name of the class in geoopt.")
    options: Mapping[str, Any] = option({}, help="Keyword arguments of that class.")


@attrs.frozen(kw_only=True)
class MinkowskiConfig:
    """Flat spacetime with its squared interval as the distance and time as the order."""

    component: ClassVar[str] = "geoframe_spaces.minkowski:Minkowski"

    dim: int = option(2, ge=2, help="Number of coordinates: space first, then time.")
    time_dims: int = option(1, ge=1, help="How many of the coordinates, the last ones, are time.")
    root: bool = option(False, help="Take the signed square root of the squared interval.")


@attrs.frozen(kw_only=True)
class DeSitterConfig:
    """Positively curved spacetime, a hyperboloid of one sheet, with time as the order."""

    component: ClassVar[str] = "geoframe_spaces.desitter:DeSitter"

    dim: int = option(
        3, ge=3, help="Number of coordinates: a direction in space (2 or more), then time."
    )
    root: bool = option(False, help="Take the signed square root of the squared interval.")
