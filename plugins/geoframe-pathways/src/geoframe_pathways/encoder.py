"""Turning the columns of a table into standardised numbers. Torch-free."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from geoframe.errors import DataError, did_you_mean
from geoframe_data import ColumnType, Schema, Table, as_table
from geoframe_data.dates import PERIODS, circles, on_circle
from geoframe_data.schema import Kind
from geoframe_pathways.categories import CategoryColumn, StatisticColumn, levels_of

if TYPE_CHECKING:
    import pandas as pd

Scaling = Literal["column", "common", "none"]

FAR_OUT = 10.0
"""Distance from the median at which numbers are cut off, in ranges of the middle 98 %: some 46
standard deviations of a bell curve, so that a slip of the pen does not set the scale."""
TOLD = 12
"""Columns of which a sentence is said, most."""
LARGEST = 1e100
"""Where all numbers are cut off: their squares must be finite."""


@attrs.frozen(kw_only=True)
class NumericColumn:
    """A column of numbers or dates: ``(x - mean) / std``, x cut off at ``low`` and ``high``."""

    name: str
    low: float = -LARGEST
    high: float = LARGEST
    mean: float = 0.0
    std: float = 1.0
    fill: float = 0.0
    """What stands for a missing value (the training median)."""
    indicator: bool = False
    """Whether a further 0/1 input says that the value was missing (it was in training)."""
    date: bool = False
    """Whether the column holds dates; they count as days since 1970."""
    period: float = 0.0
    """Days of the circle on which a date is taken; 0 takes the date itself."""
    cosine: bool = False
    """Which coordinate of the circle."""

    @property
    def input(self) -> str:
        """Name of the input."""
        if not self.period:
            return self.name
        circle = next(name for name, days in PERIODS.items() if days == self.period)
        return f"{self.name} {circle} {'cos' if self.cosine else 'sin'}"

    def read(self, table: Table) -> NDArray[np.float64]:
        """Return the column's values ``(n,)``; missing and infinite ones are NaN."""
        values = table.numbers(self.name)
        if self.period:
            values = on_circle(values, self.period, cosine=self.cosine)
        return np.where(np.isfinite(values), np.clip(values, self.low, self.high), np.nan)


@attrs.frozen(kw_only=True)
class Encoder:
    """The columns that are used, in order; fitted on the training rows."""

    numeric: tuple[NumericColumn, ...]
    categories: tuple[CategoryColumn, ...]
    """Their levels are sorted."""
    schema: Schema
    """Types of the training columns, by which new data are read."""
    statistics: tuple[StatisticColumn, ...] = ()

    @property
    def names(self) -> list[str]:
        """Names of the inputs, in order."""
        found = [column.input for column in self.numeric]
        found += [f"{column.name} missing" for column in self.numeric if column.indicator]
        found += [f"{each.name}={level}" for each in self.categories for level in each.levels]
        return found + [name for each in self.statistics for name in each.inputs]

    def encode(self, data: Table | pd.DataFrame | ArrayLike) -> NDArray[np.float32]:
        """Encode rows -> ``(n, inputs)``.

        Parameters
        ----------
        data
            A table or frame with at least the training columns, or an array ``(n, columns)`` if
            the training data had no names.

        Raises
        ------
        DataError
            If a column is missing or holds something else than in training.
        """
        table = data if isinstance(data, Table) else as_table(data, schema=self.schema)
        columns: list[NumericColumn | CategoryColumn | StatisticColumn]
        columns = [*self.numeric, *self.categories, *self.statistics]
        for name in [each.name for each in columns]:
            if name not in table.frame.columns:
                hint = did_you_mean(name, table.others)
                raise DataError(f"column '{name}' of the training data is missing{hint}")
        pieces: list[NDArray[np.float32]] = []
        if self.numeric:
            values = np.stack([column.read(table) for column in self.numeric], axis=1)
            missing = np.isnan(values)
            fill, mean, std = (
                np.array([getattr(column, key) for column in self.numeric])
                for key in ("fill", "mean", "std")
            )
            scaled = (np.where(missing, fill, values) - mean) / std
            pieces.append(scaled.astype(np.float32))
            indicated = [index for index, column in enumerate(self.numeric) if column.indicator]
            pieces.append(missing[:, indicated].astype(np.float32))
        pieces += [category.encode(table) for category in self.categories]
        pieces += [column.encode(table) for column in self.statistics]
        return np.concatenate(pieces, axis=1)

    @classmethod
    def from_plain(cls, values: Mapping[str, Any]) -> Encoder:
        """Rebuild an encoder from the plain values of ``attrs.asdict``."""
        numeric = tuple(NumericColumn(**each) for each in values["numeric"])
        categories = tuple(
            CategoryColumn(name=each["name"], levels=tuple(each["levels"]))
            for each in values["categories"]
        )
        if "schema" in values:
            schema = Schema.from_plain(values["schema"])
        else:
            schema = _schema_of(numeric, categories)
        statistics = tuple(map(StatisticColumn.from_plain, values.get("statistics", ())))
        return cls(numeric=numeric, categories=categories, schema=schema, statistics=statistics)


def _schema_of(
    numeric: tuple[NumericColumn, ...], categories: tuple[CategoryColumn, ...]
) -> Schema:
    """Types of the columns of a pack that was written before types were kept."""
    truth = {"", "False", "True"}
    kinds: dict[str, Kind] = {}
    for number in numeric:
        # Truth values were numbers then: of mean p they have the variance p (1 - p).
        spread = number.mean * (1 - number.mean) - number.std**2
        zero_or_one = number.fill in (0, 1) and abs(spread) < 1e-9
        kinds[number.name] = "date" if number.date else "boolean" if zero_or_one else "number"
    for category in categories:
        kinds[category.name] = "boolean" if set(category.levels) <= truth else "text"
    columns = [ColumnType(name=name, kind=kind) for name, kind in kinds.items()]
    named = not all(re.fullmatch(r"x\d+", each.name) for each in columns)
    return Schema(columns=tuple(columns), named=named)


def fit_encoder(
    table: Table, scaling: Scaling, statistics: Sequence[StatisticColumn] = ()
) -> tuple[Encoder, list[str]]:
    """Learn how to encode from the training rows.

    Constant columns are dropped, and so is a column of text without statistics whose 64 most
    frequent values cover less than half of the rows: from an identifier no distance can be
    learned. Dates count as days and, where they span at least a turn, as points on the circles of
    year, week and day.

    Parameters
    ----------
    statistics
        What :func:`~geoframe_pathways.categories.fit_statistics` gave for these rows.

    Returns
    -------
    tuple
        The encoder, and a sentence for every column that was not taken as it is.

    Raises
    ------
    DataError
        If nothing is left.
    """
    numeric: list[NumericColumn] = []
    categories: list[CategoryColumn] = []
    notes: list[str] = []
    # Pixels on one scale have no slips of the pen, but dark corners.
    guarded = scaling == "column"
    for found in table.schema.columns:
        name = found.name
        if found.numeric:
            fitted, note = _fit_numeric(table, NumericColumn(name=name), guarded=guarded)
            numeric += fitted
        elif found.kind == "date":
            fitted, note = _fit_date(table, name, guarded=guarded)
            numeric += fitted
        elif found.kind in ("text", "boolean"):
            levels, note = levels_of(name, table.texts(name).astype(np.str_), statistics)
            if levels:
                categories.append(CategoryColumn(name=name, levels=levels))
        elif found.kind == "empty":
            note = [f"column '{name}' is empty and was left out"]
        else:
            note = [f"column '{name}' holds lists or other containers and was left out"]
        notes += note
    if not numeric and not categories and not statistics:
        raise DataError("no feature column can be used: " + "; ".join(notes[:3]))
    if scaling == "common" and numeric:
        common = float(np.sqrt(np.mean([column.std**2 for column in numeric])))
        numeric = [attrs.evolve(column, std=common) for column in numeric]
    if scaling == "none":
        numeric = [attrs.evolve(column, mean=0.0, std=1.0) for column in numeric]
    told = notes[:TOLD]
    if len(notes) > TOLD:
        told.append(f"{len(notes) - TOLD} more columns were changed or left out in such ways")
    encoder = Encoder(
        numeric=tuple(numeric),
        categories=tuple(categories),
        schema=table.schema,
        statistics=tuple(statistics),
    )
    return encoder, told


def _fit_date(table: Table, name: str, *, guarded: bool) -> tuple[list[NumericColumn], list[str]]:
    """A date as days, and on the circles that matter."""
    fitted, notes = _fit_numeric(table, NumericColumn(name=name, date=True), guarded=guarded)
    if not fitted:
        return fitted, notes
    taken = circles(table.numbers(name))
    for circle in taken:
        for cosine in (False, True):
            part = NumericColumn(name=name, date=True, period=PERIODS[circle], cosine=cosine)
            fitted += _fit_numeric(table, part, guarded=False)[0]
    turns = f", and on the circle of {' and '.join(taken)}" if taken else ""
    # A date is missing once, not in each of its parts.
    fitted[1:] = [attrs.evolve(part, indicator=False) for part in fitted[1:]]
    return fitted, [*notes, f"column '{name}' holds dates: taken as days{turns}"]


def _fit_numeric(
    table: Table, column: NumericColumn, *, guarded: bool
) -> tuple[list[NumericColumn], list[str]]:
    """The column if it can be used, and what there is to say of it."""
    name = column.name
    values = column.read(table)
    present = values[~np.isnan(values)]
    if not len(present) or present.min() == present.max():
        return [], [f"column '{name}' is constant and was left out"]
    first, median, last = np.quantile(present, (0.01, 0.5, 0.99))
    notes = []
    if guarded and last > first:
        low, high = (float(median + sign * FAR_OUT * (last - first)) for sign in (-1, 1))
        column = attrs.evolve(column, low=low, high=high)
        cut = np.count_nonzero((present < low) | (present > high))
        present = np.clip(present, low, high)
        if cut:
            notes = [f"column '{name}': numbers cut off at {low:.4g} and {high:.4g}: {cut}"]
    fitted = attrs.evolve(
        column,
        mean=float(present.mean()),
        std=float(present.std()),
        fill=float(median),
        indicator=len(present) < len(values),
    )
    return [fitted], notes
