"""Items from the arrays of a file and from the columns of a table. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoframe.data import listed, shown
from geoframe.errors import DataError, did_you_mean
from geoframe_data.files import check_regular
from geoframe_data.items import Items, class_numbers
from geoframe_data.labels import as_labels
from geoframe_data.table import Table

BLOCK = 8192
"""Items that are looked at at once; they may be larger than memory."""


def map_array(path: Path) -> NDArray[Any]:
    """Open the array of an npy file; it stays on the disk and cannot be changed there.

    Raises
    ------
    DataError
        If it is damaged, or holds Python objects.
    """
    check_regular(path)
    try:
        found: NDArray[Any] = np.load(path, mmap_mode="c", allow_pickle=False)
    except Exception as error:  # numpy raises ValueError, EOFError, TypeError, ... by damage
        raise DataError(f"{path}: cannot be read as npy: {shown(error)}") from None
    return found


def items_of_arrays(
    arrays: Mapping[str, NDArray[Any]],
    origin: str,
    *,
    array: str | None = None,
    labels: str | None = None,
) -> Items:
    """Make items of named arrays.

    Parameters
    ----------
    array
        Name of the items; needed if several could be.
    labels
        Name of the classes.

    Raises
    ------
    DataError
        If there is no such array, or it holds no items or labels.
    """
    chosen = _chosen(arrays, origin, array, labels)
    numbers: NDArray[np.int64] | None = None
    names: tuple[str, ...] = ()
    if labels is not None:
        _require(labels, arrays, origin)
        numbers, names = _labels(arrays[labels], f"{origin}: '{labels}'")
    data = _numbers(arrays[chosen], f"{origin}: '{chosen}'" if len(arrays) > 1 else origin)
    return Items(data=data, labels=numbers, label_names=names, origin=origin)


def _chosen(
    arrays: Mapping[str, NDArray[Any]], origin: str, array: str | None, labels: str | None
) -> str:
    """Name of the array of items: the one named, or the only one that could be."""
    if array is not None:
        _require(array, arrays, origin)
        return array
    if len(arrays) == 1:
        return next(iter(arrays))
    possible = [
        name
        for name, each in arrays.items()
        if name != labels and each.ndim >= 2 and each.dtype.kind in "iuf"
    ]
    if not possible:
        held = [f"{name} {each.dtype} {each.shape}" for name, each in arrays.items()]
        raise DataError(
            f"{origin}: no array could be the items, which are numbers of shape (n, ...); it "
            f"holds: {listed(held) or 'none'}"
        )
    if len(possible) > 1:
        raise DataError(
            f"{origin}: {len(possible)} arrays could be the items; set data.array to one of: "
            f"{listed(possible)}"
        )
    return possible[0]


def _require(name: str, arrays: Mapping[str, NDArray[Any]], origin: str) -> None:
    if name not in arrays:
        raise DataError(
            f"{origin}: no array '{name}'{did_you_mean(name, arrays)}; it holds: "
            f"{listed(list(arrays)) or 'none'}"
        )


def _numbers(array: NDArray[Any], origin: str) -> NDArray[Any]:
    """Items in a type that torch knows, over the same memory if possible."""
    if array.dtype.kind not in "iuf":
        raise DataError(f"{origin}: items must be numbers, not {array.dtype}")
    if array.ndim < 2:
        raise DataError(
            f"{origin}: has shape {array.shape}; items are rows, of shape (n, ...): numbers as "
            "items need a second axis, (n, 1)"
        )
    known = array.dtype.newbyteorder("=")
    if known.kind == "u" and known.itemsize > 1:
        if array.size and known.itemsize == 8 and array.max() >= 2**63:
            raise DataError(
                f"{origin}: holds {array.max()}, more than 2^63 - 1; save it as float64"
            )
        known = np.dtype(np.int64)
    elif known.kind == "f" and known.itemsize > 8:
        known = np.dtype(np.float64)
    return array.astype(known, copy=False)


def _labels(values: NDArray[Any], origin: str) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Labels ``(n,)`` or ``(n, 1)`` as numbers, and the names that they stand for."""
    if values.ndim == 0 or values.size != len(values):
        raise DataError(
            f"{origin}: labels must be one for each item, not of shape {values.shape}"
            + ("; of one-hot labels take the argmax" if values.ndim == 2 else "")
        )
    flat = values.reshape(-1)
    if flat.dtype.kind not in "iufbUS":
        raise DataError(f"{origin}: labels must be whole numbers or names, not {flat.dtype}")
    if flat.dtype.kind == "f" and (wrong := np.flatnonzero(flat != np.floor(flat))).size:
        raise DataError(
            f"{origin}: labels must be whole numbers or names, and that of item {wrong[0]} is "
            f"{flat[wrong[0]]:g}"
        )
    return class_numbers(as_labels(flat, origin=origin))


def labels_of_table(table: Table, labels: str) -> tuple[str, NDArray[np.int64], tuple[str, ...]]:
    """Read the class of every row.

    Returns
    -------
    column, numbers, names
        The column's name, classes ``(n,)`` as numbers, and the names that they stand for.

    Raises
    ------
    DataError
        If there is no such column, or a row has no label.
    """
    column = table.column(labels, "data.labels")
    found = table.labels(column)
    if (absent := np.flatnonzero(found.codes < 0)).size:
        raise DataError(
            f"{table.where(int(absent[0]))}: has no label '{column}'; fill it or remove the row"
        )
    return column, *class_numbers(found)


def items_of_table(table: Table, *, labels: str | None = None) -> Items:
    """Make an item of each row: its numbers; columns of anything else are left out and noted.

    Raises
    ------
    DataError
        If there are no numbers, or a row lacks one or its label.
    """
    numbers: NDArray[np.int64] | None = None
    names: tuple[str, ...] = ()
    schema = table.schema
    if labels is not None:
        column, numbers, names = labels_of_table(table, labels)
        table = table.select([each for each in table.columns if each != column])
    columns = [each.name for each in table.schema.columns if each.numeric]
    if not columns:
        raise DataError(
            f"{table.origin}: no numeric column matches data.columns; it has: "
            f"{listed([*table.columns, *table.others])}"
        )
    left_out = [each for each in table.columns if each not in columns]
    notes = list(table.notes)
    if left_out:
        notes.append(f"columns left out, since they hold no numbers: {listed(left_out)}")
    values = np.stack([table.numbers(each) for each in columns], axis=1)
    if (wrong := np.argwhere(~np.isfinite(values))).size:
        row, place = wrong[0]
        raise DataError(
            f"{table.where(int(row))}: column '{columns[place]}' is empty or not finite; fill it, "
            "or remove the row or the column"
        )
    return Items(
        data=values,
        labels=numbers,
        label_names=names,
        columns=tuple(columns),
        names=table.names,
        kind="table",
        origin=table.origin,
        notes=tuple(notes),
        schema=schema,
    )


def checked(items: Items, least: int) -> Items:
    """Return the items if there are enough of them, finite, with a label each if any.

    Raises
    ------
    DataError
        Naming the item at fault.
    """
    data = items.data
    if len(data) < least or data[0].size == 0:
        raise DataError(
            f"{items.origin}: needs at least {least} items (n, ...), found shape {data.shape}"
        )
    if items.labels is not None and len(items.labels) != len(data):
        raise DataError(f"{items.origin}: {len(items.labels)} labels for {len(data)} items")
    if data.dtype.kind == "f":
        for start in range(0, len(data), BLOCK):
            block = data[start : start + BLOCK].reshape(len(data[start : start + BLOCK]), -1)
            if (wrong := np.flatnonzero(~np.isfinite(block).all(axis=1))).size:
                raise DataError(
                    f"{items.origin}: item {start + wrong[0]} holds nan or inf; remove or repair it"
                )
    return items
