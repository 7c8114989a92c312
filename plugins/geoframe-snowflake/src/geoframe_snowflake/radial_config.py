"""Options of the geometries with a closed-form or spline profile. Torch-free."""

from __future__ import annotations

from typing import ClassVar, Literal

import attrs

from geoframe.components import Component
from geoframe.config import fields
from geoframe.config.fields import option


@attrs.frozen(kw_only=True)
class SnowflakePowerConfig:
    """Power |x - y|^q: a fixed snowflake (q <= 1), or the quasi-metric of exact embeddings."""

    component: ClassVar[str] = "geoframe_snowflake.power:SnowflakePower"

    dim: int = option(2, ge=1, help="Number of coordinates of a point.")
    exponent: float = option(0.5, gt=0, help="The power q, at the start if trained.")
    learnable: bool = option(False, help="Whether q is trained.")


@attrs.frozen(kw_only=True)
class SnowflakeSplineConfig:
    """Trainable (quasi-)metric f(|x - y|) with a monotone concave spline f."""

    component: ClassVar[str] = "geoframe_snowflake.spline:SnowflakeSpline"

    dim: int = option(2, ge=1, help="Number of coordinates of a point.")
    knots: int = option(16, ge=1, help="Number of pieces of f; beyond the last one it is linear.")
    positive: Literal["abs", "softplus", "exp", "square"] = option(
        "softplus", help="How the bends of f are kept concave."
    )
    power: Literal["trainable", "metric"] = option(
        "trainable",
        help="Outer power 1 + |p|: learned (a quasi-metric), or frozen at 1 (a metric).",
    )


@attrs.frozen(kw_only=True)
class SnowflakeCurveConfig:
    """Power of the distance with a finite slope or a jump at 0; fitted jointly with the points."""

    component: ClassVar[str] = "geoframe_snowflake.curve:SnowflakeCurve"

    dim: int = option(2, ge=1, help="Number of coordinates of a point.")
    exponent: float = option(1.0, gt=0, help="The power q; the method snowflake finds it.")
    offset: float = option(
        0.01, gt=0, help="Length below which the power is nearly linear; found likewise."
    )
    jump: float = option(0.0, ge=0, help="Least distance of different points; found likewise.")


@attrs.frozen(kw_only=True)
class SnowflakeDirectedConfig:
    """Any space and a height that costs to climb: distances that differ by direction."""

    component: ClassVar[str] = "geoframe_snowflake.directed:SnowflakeDirected"

    space: Component = fields.component(
        "geometry",
        default={"name": "snowflake", "dim": 7, "power": "metric"},
        help="The space; the height is one coordinate more.",
    )
