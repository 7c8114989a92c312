"""Items from tables: csv and tsv, also compressed with gzip."""

from __future__ import annotations

import gzip
import warnings
import zlib
from collections.abc import Sequence
from fnmatch import fnmatch
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from geoframe.data import decode, is_number, listed, read_bytes, shown
from geoframe.errors import DataError, did_you_mean
from geoframe_cfdm.data.config import ItemsConfig
from geoframe_cfdm.data.items import Items
from geoframe_cfdm.data.labels import as_labels

if TYPE_CHECKING:
    import pandas as pd

ALL = ("*",)
"""``data.columns`` if the user named none."""


def read_rows(path: Path, config: ItemsConfig) -> Items:
    """Read the numeric columns of a table, a row an item; columns of text are left out."""
    table = read_table(path)
    named = [str(name) for name in table.columns]
    if config.columns == ALL and named and all(is_number(name) for name in named):
        raise DataError(
            f"{path}: the first row holds numbers, not names; add a row with names of the columns"
        )
    labels: Tensor | None = None
    names: tuple[str, ...] = ()
    if config.labels is not None:
        if config.labels not in table:
            raise DataError(f"{path}: no column '{config.labels}'" + _near(config.labels, named))
        labels, names = _labels(table.pop(config.labels), path)
    wanted = [name for name in table if _matches(str(name), config.columns)]
    chosen = table[wanted].select_dtypes("number")
    if not len(chosen.columns):
        raise DataError(
            f"{path}: no numeric column matches data.columns {list(config.columns)}; it has: "
            f"{listed(named)}"
        )
    values = chosen.to_numpy(np.float64, copy=True)
    if not bool((finite := np.isfinite(values)).all()):
        row, column = (int(index[0]) for index in (~finite).nonzero())
        raise DataError(
            f"{path}: row {row + 2}, column '{chosen.columns[column]}' is empty or not finite; "
            "fill it, or remove the row or the column"
        )
    columns = tuple(str(name) for name in chosen.columns)
    return Items(
        data=torch.from_numpy(values),
        labels=labels,
        label_names=names,
        columns=columns,
        left_out=tuple(str(name) for name in wanted if str(name) not in columns),
        kind="table",
        origin=str(path),
    )


def read_table(path: Path) -> pd.DataFrame:
    """Read a csv or tsv file, of commas or semicolons.

    Raises
    ------
    DataError
        If it is no text or no table.
    """
    import pandas as pd

    content = read_bytes(path)
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes[-1:] == [".gz"]:
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise DataError(f"{path}: cannot be decompressed: {shown(error)}") from None
    text = decode(path, content)
    head = text.partition("\n")[0]
    separator = ";" if head.count(";") > head.count(",") else ","
    if ".tsv" in suffixes:
        separator = "\t"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # rows longer than the head
            table = pd.read_csv(StringIO(text), sep=separator, index_col=False)
    except (pd.errors.ParserError, pd.errors.ParserWarning, ValueError) as error:
        raise DataError(f"{path}: cannot be read as a table: {shown(error)}") from None
    if not len(table):
        raise DataError(f"{path}: has no rows below the names of its columns")
    return table


def _labels(column: pd.Series, path: Path) -> tuple[Tensor, tuple[str, ...]]:
    """Whole numbers as they are, and other values as numbers with names."""
    if bool((empty := column.isna()).any()):
        raise DataError(
            f"{path}: row {int(empty.to_numpy().nonzero()[0][0]) + 2} has no label "
            f"'{column.name}'; fill it or remove the row"
        )
    values = column.to_numpy()
    return as_labels(
        values if values.dtype.kind in "iuf" else values.astype(np.str_),
        f"{path}: column '{column.name}'",
    )


def _matches(name: str, patterns: Sequence[str]) -> bool:
    # By itself too: names like 'length[mm]' are patterns that do not match themselves.
    return name in patterns or any(fnmatch(name, each) for each in patterns)


def _near(name: str, names: list[str]) -> str:
    return did_you_mean(name, names) or f"; it has: {listed(names)}"
