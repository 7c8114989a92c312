"""Texts with labels, pairs of texts, prompts with responses, conversations. Torch-free."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Literal

import attrs
import numpy as np

Task = Literal["classification", "regression", "causal"]
Message = tuple[str, str]
"""Who speaks (system, user, assistant, ...), and what."""


INSTRUCTIONS = ("instruction", "input", "output")
"""Columns of instructions in the layout of Alpaca; the second may be absent or empty."""


@attrs.frozen(kw_only=True)
class TextColumns:
    """Names of the columns of a table of texts."""

    text: str = "text"
    text_b: str | None = None
    label: str = "label"
    prompt: str = "prompt"
    response: str = "response"
    messages: str = "messages"

    @property
    def raw(self) -> list[str]:
        """Columns whose blanks belong to the text."""
        pair = [self.text_b] if self.text_b else []
        return [self.text, self.prompt, self.response, *INSTRUCTIONS, *pair]


@attrs.frozen(kw_only=True, eq=False)
class Split:
    """Some texts with their targets."""

    texts: Sequence[str]
    """Texts, or prompts."""
    seconds: Sequence[str] | None = None
    """Second texts of pairs, or responses."""
    targets: Sequence[float] = ()
    """Class numbers, or numbers to predict; empty for prompts and responses."""
    chats: Sequence[tuple[Message, ...]] | None = None
    """Conversations, of which ``texts`` holds the first messages."""

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: Sequence[int]) -> Split:
        """Return the texts of these numbers."""
        return Split(
            texts=[self.texts[row] for row in rows],
            seconds=None if self.seconds is None else [self.seconds[row] for row in rows],
            targets=[self.targets[row] for row in rows] if self.targets else (),
            chats=None if self.chats is None else [self.chats[row] for row in rows],
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
                chats = () if split.chats is None else (split.chats,)
                for column in (split.texts, split.seconds or (), split.targets, *chats):
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


def _limited(split: Split, limit: int) -> Split:
    if limit == 0 or limit >= len(split):
        return split
    return split.take(sorted(np.random.RandomState(1).permutation(len(split))[:limit].tolist()))
