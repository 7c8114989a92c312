"""What a verb, ours or a plugin's, says in the terminal: tables for people, JSON for programs."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem
    from rich.console import Console

SENTENCE = 30
"""Characters from which a cell is a sentence rather than a value."""
WIDE = 10_000
"""Columns when stdout is no terminal: lines of a file or a pipe are never cut or wrapped."""


def say(text: object, *, err: bool = False, nl: bool = True) -> None:
    """Print a text that may hold what others wrote: nothing in it steers the terminal."""
    from geoframe.text import printable  # --help says nothing of others

    click.echo(printable(str(text)), err=err, nl=nl)


def on_terminal() -> bool:
    """Return whether stdout is a terminal, not a file or a pipe."""
    return sys.stdout is not None and sys.stdout.isatty()  # None: it was closed


def console() -> Console:
    """Return a rich console on stdout."""
    from rich.console import Console

    return Console(width=None if on_terminal() else WIDE, highlight=False)


def print_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, caption: str = ""
) -> None:
    """Print a table whose cells are shown as they are.

    Where a last column of sentences would have no room beside the others it stands below them.
    """
    from rich import box
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    from geoframe.text import one_line, printable

    table = Table(
        title=Text(printable(title)) if title else None,
        caption=Text(printable(caption)) if caption else None,
        box=box.SIMPLE,
        title_justify="left",
        caption_justify="left",
        pad_edge=False,
    )
    for column in columns:
        table.add_column(Text(one_line(column)), overflow="fold")
    cells = [[cell_text(cell) for cell in row] for row in rows]
    screen = console()
    if _too_narrow(cells, screen.width):
        screen.print(Text("  ".join(map(one_line, columns)), style="bold"))
        for *facts, sentence in cells:
            screen.print(Text("  ".join(fact for fact in facts if fact not in ("", "-"))))
            screen.print(Padding(Text(sentence), (0, 0, 0, 4)))
        return
    for texts in cells:
        table.add_row(*map(Text, texts))
    screen.print(table)


def _too_narrow(cells: Sequence[Sequence[str]], width: int) -> bool:
    """Whether the columns leave less than a third of the width for sentences in the last one."""
    longest = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return bool(longest) and longest[-1] > SENTENCE and sum(longest[:-1]) > 0.65 * width


def cell_text(value: object) -> str:
    """Show a value in a cell: floats with six significant digits, None as a dash."""
    if value is None:
        return "-"
    from geoframe.text import printable

    return f"{value:.6g}" if isinstance(value, float) else printable(str(value))


def mean_and_spread(mean: float, spread: float | None) -> str:
    """Show a mean with its standard deviation, if there is one."""
    return f"{mean:.4g}" if spread is None else f"{mean:.4g} ± {spread:.2g}"


def print_json(value: Any) -> None:
    """Print a value as JSON: non-finite numbers as null, what steers a terminal as escapes."""
    import json

    from geoframe.run.files import jsonable

    text = json.dumps(jsonable(value), indent=2, ensure_ascii=False, allow_nan=False)
    click.echo(_UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text))


def complete_runs(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete a run directory below ``runs/``, or else any folder."""
    import glob
    import os

    from click.shell_completion import CompletionItem

    manifests = glob.glob(os.path.join("runs", "*", "*", "manifest.json"))
    found = [path for path in map(os.path.dirname, manifests) if path.startswith(incomplete)]
    return [CompletionItem(path) for path in sorted(found)] or [
        CompletionItem(incomplete, type="dir")
    ]


_UNSAFE = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What JSON allows in a string as it is, and a terminal should not see."""
