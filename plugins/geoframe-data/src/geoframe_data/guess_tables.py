"""What a user's table is, by its columns: for ``geoframe try``. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from geoframe.data import listed, shown
from geoframe.errors import DataError
from geoframe.suggestion import Guess
from geoframe_data.guess_folders import counted
from geoframe_data.mistaken import refuse_pedigree
from geoframe_data.roles import answered_by, classes_of, has_texts, target_of, vectors_of
from geoframe_data.table import Table

LEAST_ROWS = 8
"""Rows of a table from which there is something to learn and something to hold out."""


def guess_table(path: Path, table: Table, options: Mapping[str, Any]) -> Guess:
    """Say what the columns of a table seem to be.

    Raises
    ------
    DataError
        If there are too few rows to learn from, or two columns name the parents of each row.
    """
    refuse_pedigree(path, table)
    if (column := has_texts(table)) is not None:
        return _texts(path, table, column, options)
    if len(table) < LEAST_ROWS:
        raise DataError(
            f"{path}: a table of {counted(len(table), 'row')} (columns: {listed(table.columns)}); "
            f"a method needs {LEAST_ROWS} at least, one an item"
        )
    target = target_of(table)
    vectors = vectors_of(table)
    kinds = [each.kind for each in table.schema.columns]
    said = [
        f"A table of {len(table):,} rows and {len(kinds)} columns: "
        f"{kinds.count('number') + kinds.count('integer')} of numbers, "
        f"{len(kinds) - kinds.count('number') - kinds.count('integer')} others."
    ]
    classes = 0
    if target is not None:
        classes = classes_of(table, target)
        what = f"{classes} classes" if classes else "numbers"
        said.append(f"'{shown(target)}' is taken for what is to be predicted ({what}).")
    elif len(kinds) > 3:
        said.append("No column stands out as what is to be predicted: data.target=NAME names one.")
    if vectors:
        said.append(f"Columns that are vectors: {listed([' '.join(each) for each in vectors])}.")
    return Guess(
        path=path,
        kind="table",
        value=table,
        said=(*said, *table.notes[:2]),
        facts={
            "items": len(table),
            "target": target,
            "classes": classes,
            "vectors": vectors,
            "columns": table.columns,
        },
        options=options,
    )


def _texts(path: Path, table: Table, column: str, options: Mapping[str, Any]) -> Guess:
    answers = answered_by(table)
    target = None if answers else target_of(table, but=column)
    said = [f"{len(table):,} texts in the column '{shown(column)}'."]
    if answers:
        said = [f"{len(table):,} prompts ('{shown(answers[0])}'), each with its '{answers[1]}'."]
    if target is not None:
        said.append(f"'{shown(target)}' is taken for their label.")
    return Guess(
        path=path,
        kind="texts",
        value=table,
        said=tuple(said),
        facts={
            "items": len(table),
            "text": None if answers else column,
            "target": target,
            "answers": answers is not None,
        },
        options=options,
    )
