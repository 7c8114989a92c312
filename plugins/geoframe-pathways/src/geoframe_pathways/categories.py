"""Columns of categories: a 0/1 input for each level, or what the target is where they stand.

Torch-free.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import attrs
import numpy as np
from numpy.typing import NDArray

from geoframe_data import Table, TargetStatistics, fit_target_statistics

MAX_LEVELS = 64
"""Distinct values of a column of text that are one-hot encoded, most."""
COVERED = 0.5
"""Share of the rows that these must cover, or else the text is an identifier."""
DISTINCT = 0.5
"""Different texts of a row, above which a column names the rows: nothing is learned from it."""


@attrs.frozen(kw_only=True)
class CategoryColumn:
    """A column of categories: one 0/1 input per level; an unknown level is all zeros."""

    name: str
    levels: tuple[str, ...]

    def encode(self, table: Table) -> NDArray[np.float32]:
        """Return 0/1 inputs ``(n, levels)``."""
        found = table.texts(self.name).astype(np.str_)
        places = np.searchsorted(np.array(self.levels), found)
        one_hot = np.zeros((len(found), len(self.levels)), dtype=np.float32)
        inside = np.minimum(places, len(self.levels) - 1)
        known = np.flatnonzero(np.array(self.levels)[inside] == found)
        one_hot[known, inside[known]] = 1.0
        return one_hot


@attrs.frozen(kw_only=True)
class StatisticColumn:
    """A column of many categories: the standardised statistics of the target for each."""

    statistics: TargetStatistics
    mean: tuple[float, ...]
    std: tuple[float, ...]

    @property
    def name(self) -> str:
        """The column."""
        return self.statistics.name

    @property
    def inputs(self) -> list[str]:
        """Names of the inputs."""
        if len(self.mean) == 1:
            return [f"{self.name} target"]
        return [f"{self.name} target {k}" for k in range(len(self.mean))]

    def encode(self, table: Table) -> NDArray[np.float32]:
        """Return the inputs ``(n, statistics)`` of rows that were not trained on."""
        return self.scaled(self.statistics.encode(table))

    def scaled(self, values: NDArray[np.float64]) -> NDArray[np.float32]:
        """Standardise statistics ``(n, statistics)``."""
        scaled: NDArray[np.float64] = (values - np.array(self.mean)) / np.array(self.std)
        return scaled.astype(np.float32)

    @classmethod
    def from_plain(cls, values: Mapping[str, Any]) -> StatisticColumn:
        """Rebuild a column from the plain values of ``attrs.asdict``."""
        plain = values["statistics"]
        statistics = TargetStatistics(
            name=plain["name"],
            levels=tuple(plain["levels"]),
            means=tuple(tuple(each) for each in plain["means"]),
            default=tuple(plain["default"]),
        )
        return cls(statistics=statistics, mean=tuple(values["mean"]), std=tuple(values["std"]))


def fit_statistics(
    table: Table,
    target: NDArray[np.generic],
    task: Literal["regression", "classification"],
    seed: int,
) -> tuple[list[StatisticColumn], NDArray[np.float32]]:
    """Learn the statistics of all columns of text with too many levels for 0/1 inputs.

    Columns in which most texts stand once are left to :func:`levels_of`.

    Returns
    -------
    tuple
        The columns, and the inputs ``(n, statistics)`` of the training rows, out of fold.
    """
    fitted: list[StatisticColumn] = []
    pieces = [np.empty((len(table), 0), dtype=np.float32)]
    for each in table.schema.columns:
        if each.kind != "text":
            continue
        count = len(np.unique(table.texts(each.name).astype(np.str_)))
        if not MAX_LEVELS < count <= DISTINCT * len(table):
            continue
        statistics, values = fit_target_statistics(table, each.name, target, task, seed=seed)
        std = np.maximum(values.std(axis=0), 1e-12)
        column = StatisticColumn(
            statistics=statistics, mean=tuple(values.mean(axis=0).tolist()), std=tuple(std.tolist())
        )
        fitted.append(column)
        pieces.append(column.scaled(values))
    return fitted, np.concatenate(pieces, axis=1)


def levels_of(
    name: str, found: NDArray[np.str_], statistics: Sequence[StatisticColumn]
) -> tuple[tuple[str, ...], list[str]]:
    """Levels to encode of a column of text, sorted, and what there is to say of it."""
    levels, rows = np.unique(found, return_counts=True)
    if len(levels) < 2:
        return (), [f"column '{name}' is constant and was left out"]
    if len(levels) <= MAX_LEVELS:
        return tuple(levels.tolist()), []
    told = any(each.name == name for each in statistics)
    many = f"column '{name}' has {len(levels)} different texts"
    by_target = f"{many}: taken as what the target is where they stand, out of fold"
    kept = np.argsort(-rows, kind="stable")[:MAX_LEVELS]
    if rows[kept].sum() < COVERED * len(found):
        return (), [by_target if told else f"{many} and was left out"]
    note = f"column '{name}': of {len(levels)} different texts the {MAX_LEVELS} most frequent count"
    if told:
        note = f"{by_target}; the {MAX_LEVELS} most frequent also count by themselves"
    return tuple(levels[np.sort(kept)].tolist()), [note]
