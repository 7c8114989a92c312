"""Options of the toy method. Torch-free."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import attrs

from geoframe.components import Component
from geoframe.config import MethodConfig, component, option, section


@attrs.frozen(kw_only=True)
class DataConfig:
    """Where the points come from."""

    path: Path | None = option(
        None, help="CSV file with columns x and y; without it points are made."
    )
    points: int = option(64, ge=2, unit="points", help="Number of points to make.")
    noise: float = option(0.0, ge=0, help="Standard deviation of their noise.")


@attrs.frozen(kw_only=True)
class ToyConfig(MethodConfig):
    """A line through points."""

    mode: Literal["fit", "explode", "chatter"] = option("fit", help="What the run does.")
    slope: float = option(2.0, gt=-100, lt=100, help="True slope of the points that are made.")
    data: DataConfig = section(DataConfig)
    embedder: Component = component(
        "embedder", default={"name": "mlp", "layers": 0, "norm": "none"}, help="The model."
    )
    trainer: Component = component(
        "trainer",
        default={
            "name": "gradient",
            "steps": 40,
            "learning_rate": 0.3,
            "optimizer": "adam",
            "clip_norm": 100.0,
            "checkpoint_every": 10,
            "device": "cpu",
        },
        help="How it is fitted.",
    )
