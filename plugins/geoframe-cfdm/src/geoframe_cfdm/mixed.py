"""Rows of numbers, dates, truth values and texts, with gaps, as numbers; and back."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from geoframe.data import listed
from geoframe.errors import DataError
from geoframe_data import Items, Table
from geoframe_data.item_sources import labels_of_table

if TYPE_CHECKING:
    import pandas as pd
    from torch import Tensor

NAMING = 0.9
"""Share of different texts from which a column rather names its rows."""


@attrs.frozen(kw_only=True)
class ColumnCode:
    """How the values of a column are written as numbers."""

    name: str
    kind: str
    """As in :class:`geoframe_data.ColumnType`."""
    names: tuple[str, ...] = ()
    """Texts that the numbers of a category stand for."""
    whole: bool = False
    """Whether all numbers, or dates as days, are whole."""

    def decoded(self, values: NDArray[np.float64]) -> pd.Series[Any]:
        """Values of the column ``(n,)``, as they stood in the file; missing for nan."""
        import pandas as pd

        there = ~np.isnan(values)
        if self.names:
            texts = np.full(len(values), None, dtype=object)
            texts[there] = np.array(self.names, dtype=object)[values[there].astype(int)]
            return pd.Series(texts, name=self.name, dtype=object)
        if self.kind == "date":
            unit = "%Y-%m-%d" if self.whole else "%Y-%m-%dT%H:%M:%S"
            milliseconds = np.where(there, np.nan_to_num(values) * 86_400_000, 0).round()
            dates = pd.to_datetime(milliseconds.astype(np.int64), unit="ms")
            return pd.Series(dates.strftime(unit), name=self.name, dtype=object).where(there, None)
        if self.whole:
            whole = np.where(there, values, 0).round().astype(np.int64)
            return pd.Series(pd.arrays.IntegerArray(whole, ~there), name=self.name)
        return pd.Series(values, name=self.name)


@attrs.frozen(kw_only=True, eq=False)
class MixedItems(Items):
    """Rows whose values are numbers or stand for texts; nan is a gap."""

    codes: tuple[ColumnCode, ...]

    def fingerprint(self) -> str:
        """SHA-256 of values, labels, and of what the numbers stand for."""
        return hashlib.sha256(f"{super().fingerprint()} {self.codes}".encode()).hexdigest()

    @property
    def levels(self) -> Tensor:
        """Number of categories of each column ``(d,)``; 0 for numbers and dates."""
        import torch

        return torch.tensor([len(each.names) for each in self.codes])

    def decoded(self, rows: NDArray[np.float64]) -> pd.DataFrame:
        """Return rows ``(n, d)`` as a table like the one that was read."""
        import pandas as pd

        columns = [code.decoded(values) for code, values in zip(self.codes, rows.T, strict=True)]
        return pd.concat(columns, axis=1)


def mixed_items_of_table(table: Table, *, labels: str | None = None) -> MixedItems:
    """Make an item of each row of a table, all columns of it; labels stay a column, too.

    Raises
    ------
    DataError
        If no column can be used, or a row has no label.
    """
    numbers: NDArray[np.int64] | None = None
    names: tuple[str, ...] = ()
    if labels is not None:
        _, numbers, names = labels_of_table(table, labels)
    codes, values, notes = [], [], list(table.notes)
    left_out = []
    for name in table.columns:
        if table.schema[name].kind in ("nested", "empty"):
            left_out.append(name)
            continue
        code, column_values = _coded(table, name)
        codes.append(code)
        values.append(column_values)
        if len(code.names) > NAMING * len(table):
            notes.append(
                f"column '{name}' has a text of its own in nearly every row; samples repeat these"
            )
    if left_out:
        notes.append(f"columns left out, since they hold nothing or lists: {listed(left_out)}")
    if not codes:
        raise DataError(f"{table.origin}: no column holds values; set data.columns")
    gaps = sum(int(np.isnan(each).sum()) for each in values)
    if gaps:
        notes.append(f"{gaps} empty cells: the samples have gaps like these")
    return MixedItems(
        data=np.stack(values, axis=1),
        labels=numbers,
        label_names=names,
        columns=tuple(each.name for each in codes),
        names=table.names,
        kind="table",
        origin=table.origin,
        notes=tuple(notes),
        schema=table.select([each.name for each in codes]).schema,
        codes=tuple(codes),
    )


def _coded(table: Table, name: str) -> tuple[ColumnCode, NDArray[np.float64]]:
    kind = table.schema[name].kind
    if kind in ("integer", "number", "date"):
        values = np.array(table.numbers(name), dtype=np.float64)
        values[~np.isfinite(values)] = np.nan
        there = values[~np.isnan(values)]
        # In floats a day is whole to a hundredth of a second.
        whole = kind != "number" and bool((np.abs(there - np.round(there)) < 1e-7).all())
        return ColumnCode(name=name, kind=kind, whole=whole), values
    found = table.labels(name)
    codes = np.where(found.codes < 0, np.nan, found.codes)
    return ColumnCode(name=name, kind=kind, names=found.names), codes


def levels_of(items: Items) -> Tensor | None:
    """Number of categories of each column, of rows that hold any or have gaps; else None."""
    return items.levels if isinstance(items, MixedItems) else None


def filled(rows: Sequence[Tensor]) -> list[Tensor]:
    """Rows with each gap filled by the mean of its column in the first of them: for pictures."""
    import torch

    mean = rows[0].double().nanmean(0)
    return [torch.where(each.isnan(), mean.to(each), each) for each in rows]
