"""Every method beside its rivals: the tables of that name, and the page they make."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from geoframe.errors import PluginError
from geoframe.reference import ReferenceTable
from geoframe.terminal import say
from geoframe.text import markdown
from geoframe_registry import discovery
from geoframe_registry.reproduce import MeasuredRow, tables

NAME = "field"
"""Name of the table in which a method compares itself, and of all of them together."""


def field_tables() -> list[tuple[str, ReferenceTable]]:
    """The comparing table of each installed method that has one; a broken method is told."""
    found = []
    for spec in discovery.components("method"):
        try:
            known = tables(spec.name)
        except PluginError as error:
            say(str(error), err=True)
            continue
        found += [(spec.name, table) for table in known if table.name == NAME]
    return found


def field_page(measured: Iterable[tuple[str, ReferenceTable, Sequence[MeasuredRow]]]) -> str:
    """Write the page: a section for each method, a line for each contender on each data set."""
    parts = [
        "# The field",
        "Each method beside the simplest strong rivals on the same data. Mean and standard "
        "deviation over the seeds; the command above a table prints it, and "
        "`geoframe reproduce field --page FILE` writes this page. Rows that lose stay in.",
    ]
    for method, table, rows in measured:
        seeds = max((len(row.runs) for row in rows), default=0)
        parts += [
            f"## {method}",
            f"{table.title}; {seeds} seed{'' if seeds == 1 else 's'}.",
            f"    geoframe reproduce {method} --table {NAME}",
            "\n".join(_lines(table, rows)),
        ]
        if table.note:
            parts.append(f"{table.note[0].upper()}{table.note[1:].rstrip('.')}.")
    return "\n\n".join(parts) + "\n"


def _lines(table: ReferenceTable, rows: Sequence[MeasuredRow]) -> Iterable[str]:
    yield f"| data | | {' | '.join(table.metrics)} |"
    yield f"|---|---|{'---|' * len(table.metrics)}"
    for row in rows:
        name = markdown(row.name)
        for contender, measured in row.contenders.items():
            cells = (measured.get(metric) for metric in table.metrics)
            told = ("" if each is None else str(each) for each in cells)
            yield f"| {name} | {markdown(contender)} | {' | '.join(told)} |"
            name = ""
        for error in row.errors:
            yield f"| {markdown(row.name)} | {markdown(error)} |{' |' * len(table.metrics)}"
