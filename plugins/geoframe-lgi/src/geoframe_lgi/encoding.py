"""From columns to the numbers that networks take: fitted once, kept with the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from geoframe.errors import DataError, did_you_mean
from geoframe_data import Table

MAX_LEVELS = 64
"""Distinct texts up to which a column of them is one input per text."""
COVERED = 0.5
"""Share of rows that the commonest of these must cover, or else the texts are names."""
CLIPPED = 10.0
"""Standard deviations at which numbers are cut off."""
WORD_COLUMNS = 50
"""Columns of zeros and ones from which they are taken for words."""
WORD_DENSITY = 0.25
"""Share of ones up to which they are."""
COMMON = 2
"""Rows in which a word must occur to be used."""
WORD_SCALE = 10.0
"""Sum of the inputs of a row of words."""


@attrs.frozen(kw_only=True, eq=False)
class Columns:
    """Columns of rows, before they are encoded."""

    numbers: NDArray[np.float64]
    """``(n, f)``, NaN where missing."""
    names: tuple[str, ...]
    """Names of the columns of numbers."""
    texts: Mapping[str, NDArray[np.object_]]
    """Columns of texts ``(n,)``, empty where missing."""

    def __len__(self) -> int:
        return len(self.numbers)

    @classmethod
    def of_table(cls, table: Table, wanted: Sequence[str]) -> Columns:
        """Take columns of a table: numbers, truth values and dates as numbers, others as texts."""
        kinds = {name: table.schema[name].kind for name in wanted}
        numeric = [n for n in wanted if kinds[n] in ("integer", "number", "boolean", "date")]
        numbers = [table.numbers(name) for name in numeric]
        return cls(
            numbers=np.column_stack(numbers) if numbers else np.zeros((len(table), 0)),
            names=tuple(numeric),
            texts={name: table.texts(name) for name in wanted if kinds[name] == "text"},
        )


@attrs.frozen(kw_only=True, eq=False)
class Encoder:
    """Standardised numbers, or frequencies of words, and one input per common text."""

    names: tuple[str, ...]
    """Columns of numbers that are used."""
    words: bool
    mean: NDArray[np.float64]
    spread: NDArray[np.float64]
    fill: NDArray[np.float64]
    """What stands for missing numbers: the median."""
    flagged: tuple[str, ...]
    """Columns of numbers with a further input that says whether the number is missing."""
    levels: Mapping[str, tuple[str, ...]]
    """Columns of texts and the texts that have an input."""

    @classmethod
    def fit(cls, columns: Columns, words: bool | None = None) -> tuple[Encoder, list[str]]:
        """Fit to rows -> the encoder, and sentences about columns that are not used.

        Parameters
        ----------
        words
            Whether the numbers say how often words occur; None tells by their values.
        """
        numbers = columns.numbers
        chosen = are_words(numbers) if words is None else words
        if chosen:
            used = np.nan_to_num(numbers > 0).sum(axis=0) >= COMMON
        else:
            spread = np.array([np.nanstd(c) if np.isfinite(c).any() else 0 for c in numbers.T])
            used = spread > 0
        kept = numbers[:, used]
        if chosen:
            kept = np.nan_to_num(kept)
        levels, notes = _levels(columns)
        left_out = [name for name, use in zip(columns.names, used, strict=True) if not use]
        if left_out and not chosen:
            notes.append(f"left out, since all their numbers are equal: {', '.join(left_out[:10])}")
        names = tuple(name for name, use in zip(columns.names, used, strict=True) if use)
        empty = np.zeros(0)
        encoder = cls(
            names=names,
            words=chosen,
            mean=np.nanmean(kept, axis=0) if kept.size else empty,
            spread=np.nanstd(kept, axis=0) if kept.size else empty,
            fill=np.nanmedian(kept, axis=0) if kept.size else empty,
            flagged=tuple(
                name for name, column in zip(names, kept.T, strict=True) if np.isnan(column).any()
            ),
            levels=levels,
        )
        if not encoder.width:
            raise DataError("no column can be used as a feature; see data.features")
        return encoder, notes

    @property
    def width(self) -> int:
        """Number of inputs."""
        levels = sum(len(each) for each in self.levels.values())
        return len(self.names) + len(self.flagged) + levels

    @property
    def columns(self) -> list[str]:
        """All columns that are used."""
        return [*self.names, *self.levels]

    def encode(self, columns: Columns) -> NDArray[np.float32]:
        """Encode rows -> ``(n, width)``.

        Raises
        ------
        DataError
            If a column of the training is not there.
        """
        known = [*columns.names, *columns.texts]
        for name in self.columns:
            if name not in (columns.names if name in self.names else columns.texts):
                hint = did_you_mean(name, known)
                raise DataError(f"column '{name}' of the training data is missing{hint}")
        place = {name: k for k, name in enumerate(columns.names)}
        numbers = columns.numbers[:, [place[name] for name in self.names]]
        missing = ~np.isfinite(numbers)
        if self.words:
            filled = np.where(missing, 0.0, np.maximum(numbers, 0))
            total = np.maximum(filled.sum(axis=1, keepdims=True), 1e-12)
            pieces = [WORD_SCALE * filled / total]
        else:
            filled = np.where(missing, self.fill, numbers)
            pieces = [np.clip((filled - self.mean) / self.spread, -CLIPPED, CLIPPED)]
        pieces.append(missing[:, [self.names.index(name) for name in self.flagged]])
        for name, levels in self.levels.items():
            pieces.append(columns.texts[name][:, None] == np.array(levels, dtype=object))
        return np.concatenate([piece.astype(np.float32) for piece in pieces], axis=1)

    def to_plain(self) -> dict[str, Any]:
        """Return values that JSON can hold."""
        arrays = {key: getattr(self, key).tolist() for key in ("mean", "spread", "fill")}
        levels = {name: list(each) for name, each in self.levels.items()}
        return {
            "names": list(self.names),
            "words": self.words,
            "flagged": list(self.flagged),
            "levels": levels,
            **arrays,
        }

    @classmethod
    def from_plain(cls, values: Mapping[str, Any]) -> Encoder:
        """Rebuild what :meth:`to_plain` gave."""
        return cls(
            names=tuple(values["names"]),
            words=values["words"],
            flagged=tuple(values["flagged"]),
            levels={name: tuple(each) for name, each in values["levels"].items()},
            **{key: np.array(values[key]) for key in ("mean", "spread", "fill")},
        )


def are_words(numbers: NDArray[np.float64]) -> bool:
    """Whether columns ``(n, f)`` say which words occur: many columns of zeros and few ones."""
    if numbers.shape[1] < WORD_COLUMNS:
        return False
    return bool(((numbers == 0) | (numbers == 1)).all() and numbers.mean() <= WORD_DENSITY)


def _levels(columns: Columns) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """Find the texts of each column that have an input, and what to say of other columns."""
    levels, notes = {}, []
    for name, texts in columns.texts.items():
        present = texts[texts != ""].astype(str)
        found, counts = np.unique(present, return_counts=True)
        order = np.argsort(-counts, kind="stable")[:MAX_LEVELS]
        if len(found) < 2 or counts[order].sum() < COVERED * len(present):
            reason = "all texts are equal" if len(found) < 2 else "its texts are names"
            notes.append(f"column '{name}' is left out: {reason}")
            continue
        if len(found) > MAX_LEVELS:
            notes.append(f"column '{name}': the {MAX_LEVELS} commonest of {len(found)} texts count")
        levels[name] = tuple(sorted(str(text) for text in found[order]))
    return levels, notes
