"""``geoframe reproduce``: published numbers beside measured ones."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geoframe.terminal import say
from geoframe_cli import completion

if TYPE_CHECKING:
    from geoframe.reference import Published, ReferenceTable
    from geoframe_registry.reproduce import Measured, MeasuredRow


@click.command(
    epilog="\b\nExample:\n  geoframe reproduce nst --quick\n"
    "  geoframe reproduce field --page field.md"
)
@click.argument("method", shell_complete=completion.methods)
@click.option("--table", "table_name", help="Measure this table only.")
@click.option("--row", "rows_named", multiple=True, help="Measure this row; may be repeated.")
@click.option("--quick", is_flag=True, help="Smaller runs with one seed; marked as quick.")
@click.option("--seeds", type=click.IntRange(min=1), help="Number of seeds. Default: the table's.")
@click.option(
    "--runs",
    "folder",
    type=click.Path(path_type=Path),
    help="Where the runs are kept. Default: runs/reproduce/METHOD.",
)
@click.option(
    "--page",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Of 'field': write the tables as a page of Markdown.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def reproduce(
    method: str,
    table_name: str | None,
    rows_named: tuple[str, ...],
    quick: bool,
    seeds: int | None,
    folder: Path | None,
    page: Path | None,
    as_json: bool,
) -> None:
    """Measure the published tables of METHOD again and print both numbers side by side.

    METHOD may be 'field': every installed method beside its rivals on the same data. Finished
    runs are used again and interrupted ones continued, so the verb may be repeated. A row that
    fails is reported, and the exit code is then 1.
    """
    from geoframe_registry import field
    from geoframe_registry.reproduce import measure, only_rows, tables

    if page is not None and method != field.NAME:
        raise click.UsageError("--page is for 'geoframe reproduce field'")
    chosen = (
        field.field_tables()
        if method == field.NAME
        else [(method, table) for table in tables(method, table_name)]
    )
    if rows_named:
        chosen = only_rows(chosen, rows_named)
    found = []
    for name, table in chosen:
        rows = []
        runs = folder or Path("runs") / "reproduce" / name
        if folder and method == field.NAME:  # each method's in a folder of its own
            runs = folder / name
        for row in table.rows:
            say(f"{table.name}: {row.name} ...", err=True)
            rows.append(
                measure(
                    name,
                    table,
                    row,
                    folder=runs,
                    seeds=seeds,
                    quick=quick,
                )
            )
        found.append((name, table, rows))
        if not as_json:
            _print(table, rows, quick=quick)
    if page is not None:
        page.write_text(field.field_page(found), encoding="utf-8")
    if as_json:
        from geoframe.terminal import print_json

        plain = [_plain(table, rows) for _, table, rows in found]
        print_json({"method": method, "quick": quick, "tables": plain})
    elif not found:
        say(f"{method} has no reference tables")
    if any(row.errors for _, _, rows in found for row in rows):
        sys.exit(1)


def _print(table: ReferenceTable, rows: Sequence[MeasuredRow], *, quick: bool) -> None:
    from geoframe.terminal import print_table

    cells: list[tuple[str | None, ...]] = []
    for row in rows:
        count = "1 run" if len(row.runs) == 1 else f"{len(row.runs)} runs"
        runs = f"measured, {count}{', failed' if row.errors else ''}"
        if not table.compared:
            published = (_published(row.published.get(metric)) for metric in table.metrics)
            cells += [(row.name, "published", *published)]
            cells += [("", runs, *_shown(row.measured, table))]
            continue
        cells += [(row.name, runs, *[None] * len(table.metrics))]
        for contender, measured in row.contenders.items():
            cells += [("", contender, *_shown(measured, table))]
    title = f"{table.title} (quick: not comparable with the published)" if quick else table.title
    print_table(title, ["", "", *table.metrics], cells, caption=table.note)
    for row in rows:
        for error in row.errors:
            say(f"{table.name}: {row.name}: {error}")


def _shown(measured: Mapping[str, Measured], table: ReferenceTable) -> Iterator[str | None]:
    for metric in table.metrics:
        yield str(measured[metric]) if metric in measured else None


def _published(number: Published | None) -> str | None:
    if number is None:
        return None
    from geoframe.terminal import mean_and_spread

    mark = "" if number.certainty == "verified" else f" ({number.certainty})"
    return f"{mean_and_spread(number.value, number.spread)}{mark}"


def _plain(table: ReferenceTable, rows: Sequence[MeasuredRow]) -> dict[str, Any]:
    import attrs

    return {
        "name": table.name,
        "title": table.title,
        "note": table.note,
        "rows": [
            {
                "name": row.name,
                "published": {name: attrs.asdict(each) for name, each in row.published.items()},
                "measured": _numbers(row.measured),
                "contenders": {name: _numbers(each) for name, each in row.contenders.items()},
                "runs": [str(path) for path in row.runs],
                "errors": row.errors,
            }
            for row in rows
        ],
    }


def _numbers(measured: Mapping[str, Measured]) -> dict[str, Any]:
    return {
        name: {"mean": each.mean, "sd": each.sd, "values": each.values}
        for name, each in measured.items()
    }
