"""Options of the snowflake geometries. Torch-free."""

from __future__ import annotations

from typing import ClassVar, Literal

import attrs

from geoframe.config.fields import option


@attrs.frozen(kw_only=True)
class SnowflakeConfig:
    """Trainable (quasi-)metric f(|x - y|) with a monotone network f (neural snowflake)."""

    component: ClassVar[str] = "geoframe_snowflake.snowflake:Snowflake"

    dim: int = option(2, ge=1, help="Number of coordinates of a point.")
    layers: int = option(2, ge=1, help="Number of layers of f; two are enough in practice.")
    hidden: int = option(20, ge=1, unit="units", help="Width of the hidden layers of f.")
    positive: Literal["abs", "softplus", "exp", "square"] = option(
        "softplus", help="How the weights of f are kept positive."
    )
    power: Literal["trainable", "metric"] = option(
        "trainable",
        help="Outer power 1 + |p|: learned (a quasi-metric), or frozen at 1 (a metric).",
    )
    irregular: Literal["power-of-log", "log-of-power"] = option(
        "power-of-log", help="Third part of the activation: log(1 + u)^b, or log(1 + u^b)."
    )


@attrs.frozen(kw_only=True)
class SnowflakeV2Config:
    """Trainable quasi-metric on coordinate differences (the space part of neural spacetimes)."""

    component: ClassVar[str] = "geoframe_snowflake.snowflake_v2:SnowflakeV2"

    dim: int = option(2, ge=1, help="Number of coordinates of a point.")
    layers: int = option(4, ge=1, help="Number of positive matrices.")
    hidden: int = option(10, ge=1, unit="units", help="Width of the hidden layers.")
    exponent: Literal["free", "ge1"] = option(
        "ge1", help="Learned exponents: any positive number, or at least 1 as published."
    )
    positive: Literal["abs", "softplus", "exp", "square"] = option(
        "abs", help="How the weights are kept positive."
    )
