"""Options of the built-in embedders. Torch-free."""

from __future__ import annotations

from typing import ClassVar, Literal

import attrs

from geoframe.config.fields import option


@attrs.frozen(kw_only=True)
class MLPConfig:
    """Multilayer perceptron on feature vectors; embeds unseen items too (inductive)."""

    component: ClassVar[str] = "geoframe.embedders.mlp:MLP"

    hidden: int = option(100, ge=1, unit="units", help="Width of every hidden layer.")
    layers: int = option(10, ge=0, help="Number of hidden layers; 0 is a linear map.")
    norm: Literal["layer", "none"] = option("layer", help="Normalisation after each linear map.")
    activation: Literal["silu", "relu", "gelu", "tanh"] = option("silu", help="Nonlinearity.")


@attrs.frozen(kw_only=True)
class TableConfig:
    """One trainable row of coordinates per item; needs no features (transductive)."""

    component: ClassVar[str] = "geoframe.embedders.table:Table"

    scale: float = option(1.0, gt=0, help="Standard deviation of the initial coordinates.")
    hidden: int = option(
        0,
        ge=0,
        unit="units",
        help="Width of a perceptron that corrects all rows together while they are fitted; "
        "0 for rows alone.",
    )
