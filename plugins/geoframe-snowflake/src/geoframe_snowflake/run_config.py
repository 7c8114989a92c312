"""Options of the snowflake method. Torch-free."""

from __future__ import annotations

from typing import Literal

import attrs

from geoframe.components import Component
from geoframe.config import MethodConfig, component, components, option, section
from geoframe_snowflake.data_config import MetricDataConfig

DIM = 8
"""Default dimension."""


@attrs.frozen(kw_only=True)
class FitConfig:
    """How distances are embedded."""

    exact: bool = option(
        True,
        help="Compute the training-free exact embedding f(t) = t^q with the smallest exponent q.",
    )
    train: bool = option(True, help="Train [geometry] in its own, usually smaller, dimension.")
    start: Literal["exact", "random"] = option(
        "exact",
        help="First coordinates of a table: the first axes of the exact embedding, or noise.",
    )
    encode: bool = option(
        True,
        help="Map features by [embedder]; false takes them as coordinates and trains only f.",
    )
    loss: Literal["log-ratio", "relative", "squared"] = option(
        "log-ratio",
        help="Error of a distance d against the given D: (log d - log D)^2, (d / D - 1)^2, or "
        "the paper's (d - D)^2.",
    )
    focus: Literal["distances", "neighbors"] = option(
        "distances",
        help="What a joint fit (geometry snowflake-curve) gets right: all distances alike, or "
        "small ones more, which keeps more of the nearest neighbours.",
    )
    joint_limit: int = option(
        5000,
        ge=2,
        unit="items",
        help="Most items whose distances a joint fit looks at all; of more, those of each item to "
        "some landmarks and to its nearest.",
    )
    frozen: tuple[str, ...] = option(
        (), help="Parameters of [geometry] that stay as they start, by name."
    )
    curve_steps: int = option(
        100, ge=0, unit="steps", help="L-BFGS steps that fit f alone before all is trained."
    )
    pairs: int = option(
        500_000, ge=1, unit="pairs", help="Training pairs drawn if there are more than that."
    )
    exact_limit: int = option(
        5000, ge=2, unit="items", help="Most items that the full exact embedding is computed for."
    )
    landmarks: int = option(
        500, ge=2, unit="items", help="Landmarks whose distances are exact beyond that number."
    )
    double: bool = option(False, help="Train in double precision.")


@attrs.frozen(kw_only=True)
class EvaluationConfig:
    """What is measured at the end."""

    pairs: int = option(
        1_000_000, ge=1, unit="pairs", help="Pairs sampled if there are more than that."
    )
    ranked: int = option(
        500,
        ge=0,
        unit="items",
        help="Items from which all others are ranked, for MAP and mean rank of their neighbours.",
    )
    smacof: int = option(
        300,
        ge=0,
        unit="items",
        help="Items up to which scikit-learn's SMACOF is run beside, for comparison; of more it "
        "takes longer than all else.",
    )
    worst: int = option(10, ge=0, help="Worst pairs and worst triangles listed in the report.")


@attrs.frozen(kw_only=True)
class SnowflakeRunConfig(MethodConfig):
    """Isometric or low-dimensional embedding of a distance matrix, a weighted graph or points."""

    data: MetricDataConfig = section(MetricDataConfig, help="The distances.")
    geometry: Component = component(
        "geometry",
        default={"name": "snowflake-curve", "dim": DIM},
        help="The space to embed in: snowflake-curve, whose points and curve are fitted jointly; "
        "the paper's network snowflake, or any other with distances >= 0, by the trainer.",
    )
    embedder: Component = component(
        "embedder",
        default={"name": "table"},
        items=("features",),
        help="From items to coordinates: 'table' trains a row per item; 'mlp' maps features, so "
        "that items not seen in training can be embedded.",
    )
    trainer: Component = component(
        "trainer",
        default={
            "name": "gradient",
            "steps": 2000,
            "learning_rate": 0.01,
            "batch_size": 16384,
            "schedule": "cosine",
        },
        help="How the parameters are fitted.",
    )
    snowflake: FitConfig = section(FitConfig, help="What is special to snowflakes.")
    compare: tuple[Component, ...] = components(
        "geometry",
        help="Further spaces to embed the same distances in, with the same embedder and trainer, "
        "e.g. [{name = 'euclidean', dim = 8}].",
    )
    evaluation: EvaluationConfig = section(EvaluationConfig, help="What is measured at the end.")

    def __attrs_post_init__(self) -> None:
        if not (self.snowflake.exact or self.snowflake.train):
            raise ValueError("snowflake: one of exact and train must be true")
