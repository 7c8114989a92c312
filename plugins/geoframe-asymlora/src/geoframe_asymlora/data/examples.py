"""Examples: texts with their targets, split into training, validation and test."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import attrs
import numpy as np

from geoframe.data import listed, shown
from geoframe.errors import DataError, did_you_mean
from geoframe_asymlora.data.config import TextColumns, TextDataConfig
from geoframe_asymlora.data.folders import read_folder
from geoframe_asymlora.data.rows import Row, read_rows

Kind = Literal["classification", "regression", "causal"]
MOST_CLASSES = 1000
"""More classes than this are taken for a mistaken column."""


@attrs.frozen(kw_only=True, eq=False)
class Split:
    """Some examples."""

    texts: Sequence[str]
    """Texts, or prompts."""
    seconds: Sequence[str] | None = None
    """Second texts of pairs, or responses."""
    targets: Sequence[float] = ()
    """Class numbers, or numbers to predict; empty for prompts and responses."""

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: Sequence[int]) -> Split:
        """Return the examples of these numbers."""
        return Split(
            texts=[self.texts[row] for row in rows],
            seconds=None if self.seconds is None else [self.seconds[row] for row in rows],
            targets=[self.targets[row] for row in rows] if self.targets else (),
        )


@attrs.frozen(kw_only=True, eq=False)
class Examples:
    """Data of one task."""

    kind: Kind
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

    def fingerprint(self) -> str:
        """SHA-256 of texts and targets."""
        digest = hashlib.sha256()
        for split in (self.train, self.validation, self.test):
            if split is not None:
                for column in (split.texts, split.seconds or (), split.targets):
                    digest.update("\x1f".join(map(str, column)).encode() + b"\x1e")
        return digest.hexdigest()


def load_examples(config: TextDataConfig) -> Examples:
    """Read what ``[data]`` names.

    Raises
    ------
    DataError
        If a file, a column or a label cannot be used.
    """
    if config.path is None:
        loaded = config.dataset.build().load()
        if not isinstance(loaded, Examples):
            raise DataError(f"data.dataset: '{config.dataset.name}' holds no texts")
        return cut(loaded, config)
    path = config.path
    rows = read_folder(path) if path.is_dir() else {"train": read_rows(path, config.format)}
    origins = dict.fromkeys(rows, path)
    for split, other in (("validation", config.validation), ("test", config.test)):
        if other is not None:
            rows[split], origins[split] = read_rows(other, config.format), other
    return cut(examples_of_rows(rows, config, origins), config)


def cut(examples: Examples, config: TextDataConfig) -> Examples:
    """Keep as many examples of each part as the config says."""
    few = config.evaluation_limit
    return attrs.evolve(
        examples,
        train=limited(examples.train, config.limit),
        validation=limited(examples.validation, few),
        test=None if examples.test is None else limited(examples.test, few),
    )


def examples_of_rows(
    rows: Mapping[str, list[Row]],
    config: TextColumns,
    origins: Mapping[str, Path],
    *,
    metric: str = "",
) -> Examples:
    """Make examples from the rows of each split; raises as :func:`load_examples` does.

    Parameters
    ----------
    origins
        Where the rows of each split come from, for messages.
    """
    kind = _kind(rows["train"], config)
    classes: tuple[str, ...] = ()
    if kind == "causal":
        splits = {
            name: Split(
                texts=column(each, config.prompt, origins[name]),
                seconds=column(each, config.response, origins[name]),
            )
            for name, each in rows.items()
        }
    else:
        labels = {name: _labels(each, config.label, origins[name]) for name, each in rows.items()}
        if kind == "classification":
            classes = _classes(labels["train"], config.label, origins["train"])
        splits = {
            name: Split(
                texts=column(each, config.text, origins[name]),
                seconds=column(each, config.text_b, origins[name]) if config.text_b else None,
                targets=_targets(labels[name], classes, config.label, origins[name]),
            )
            for name, each in rows.items()
        }
    train, validation = splits["train"], splits.get("validation")
    if validation is None:
        train, validation = held_out(train, config.holdout)
    return Examples(
        kind=kind,
        train=train,
        validation=validation,
        test=splits.get("test"),
        classes=classes,
        metric=metric,
        text=config.text,
        text_b=config.text_b,
        separator=config.separator,
    )


def column(rows: Sequence[Row], name: str, where: Path) -> list[str]:
    """Return a column as text.

    Raises
    ------
    DataError
        If a row does not have it, or has something else than text or a number there.
    """
    for number, row in enumerate(rows, start=1):
        if name not in row:
            known = [str(key) for key in row]
            raise DataError(
                f"{where}: example {number} has no column '{name}'{did_you_mean(name, known)}; "
                f"it has {listed(known)} (data.text, data.label and others name columns)"
            )
        if row[name] is None:
            raise DataError(f"{where}: example {number}: '{name}' is empty")
        if isinstance(row[name], list | dict):
            raise DataError(
                f"{where}: example {number}: '{name}' is '{shown(row[name])}', not a text"
            )
    return [str(row[name]) for row in rows]


def _labels(rows: Sequence[Row], name: str, where: Path) -> list[str]:
    """Return the column of labels, none of which may be missing."""
    labels = column(rows, name, where)
    for number, label in enumerate(labels, start=1):
        if not label.strip() or label.lower() == "nan":
            raise DataError(f"{where}: example {number} has no label: '{name}' is '{label}'")
    return labels


def _kind(rows: Sequence[Row], config: TextColumns) -> Kind:
    if config.task != "auto":
        return config.task
    if config.prompt in rows[0] and config.response in rows[0]:
        return "causal"
    numbers = [_number(str(row.get(config.label))) for row in rows]
    fractions = [n for n in numbers if n is not None and not n.is_integer()]
    return "regression" if None not in numbers and fractions else "classification"


def _classes(labels: Sequence[str], name: str, where: Path) -> tuple[str, ...]:
    classes = sorted(set(labels), key=lambda label: (_number(label) or 0.0, label))
    if len(classes) < 2:
        raise DataError(
            f"{where}: every '{name}' is '{shown(classes[0])}'; classification needs two or more "
            "classes (data.task = 'regression' takes numbers)"
        )
    if len(classes) > MOST_CLASSES:
        raise DataError(
            f"{where}: column '{name}' has {len(classes)} different values, more than "
            f"{MOST_CLASSES}; is it another column? (data.task = 'regression' takes numbers)"
        )
    return tuple(classes)


def _targets(
    labels: Sequence[str], classes: tuple[str, ...], name: str, where: Path
) -> list[float]:
    numbers = {label: float(number) for number, label in enumerate(classes)}
    found = []
    for number, label in enumerate(labels, start=1):
        value = numbers.get(label) if classes else _number(label)
        if value is None:
            wanted = f"one of {listed(classes)}" if classes else "a number"
            raise DataError(
                f"{where}: example {number}: '{name}' is '{shown(label)}', not {wanted}"
            )
        found.append(value)
    return found


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def held_out(train: Split, share: float) -> tuple[Split, Split]:
    """Set a random share of the examples aside; always the same one."""
    count = max(1, round(share * len(train)))
    if len(train) <= count:
        raise DataError("there are too few examples to hold some out; name a validation file")
    order = np.random.RandomState(0).permutation(len(train)).tolist()
    return train.take(sorted(order[count:])), train.take(sorted(order[:count]))


def limited(split: Split, limit: int) -> Split:
    """Keep a random ``limit`` of the examples, always the same ones; 0 keeps all."""
    if limit == 0 or limit >= len(split):
        return split
    return split.take(sorted(np.random.RandomState(1).permutation(len(split))[:limit].tolist()))
