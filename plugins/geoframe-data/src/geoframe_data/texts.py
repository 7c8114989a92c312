"""Texts with labels, pairs of texts, and prompts with responses. Torch-free."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import attrs
import numpy as np
import pyarrow as pa

from geoframe.data import listed, shown
from geoframe.errors import DataError, did_you_mean
from geoframe_data.cells import Cells, read_cells
from geoframe_data.columns import as_texts, find_types, read_column
from geoframe_data.files import MAX_BYTES, open_file
from geoframe_data.labels import as_labels, canonical
from geoframe_data.numerals import is_missing
from geoframe_data.schema import ColumnType
from geoframe_data.text_folders import read_folder

Task = Literal["classification", "regression", "causal"]
MOST_CLASSES = 1000
"""More classes than this are taken for a mistaken column."""


@attrs.frozen(kw_only=True)
class TextColumns:
    """Names of the columns of a table of texts."""

    text: str = "text"
    text_b: str | None = None
    label: str = "label"
    prompt: str = "prompt"
    response: str = "response"

    @property
    def raw(self) -> list[str]:
        """Columns whose blanks belong to the text."""
        return [self.text, self.prompt, self.response, *([self.text_b] if self.text_b else [])]


@attrs.frozen(kw_only=True, eq=False)
class Split:
    """Some texts with their targets."""

    texts: Sequence[str]
    """Texts, or prompts."""
    seconds: Sequence[str] | None = None
    """Second texts of pairs, or responses."""
    targets: Sequence[float] = ()
    """Class numbers, or numbers to predict; empty for prompts and responses."""

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: Sequence[int]) -> Split:
        """Return the texts of these numbers."""
        return Split(
            texts=[self.texts[row] for row in rows],
            seconds=None if self.seconds is None else [self.seconds[row] for row in rows],
            targets=[self.targets[row] for row in rows] if self.targets else (),
        )


@attrs.frozen(kw_only=True, eq=False)
class Texts:
    """Texts of one task, split into training, validation and test."""

    kind: Task
    train: Split
    validation: Split
    test: Split | None
    """None: the validation part is what is reported."""
    classes: tuple[str, ...] = ()
    metric: str = ""
    """The measure to tune by and report first; empty leaves it to the kind of task."""
    text: str = "text"
    """Column of the text."""
    text_b: str | None = None
    """Column of the second text."""
    separator: str = "\n"
    notes: tuple[str, ...] = ()
    """What was passed over or assumed while reading, a sentence each."""

    def fingerprint(self) -> str:
        """SHA-256 of texts and targets."""
        digest = hashlib.sha256()
        for split in (self.train, self.validation, self.test):
            if split is not None:
                for column in (split.texts, split.seconds or (), split.targets):
                    digest.update("\x1f".join(map(str, column)).encode() + b"\x1e")
        return digest.hexdigest()

    def limited(self, train: int, others: int) -> Texts:
        """Keep so many texts of each part, drawn at random, always the same; 0 keeps all."""
        return attrs.evolve(
            self,
            train=_limited(self.train, train),
            validation=_limited(self.validation, others),
            test=None if self.test is None else _limited(self.test, others),
        )


def read_text_cells(
    path: Path,
    columns: TextColumns,
    *,
    format: str | None = None,
    delimiter: str | None = None,
    header: bool | None = None,
    max_bytes: int = MAX_BYTES,
) -> dict[str, Cells]:
    """Read a file of texts, or a folder of splits, as cells of each split.

    A file is a training split. A folder holds files ``train.*``, ``validation.*``, ``test.*``,
    what ``save_to_disk`` of ``datasets`` writes, or a folder of ``.txt`` files for each class.

    Raises
    ------
    DataError
        Naming the file, and the line, of whatever is wrong.
    """

    def read(each: Path) -> Cells:
        file = open_file(each, max_bytes=max_bytes)
        known = [*columns.raw, columns.label]
        return read_cells(
            file, format=format, delimiter=delimiter, header=header, known=known, raw=columns.raw
        )

    return read_folder(path, read) if path.is_dir() else {"train": read(path)}


def make_texts(
    cells: Mapping[str, Cells],
    columns: TextColumns,
    *,
    task: str = "auto",
    separator: str = "\n",
    holdout: float = 0.1,
    decimal: str | None = None,
    thousands: str | None = None,
    metric: str = "",
) -> Texts:
    """Make texts of the cells of each split; ``train`` must be there.

    Parameters
    ----------
    task
        auto: causal if there are columns of prompt and response, regression if labels are numbers
        with fractions, else classification.
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
    if task == "causal" or (
        task == "auto" and {columns.prompt, columns.response} <= set(train.names)
    ):
        splits = {
            name: Split(
                texts=text_column(each, columns.prompt), seconds=text_column(each, columns.response)
            )
            for name, each in cells.items()
        }
    else:
        (found,), said = find_types(
            [columns.label],
            [_stripped(_column(train, columns.label))],
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


def _column(cells: Cells, name: str) -> pa.Array:
    if name in cells.names:
        return cells.columns[cells.names.index(name)]
    alike = [k for k, each in enumerate(cells.names) if each.lower() == name.lower()]
    if len(alike) != 1:
        raise DataError(
            f"{cells.path}: no column '{name}'{did_you_mean(name, cells.names)}; it has "
            f"{listed(cells.names)} (data.text, data.label and others name columns)"
        )
    return cells.columns[alike[0]]


def text_column(cells: Cells, name: str) -> list[str]:
    """Return a column of texts as they are written.

    Raises
    ------
    DataError
        If there is no such column, or a text is absent or a list.
    """
    column = _column(cells, name)
    if pa.types.is_nested(column.type):
        raise DataError(f"{cells.where(0)}: '{name}' is '{shown(column[0].as_py())}', not a text")
    if column.null_count:
        row = int(np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False))[0])
        raise DataError(f"{cells.where(row)}: '{name}' is empty")
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return [str(text) for text in column.to_pylist()]
    return [canonical(value) for value in column.to_pylist()]


def _stripped(column: pa.Array) -> pa.Array:
    if not pa.types.is_large_string(column.type):
        return column
    return pa.compute.utf8_trim_whitespace(pa.compute.fill_null(column, ""))


def _labels(cells: Cells, found: ColumnType) -> list[str]:
    """Labels as the training file writes them, none of which may be missing."""
    column = _stripped(_column(cells, found.name))
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


def _limited(split: Split, limit: int) -> Split:
    if limit == 0 or limit >= len(split):
        return split
    return split.take(sorted(np.random.RandomState(1).permutation(len(split))[:limit].tolist()))
