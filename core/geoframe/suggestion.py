"""What data seem to be, and which method suits them: for ``geoframe try``. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs


@attrs.frozen(kw_only=True)
class Guess:
    """What a file or folder seems to hold.

    Made by functions of the entry-point group ``geoframe.guessers``: they take a path and return
    a guess, or None if the file is not theirs.
    """

    path: Path
    kind: str
    """Kind of data: ``graph``, ``tree``, ``distances``, ``table``, ``items``, ``texts``, ..."""
    value: Any
    """The data as a value of that kind, or what was read of them."""
    said: tuple[str, ...]
    """What was seen, a sentence each."""
    facts: Mapping[str, Any] = attrs.field(factory=dict)
    """What methods decide by, such as ``acyclic``, ``rows``, ``target``; the guesser names them."""
    options: Mapping[str, Any] = attrs.field(factory=dict)
    """Keys of a config (``data.target``) that read the file so, besides ``data.path``."""


@attrs.frozen(kw_only=True)
class Suggestion:
    """How a method would treat the data."""

    fit: float
    """From 0, cannot be used, to 1, made for this."""
    reason: str
    """Why, in half a sentence."""
    expect: str
    """What the user gets, in half a sentence."""
    options: Mapping[str, Any] = attrs.field(factory=dict)
    """Keys of the config that a full run needs besides those of the guess."""
    preview: Mapping[str, Any] = attrs.field(factory=dict)
    """Keys that make a run of about 20 seconds of it."""
    headline: tuple[str, ...] = ()
    """Metrics of the run that answer the question, the most telling first."""
