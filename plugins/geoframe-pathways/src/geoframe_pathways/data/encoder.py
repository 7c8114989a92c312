"""Turning the columns of a table into standardised numbers. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from geoframe.errors import DataError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

Scaling = Literal["column", "common", "none"]

MAX_LEVELS = 64
"""Distinct values up to which a column of text is one-hot encoded."""


@attrs.frozen(kw_only=True)
class NumericColumn:
    """A column of numbers: ``(x - mean) / std``."""

    name: str
    mean: float
    std: float
    fill: float
    """What stands for a missing value (the training median)."""
    indicator: bool
    """Whether a further 0/1 input says that the value was missing (it was in training)."""


@attrs.frozen(kw_only=True)
class CategoryColumn:
    """A column of categories: one 0/1 input per level; an unknown level is all zeros."""

    name: str
    levels: tuple[str, ...]


@attrs.frozen(kw_only=True)
class Encoder:
    """The columns that are used, in order; fitted on the training rows."""

    numeric: tuple[NumericColumn, ...]
    categories: tuple[CategoryColumn, ...]

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
            names = [column.name for column in self.numeric]
            values = np.stack([numbers(frame, name) for name in names], axis=1)
            missing = ~np.isfinite(values)
            fill, mean, std = (
                np.array([getattr(column, key) for column in self.numeric])
                for key in ("fill", "mean", "std")
            )
            scaled = (np.where(missing, fill, values) - mean) / std
            pieces.append(scaled.astype(np.float32))
            indicated = [index for index, column in enumerate(self.numeric) if column.indicator]
            pieces.append(missing[:, indicated].astype(np.float32))
        for category in self.categories:
            text = frame[category.name].astype(str).to_numpy()
            pieces.append((text[:, None] == np.array(category.levels)).astype(np.float32))
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


def as_frame(table: pd.DataFrame | ArrayLike) -> pd.DataFrame:
    """Name the columns of an array x0, x1, ...; leave a frame as it is.

    Raises
    ------
    DataError
        If the array has not two axes.
    """
    import pandas as pd

    if isinstance(table, pd.DataFrame):
        return table
    array = np.asarray(table)
    if array.ndim != 2:
        raise DataError(f"a table has rows and columns; this one has the shape {array.shape}")
    return pd.DataFrame(array, columns=[f"x{index}" for index in range(array.shape[1])])


def numbers(frame: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """Column of numbers ``(n,)``; missing values are NaN.

    Raises
    ------
    DataError
        If a value is no number.
    """
    try:
        return np.asarray(frame[name], dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"column '{name}' should hold numbers: {error}") from None


def fit_encoder(frame: pd.DataFrame, scaling: Scaling) -> tuple[Encoder, list[str]]:
    """Learn how to encode from the training rows.

    Constant columns are dropped, and so is a column of text with more than 64 different values,
    from which no distance could be learned.

    Returns
    -------
    tuple
        The encoder, and a sentence for every column that was dropped.

    Raises
    ------
    DataError
        If nothing is left.
    """
    import pandas as pd

    numeric, categories, dropped = [], [], []
    for name in frame.columns:
        column = frame[name]
        if pd.api.types.is_numeric_dtype(column.dtype):
            fitted = _fit_numeric(frame, str(name))
            if fitted is None:
                dropped.append(f"column '{name}' is constant and was left out")
            else:
                numeric.append(fitted)
            continue
        levels = sorted(set(column.astype(str)))
        if 1 < len(levels) <= MAX_LEVELS:
            categories.append(CategoryColumn(name=str(name), levels=tuple(levels)))
        else:
            dropped.append(
                f"column '{name}' has {len(levels)} different texts and was left out "
                f"(2 to {MAX_LEVELS} can be used)"
            )
    if not numeric and not categories:
        raise DataError("no feature column can be used: " + "; ".join(dropped[:3]))
    if scaling == "common" and numeric:
        common = float(np.sqrt(np.mean([column.std**2 for column in numeric])))
        numeric = [attrs.evolve(column, std=common) for column in numeric]
    if scaling == "none":
        numeric = [attrs.evolve(column, mean=0.0, std=1.0) for column in numeric]
    return Encoder(numeric=tuple(numeric), categories=tuple(categories)), dropped


def _fit_numeric(frame: pd.DataFrame, name: str) -> NumericColumn | None:
    values = numbers(frame, name)
    present = values[np.isfinite(values)]
    if not len(present) or present.min() == present.max():
        return None
    return NumericColumn(
        name=name,
        mean=float(present.mean()),
        std=float(present.std()),
        fill=float(np.median(present)),
        indicator=len(present) < len(values),
    )
