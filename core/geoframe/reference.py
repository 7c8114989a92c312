"""Published numbers as data, with the configs that measure them again. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import attrs


@attrs.frozen(kw_only=True)
class Published:
    """One published number."""

    value: float
    spread: float | None = None
    """Standard deviation, if one was published."""
    source: str
    certainty: Literal["verified", "rerun", "secondary", "own"]
    """``verified`` in the source named, ``rerun`` with the authors' published code, taken from
    a ``secondary`` account of the paper, or an earlier measurement of the plugin's ``own``."""


@attrs.frozen(kw_only=True)
class ReferenceRow:
    """One row of a table: a config and what was published for it."""

    name: str
    overrides: Mapping[str, Any]
    """Dotted config keys and values, as after ``--set``."""
    published: Mapping[str, Published] = attrs.field(factory=dict)
    """Metric name -> published number."""


@attrs.frozen(kw_only=True)
class ReferenceTable:
    """A published table."""

    name: str
    title: str
    metrics: Sequence[str]
    """Columns: names in the ``metrics`` of ``results.json``, or in the table ``compared``."""
    rows: Sequence[ReferenceRow]
    seeds: int = 1
    """Number of seeds that the full reproduction averages over."""
    quick: Mapping[str, Any] = attrs.field(factory=dict)
    """Overrides that ``--quick`` adds (fewer steps, say); such rows are marked."""
    note: str = ""
    compared: str = ""
    """A table of ``results.json`` that has the method and its rivals on the same data, a row each
    with the name first: each of its rows is then averaged over the seeds."""
