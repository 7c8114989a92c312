"""Tables for people and JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

WIDE = 10_000
"""Columns when stdout is no terminal: lines of a file or a pipe are never cut or wrapped."""


def console() -> Console:
    """Return a rich console on stdout."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else WIDE, highlight=False)


def print_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, caption: str = ""
) -> None:
    """Print a table whose cells are shown as they are."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(
        title=Text(title) if title else None,
        caption=Text(caption) if caption else None,
        box=box.SIMPLE,
        title_justify="left",
        caption_justify="left",
        pad_edge=False,
    )
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell_text(cell)) for cell in row))
    console().print(table)


def cell_text(value: object) -> str:
    """Show a value in a cell: floats with six significant digits, None as a dash."""
    if value is None:
        return "-"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def mean_and_spread(mean: float, spread: float | None) -> str:
    """Show a mean with its standard deviation, if there is one."""
    return f"{mean:.4g}" if spread is None else f"{mean:.4g} ± {spread:.2g}"


def print_json(value: Any) -> None:
    """Print a value as JSON, non-finite numbers as null."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))
