"""Turning the columns of a table into standardised numbers. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from geoframe.errors import DataError, did_you_mean
from geoframe_pathways.data.columns import as_frame, days, kind_of, numbers, texts

if TYPE_CHECKING:
    import pandas as pd

Scaling = Literal["column", "common", "none"]

MAX_LEVELS = 64
"""Distinct values of a column of text that are one-hot encoded, most."""
COVERED = 0.5
"""Share of the rows that these must cover, or else the text is an identifier."""
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
    low: float
    high: float
    mean: float
    std: float
    fill: float
    """What stands for a missing value (the training median)."""
    indicator: bool
    """Whether a further 0/1 input says that the value was missing (it was in training)."""
    date: bool = False
    """Whether the column holds dates; they count as days since 1970."""

    def read(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """Return the column's values ``(n,)``; missing and infinite ones are NaN."""
        column = frame[self.name]
        values = days(column) if self.date else numbers(column)
        return np.where(np.isfinite(values), np.clip(values, self.low, self.high), np.nan)


@attrs.frozen(kw_only=True)
class CategoryColumn:
    """A column of categories: one 0/1 input per level; an unknown level is all zeros."""

    name: str
    levels: tuple[str, ...]

    def encode(self, frame: pd.DataFrame) -> NDArray[np.float32]:
        """Return 0/1 inputs ``(n, levels)``."""
        found = texts(frame[self.name])
        places = np.searchsorted(np.array(self.levels), found)
        one_hot = np.zeros((len(found), len(self.levels)), dtype=np.float32)
        inside = np.minimum(places, len(self.levels) - 1)
        known = np.flatnonzero(np.array(self.levels)[inside] == found)
        one_hot[known, inside[known]] = 1.0
        return one_hot


@attrs.frozen(kw_only=True)
class Encoder:
    """The columns that are used, in order; fitted on the training rows."""

    numeric: tuple[NumericColumn, ...]
    categories: tuple[CategoryColumn, ...]
    """Their levels are sorted."""

    @property
    def names(self) -> list[str]:
        """Names of the inputs, in order."""
        found = [column.name for column in self.numeric]
        found += [f"{column.name} missing" for column in self.numeric if column.indicator]
        found += [f"{each.name}={level}" for each in self.categories for level in each.levels]
        return found

    def encode(self, table: pd.DataFrame | ArrayLike) -> NDArray[np.float32]:
        """Encode rows -> ``(n, inputs)``.

        Parameters
        ----------
        table
            A frame with at least the training columns, or an array ``(n, columns)`` if the
            training data had no names.

        Raises
        ------
        DataError
            If a column is missing or holds something else than in training.
        """
        frame = as_frame(table)
        wanted = [each.name for each in self.numeric] + [each.name for each in self.categories]
        if absent := [name for name in wanted if name not in frame.columns]:
            hint = did_you_mean(absent[0], [str(name) for name in frame.columns])
            raise DataError(f"column '{absent[0]}' of the training data is missing{hint}")
        pieces: list[NDArray[np.float32]] = []
        if self.numeric:
            values = np.stack([column.read(frame) for column in self.numeric], axis=1)
            missing = np.isnan(values)
            fill, mean, std = (
                np.array([getattr(column, key) for column in self.numeric])
                for key in ("fill", "mean", "std")
            )
            scaled = (np.where(missing, fill, values) - mean) / std
            pieces.append(scaled.astype(np.float32))
            indicated = [index for index, column in enumerate(self.numeric) if column.indicator]
            pieces.append(missing[:, indicated].astype(np.float32))
        pieces += [category.encode(frame) for category in self.categories]
        return np.concatenate(pieces, axis=1)

    @classmethod
    def from_plain(cls, values: Mapping[str, Any]) -> Encoder:
        """Rebuild an encoder from the plain values of ``attrs.asdict``."""
        return cls(
            numeric=tuple(NumericColumn(**each) for each in values["numeric"]),
            categories=tuple(
                CategoryColumn(name=each["name"], levels=tuple(each["levels"]))
                for each in values["categories"]
            ),
        )


def fit_encoder(frame: pd.DataFrame, scaling: Scaling) -> tuple[Encoder, list[str]]:
    """Learn how to encode from the training rows.

    Constant columns are dropped, and so is a column of text whose 64 most frequent values cover
    less than half of the rows: from an identifier no distance can be learned.

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
    for name in frame.columns:
        kind = kind_of(frame[name])
        if kind in ("number", "date"):
            # Pixels on one scale have no slips of the pen, but dark corners.
            guarded = scaling == "column"
            fitted, note = _fit_numeric(frame, str(name), date=kind == "date", guarded=guarded)
            notes += note
            numeric += fitted
        elif kind == "text":
            levels, note = _levels(str(name), texts(frame[name]))
            notes += note
            if levels:
                categories.append(CategoryColumn(name=str(name), levels=levels))
        else:
            notes.append(f"column '{name}' holds lists or other containers and was left out")
    if not numeric and not categories:
        raise DataError("no feature column can be used: " + "; ".join(notes[:3]))
    if scaling == "common" and numeric:
        common = float(np.sqrt(np.mean([column.std**2 for column in numeric])))
        numeric = [attrs.evolve(column, std=common) for column in numeric]
    if scaling == "none":
        numeric = [attrs.evolve(column, mean=0.0, std=1.0) for column in numeric]
    told = notes[:TOLD]
    if len(notes) > TOLD:
        told.append(f"{len(notes) - TOLD} more columns were changed or left out in such ways")
    return Encoder(numeric=tuple(numeric), categories=tuple(categories)), told


def _levels(name: str, found: NDArray[np.str_]) -> tuple[tuple[str, ...], list[str]]:
    """Levels to encode of a column of text, sorted, and what there is to say of it."""
    levels, rows = np.unique(found, return_counts=True)
    if len(levels) < 2:
        return (), [f"column '{name}' is constant and was left out"]
    if len(levels) <= MAX_LEVELS:
        return tuple(levels.tolist()), []
    kept = np.argsort(-rows, kind="stable")[:MAX_LEVELS]
    if rows[kept].sum() < COVERED * len(found):
        return (), [f"column '{name}' has {len(levels)} different texts and was left out"]
    note = f"column '{name}': of {len(levels)} different texts the {MAX_LEVELS} most frequent count"
    return tuple(levels[np.sort(kept)].tolist()), [note]


def _fit_numeric(
    frame: pd.DataFrame, name: str, *, date: bool, guarded: bool
) -> tuple[list[NumericColumn], list[str]]:
    """The column if it can be used, and what there is to say of it."""
    column = NumericColumn(
        name=name,
        low=-LARGEST,
        high=LARGEST,
        mean=0.0,
        std=1.0,
        fill=0.0,
        indicator=False,
        date=date,
    )
    values = column.read(frame)
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
