"""What a user may have meant otherwise: told, not changed. Torch-free."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

import numpy as np

from geoframe_data import Table


def of_target(table: Table, outputs: Sequence[str], name: str) -> list[str]:
    """Say that a target of two numbers, which is predicted as a number, might be one of classes."""
    if len(outputs) > 1 or table.frame[outputs[0]].nunique() != 2:
        return []
    return [
        f"'{name}' has two values, and is predicted as a number; if they are classes, set "
        "data.task=classification"
    ]


def of_features(table: Table, features: Sequence[str]) -> list[str]:
    """Say which features number the rows: what is learned of these is of no use for others."""
    return [
        f"column '{name}' numbers the rows, and is taken as a feature; if it only names them, set "
        f"data.id={shlex.quote(name)}"
        for name in features
        if table.schema[name].kind == "integer" and bool((np.diff(table.numbers(name)) == 1).all())
    ]
