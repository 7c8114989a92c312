"""``geoframe report``: the report of a run written again, or several runs compared."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geoframe.terminal import complete_runs, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geoframe_registry.comparison import Group


@click.command(epilog="\b\nExample:\n  geoframe report runs/nst/* -o comparison.html")
@click.argument(
    "runs",
    metavar="RUN...",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path),
    shell_complete=complete_runs,
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Write the comparison, with plots, into this HTML file; it is replaced if it exists.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as JSON.")
def report(runs: tuple[Path, ...], output: Path | None, as_json: bool) -> None:
    """Write report.html and README.md of a finished RUN again, or compare several RUNs.

    Runs that differ in nothing but the seed are one column of the comparison: mean ± standard
    deviation.
    """
    from geoframe_registry.runs import open_run

    opened = [open_run(path) for path in runs]
    if len(opened) == 1 and output is None and not as_json:
        from geoframe.run.report_plugin import write_card, write_report

        say(write_report(opened[0]))
        say(write_card(opened[0]))
        return
    from geoframe_registry.comparison import compare, write_comparison

    groups = compare(opened)
    if output is not None:
        write_comparison(output, groups)
    if as_json:
        from geoframe.terminal import print_json

        print_json([_plain(group) for group in groups])
        return
    _print(groups)
    if output is not None:
        say(f"Wrote {output}")


def _print(groups: Sequence[Group]) -> None:
    from geoframe.terminal import mean_and_spread, print_table
    from geoframe_registry.comparison import metric_names

    for number, group in enumerate(groups, start=1):
        runs = f"{len(group.runs)} run{'s' if len(group.runs) > 1 else ''}"
        say(f"{number}: {group.label} ({runs})")
    cells = []
    for name in metric_names(groups):
        found = [group.metrics.get(name) for group in groups]
        shown = [each and mean_and_spread(each.mean, each.sd) for each in found]
        cells.append((name, *shown))
    print_table("", ["metric", *(str(number + 1) for number in range(len(groups)))], cells)


def _plain(group: Group) -> dict[str, Any]:
    return {
        "label": group.label,
        "runs": [str(run.path) for run in group.runs],
        "metrics": {
            name: {"mean": each.mean, "sd": each.sd, "values": each.values}
            for name, each in group.metrics.items()
        },
    }
