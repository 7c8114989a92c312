"""From tables and folders of texts to the texts of one task. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from geoframe.data import MAX_BYTES, listed, shown
from geoframe.errors import DataError
from geoframe_data.causal import causal_split, form_of, paragraphs
from geoframe_data.cells import Cells, read_cells
from geoframe_data.columns import as_texts, find_types, read_column
from geoframe_data.files import open_file, plain_suffix
from geoframe_data.labels import as_labels, canonical
from geoframe_data.numerals import is_missing
from geoframe_data.schema import ColumnType
from geoframe_data.text_columns import column_of, text_column
from geoframe_data.text_folders import read_folder
from geoframe_data.texts import Split, Task, TextColumns, Texts

MOST_CLASSES = 1000
"""More classes than this are taken for a mistaken column."""


def read_text_cells(
    path: Path,
    columns: TextColumns,
    *,
    format: str | None = None,
    delimiter: str | None = None,
    header: bool | None = None,
    max_bytes: int = MAX_BYTES,
    plain: bool = False,
) -> dict[str, Cells]:
    """Read a file of texts, or a folder of splits, as cells of each split.

    A file is a training split. A folder holds files ``train.*``, ``validation.*``, ``test.*``,
    what ``save_to_disk`` of ``datasets`` writes, or a folder of ``.txt`` files for each class.

    Parameters
    ----------
    plain
        Whether a ``.txt`` file is no table but a text, whose paragraphs are the rows.

    Raises
    ------
    DataError
        Naming the file, and the line, of whatever is wrong.
    """

    def read(each: Path) -> Cells:
        file = open_file(each, max_bytes=max_bytes)
        if plain and plain_suffix(each.name) == ".txt":
            return paragraphs(file, columns.text)
        known = [*columns.raw, columns.label]
        return read_cells(
            file, format=format, delimiter=delimiter, header=header, known=known, raw=columns.raw
        )

    return read_folder(path, read, columns.raw) if path.is_dir() else {"train": read(path)}


def make_texts(
    cells: Mapping[str, Cells],
    columns: TextColumns,
    *,
    task: str = "auto",
    separator: str = "\n",
    as_chat: bool = False,
    holdout: float = 0.1,
    decimal: str | None = None,
    thousands: str | None = None,
    metric: str = "",
) -> Texts:
    """Make texts of the cells of each split; ``train`` must be there.

    Parameters
    ----------
    task
        auto: causal if there are messages, prompts with responses, instructions with outputs or
        nothing but texts; regression if labels are numbers with fractions, else classification.
    as_chat
        Turn prompts and responses into conversations of user and assistant.
    holdout
        Share of the training texts to validate on where there is no such split.

    Raises
    ------
    DataError
        If a column is absent, a text or a label missing or of another kind than the others.
    """
    train = cells["train"]
    notes = [note for each in cells.values() for note in each.notes]
    kind: Task = "causal"
    classes: tuple[str, ...] = ()
    form = form_of(train.names, columns, task)
    if task == "causal" or (task == "auto" and form is not None):
        splits = {
            name: causal_split(each, columns, form, separator=separator, as_chat=as_chat)
            for name, each in cells.items()
        }
    else:
        (found,), said = find_types(
            [columns.label],
            [_stripped(column_of(train, columns.label))],
            train.where,
            decimal=decimal,
            thousands=thousands,
        )
        notes += said
        labels = {name: _labels(each, found) for name, each in cells.items()}
        kind = _kind(found, labels["train"], task, train)
        classes = _classes(labels["train"], found.name, train) if kind == "classification" else ()
        splits = {
            name: Split(
                texts=text_column(each, columns.text),
                seconds=text_column(each, columns.text_b) if columns.text_b else None,
                targets=_targets(labels[name], classes, found.name, each),
            )
            for name, each in cells.items()
        }
    for name, split in splits.items():
        if empty := sum(not text.strip() for text in split.texts):
            notes.append(f"{empty} of {len(split)} texts of the {name} file are empty")
    validation = splits.get("validation")
    held = (splits["train"], validation) if validation else _held_out(splits["train"], holdout)
    return Texts(
        kind=kind,
        train=held[0],
        validation=held[1],
        test=splits.get("test"),
        classes=classes,
        metric=metric,
        text=columns.text,
        text_b=columns.text_b,
        separator=separator,
        notes=tuple(notes),
    )


def _stripped(column: pa.Array) -> pa.Array:
    if not pa.types.is_large_string(column.type):
        return column
    return pa.compute.utf8_trim_whitespace(pa.compute.fill_null(column, ""))


def _labels(cells: Cells, found: ColumnType) -> list[str]:
    """Labels as the training file writes them, none of which may be missing."""
    column = _stripped(column_of(cells, found.name))
    missing = np.flatnonzero(is_missing(as_texts(column)))
    if len(missing):
        raise DataError(f"{cells.where(int(missing[0]))}: has no label in '{found.name}'")
    if found.kind == "nested":
        raise DataError(f"{cells.where(0)}: '{found.name}' holds lists, not labels")
    series = read_column(found, column, cells.where)
    if (gaps := np.flatnonzero(series.isna())).size:
        raise DataError(f"{cells.where(int(gaps[0]))}: has no label in '{found.name}'")
    return [canonical(value, str(cells.path)) for value in series]


def _kind(found: ColumnType, labels: Sequence[str], task: str, cells: Cells) -> Task:
    if task == "regression" and not found.numeric:
        raise DataError(
            f"{cells.path}: column '{found.name}' holds no numbers; take data.task=classification"
        )
    if task in ("classification", "regression"):
        return "regression" if task == "regression" else "classification"
    fractions = found.numeric and any(not float(label).is_integer() for label in labels)
    return "regression" if fractions else "classification"


def _classes(labels: Sequence[str], name: str, cells: Cells) -> tuple[str, ...]:
    classes = as_labels(labels, origin=str(cells.path)).names
    if len(classes) < 2:
        raise DataError(
            f"{cells.path}: every '{name}' is '{shown(classes[0])}'; classification needs two or "
            "more classes (data.task = 'regression' takes numbers)"
        )
    if len(classes) > MOST_CLASSES:
        raise DataError(
            f"{cells.path}: column '{name}' has {len(classes)} different values, more than "
            f"{MOST_CLASSES}; is it another column? (data.task = 'regression' takes numbers)"
        )
    return classes


def _targets(
    labels: Sequence[str], classes: tuple[str, ...], name: str, cells: Cells
) -> list[float]:
    if not classes:
        return [float(label) for label in labels]
    numbers = {label: float(number) for number, label in enumerate(classes)}
    for row, label in enumerate(labels):
        if label not in numbers:
            raise DataError(
                f"{cells.where(row)}: '{name}' is '{shown(label)}', not one of {listed(classes)}"
            )
    return [numbers[label] for label in labels]


def _held_out(train: Split, share: float) -> tuple[Split, Split]:
    """Set a random share of the texts aside; always the same one."""
    count = max(1, round(share * len(train)))
    if len(train) <= count:
        raise DataError("there are too few examples to hold some out; name a validation file")
    order = np.random.RandomState(0).permutation(len(train)).tolist()
    return train.take(sorted(order[count:])), train.take(sorted(order[:count]))
