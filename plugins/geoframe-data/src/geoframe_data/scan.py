"""Types of the columns of a file that is larger than memory, found piece by piece. Torch-free."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoframe.data import shown
from geoframe.errors import DataError
from geoframe_data.schema import ColumnType, Kind, Schema
from geoframe_data.stream import read_chunks, untyped_chunks
from geoframe_data.table import Table, typed


@attrs.frozen(kw_only=True)
class Scan:
    """What a pass over a file finds."""

    schema: Schema
    rows: int
    notes: tuple[str, ...]


def scan_table(path: Path, *, chunk_rows: int | None = None, **options: Any) -> Scan:
    """Find the types of all columns, a piece of the file in memory at a time.

    Parameters
    ----------
    chunk_rows
        Rows of a piece, 100,000 if left out.
    options
        Those of :func:`geoframe_data.read_table`.

    Raises
    ------
    DataError
        If the file cannot be read, or a piece writes numbers in another way than those before it.
    """
    typing = {key: options[key] for key in ("decimal", "thousands", "id") if key in options}
    found: Schema | None = None
    rows, notes = 0, dict[str, None]()
    for cells in untyped_chunks(path, chunk_rows=chunk_rows, **options):
        table = typed(cells, **typing)
        rows += len(table)
        notes |= dict.fromkeys(table.notes)
        if found is None:
            found = table.schema
            continue
        pairs = zip(found.columns, table.schema.columns, strict=True)
        columns = tuple(_wider(path, before, now) for before, now in pairs)
        found = attrs.evolve(found, columns=columns)
    if found is None or not rows:
        raise DataError(f"{path}: holds no rows")
    return Scan(schema=found, rows=rows, notes=tuple(notes))


def sample_rows(
    path: Path, scan: Scan, count: int, *, seed: int, chunk_rows: int | None = None, **options: Any
) -> tuple[Table, NDArray[np.int64]]:
    """Draw rows of a file uniformly.

    Returns
    -------
    tuple
        A table of at most ``count`` rows, in the order of the file, and their numbers ``(n,)``.
    """
    drawn = np.sort(np.random.default_rng(seed).permutation(scan.rows)[:count]).astype(np.int64)
    pieces: list[Table] = []
    at = 0
    for table in read_chunks(path, scan.schema, chunk_rows=chunk_rows, **options):
        first, last = np.searchsorted(drawn, (at, at + len(table)))
        pieces.append(table.take(drawn[first:last] - at))
        at += len(table)
    names = tuple(name for piece in pieces for name in piece.names)
    whole = attrs.evolve(
        pieces[0],
        frame=pd.concat([piece.frame for piece in pieces], ignore_index=True),
        schema=scan.schema,
        names=names if len(names) == len(drawn) else (),
        notes=scan.notes,
        lines=None,
    )
    return whole, drawn


def _wider(path: Path, before: ColumnType, now: ColumnType) -> ColumnType:
    """Type of a column of which one piece had one type and the next another."""
    if before == now or now.kind == "empty":
        return before
    if before.kind == "empty":
        return now
    if not before.numeric or not now.numeric:
        return before if before.kind == now.kind else ColumnType(name=before.name, kind="text")
    marks = {(each.decimal, each.thousands) for each in (before, now)}
    # Whole numbers below a thousand are written alike in every way.
    telling = [each for each in (before, now) if (each.decimal, each.thousands) != (".", "")]
    plain = [each for each in (before, now) if (each.decimal, each.thousands) == (".", "")]
    if len(marks) > 1 and (len(telling) > 1 or plain[0].kind != "integer"):
        raise DataError(
            f"{path}: column '{shown(before.name)}' writes numbers in two ways; set data.decimal "
            "and data.thousands"
        )
    kind: Kind = "integer" if {before.kind, now.kind} == {"integer"} else "number"
    return attrs.evolve((telling or [before])[0], kind=kind)
