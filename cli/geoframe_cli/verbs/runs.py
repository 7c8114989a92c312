"""``geoframe runs``: the runs of a folder and what they measured."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geoframe.terminal import say

if TYPE_CHECKING:
    from geoframe_registry.run_table import RunRow

SHOWN = 3
"""Metrics of a run that are shown if none are named."""


@click.command(epilog="\b\nExample:\n  geoframe runs --metric stress_edges --sort stress_edges")
@click.argument("folder", type=click.Path(path_type=Path), default="runs")
@click.option("--method", help="Only the runs of this method.")
@click.option("--metric", "metrics", multiple=True, help="Show this metric; may be repeated.")
@click.option("--sort", metavar="METRIC", help="Sort by a metric, smallest first, not by time.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with all metrics.")
def runs(
    folder: Path, method: str | None, metrics: tuple[str, ...], sort: str | None, as_json: bool
) -> None:
    """List the runs in and below FOLDER (default: runs) with state, seed and metrics.

    A run is finished, running, stopped (go on with 'geoframe run METHOD --run-dir DIR --resume')
    or damaged.
    """
    from geoframe.terminal import print_json, print_table
    from geoframe_registry.run_table import find_runs

    rows = [row for row in find_runs(folder) if method in (None, row.method)]
    for name in {*metrics, *([sort] if sort else [])}:
        _require(name, rows)
    if sort is not None:
        rows.sort(key=lambda row: _sortable(row.metrics.get(sort)))
    if as_json:
        print_json([_plain(row) for row in rows])
        return
    if not rows:
        say(f"No runs in {folder}")
        return
    columns = metrics or ("metrics",)
    print_table(
        "",
        ["run", "method", "state", "seed", "created", *columns],
        [
            (row.path, row.method, row.state, row.seed, row.created, *_cells(row, metrics))
            for row in rows
        ],
    )


def _require(metric: str, rows: Sequence[RunRow]) -> None:
    from geoframe.errors import RunError, did_you_mean

    known = {name for row in rows for name in row.metrics}
    if metric not in known:
        raise RunError(f"no run here has a metric '{metric}'{did_you_mean(metric, known)}")


def _sortable(value: Any) -> tuple[bool, float]:
    number = isinstance(value, int | float)
    return (not number, float(value) if number else 0.0)


def _cells(row: RunRow, metrics: Sequence[str]) -> list[Any]:
    from geoframe.terminal import cell_text

    if metrics:
        return [row.metrics.get(name) for name in metrics]
    if row.reason:
        return [row.reason]
    shown = list(row.metrics.items())[:SHOWN]
    return ["  ".join(f"{name} {cell_text(value)}" for name, value in shown)]


def _plain(row: RunRow) -> dict[str, Any]:
    import attrs

    return {**attrs.asdict(row), "path": str(row.path)}
