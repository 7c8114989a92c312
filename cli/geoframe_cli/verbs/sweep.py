"""``geoframe sweep``: many runs of a method, to find good options."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

import click

from geoframe.terminal import say
from geoframe_cli import completion
from geoframe_cli.configs import options_of_a_config, read_config

if TYPE_CHECKING:
    from geoframe_registry.sweep.study import Sweep, TrialRow


@click.command(epilog="\b\nExample:\n  geoframe sweep nst --config tree.toml --space space.toml")
@click.argument("method", shell_complete=completion.methods)
@click.option(
    "--space",
    "space_file",
    required=True,
    type=click.Path(path_type=Path),
    help="The TOML file with the metric and the options to vary.",
)
@options_of_a_config
@click.option(
    "-o",
    "--run-dir",
    type=click.Path(path_type=Path),
    help="Where all runs are kept. Default: runs/sweep/METHOD-SPACE, by the file's name.",
)
@click.option(
    "--storage", metavar="URL", help="Database of the sweep. Default: SQLite in --run-dir."
)
@click.option("--trials", type=click.IntRange(min=1), help="Replace the number in the file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def sweep(
    method: str,
    space_file: Path,
    config: str | None,
    overrides: tuple[str, ...],
    seed: int | None,
    run_dir: Path | None,
    storage: str | None,
    trials: int | None,
    as_json: bool,
) -> None:
    """Run METHOD with many configs and say which is best by a metric.

    Optuna chooses the configs. A sweep that was stopped, or killed, goes on when the same command
    is given again: finished runs are used again and interrupted ones continued. Started on several
    machines with one --storage and one shared --run-dir, it is one sweep.
    """
    import attrs

    from geoframe_registry.sweep.space import load_space
    from geoframe_registry.sweep.study import Sweep, check_space

    table = read_config(config, overrides, seed)
    space = load_space(space_file)
    if trials is not None:
        space = attrs.evolve(space, options=attrs.evolve(space.options, trials=trials))
    check_space(method, table, space)
    folder = run_dir or Path("runs") / "sweep" / f"{method}-{space_file.stem}"
    made = Sweep(method, table, space, folder, storage)
    try:
        # What a method prints must not get into the JSON.
        with redirect_stdout(sys.stderr if as_json else sys.stdout):
            rows = made.run(on_trial=lambda row: say(_told(row), err=True))
    except KeyboardInterrupt:
        say("Interrupted; the same command goes on", err=True)
        sys.exit(130)
    best = _best(rows, space.options.direction)
    if as_json:
        from geoframe.terminal import print_json

        print_json(
            {
                "metric": space.options.metric,
                "best": None if best is None else best.number,
                "trials": [
                    {**attrs.asdict(row), "path": str(made.path(row.number))} for row in rows
                ],
            }
        )
    else:
        _print(made, rows, best)
    if best is None:
        sys.exit(1)


def _best(rows: Sequence[TrialRow], direction: str) -> TrialRow | None:
    judged = [row for row in rows if row.value is not None]
    choose = min if direction == "minimize" else max
    return choose(judged, key=lambda row: row.value or 0.0, default=None)


def _told(row: TrialRow) -> str:
    options = ", ".join(f"{key}={value}" for key, value in row.options.items())
    outcome = row.reason if row.value is None else f"{row.value:.6g}"
    return f"trial {row.number}: {options}: {outcome}"


def _print(sweep: Sweep, rows: Sequence[TrialRow], best: TrialRow | None) -> None:
    from geoframe.terminal import print_table

    keys = list(dict.fromkeys(key for row in rows for key in row.options))
    metric, direction = sweep.space.options.metric, sweep.space.options.direction
    sign = 1 if direction == "minimize" else -1
    ordered = sorted(
        rows, key=lambda row: (row.value is None, sign * (row.value or 0.0), row.number)
    )
    print_table(
        f"{sweep.method}: {len(rows)} trials, {direction} {metric}",
        ["trial", metric, *keys, "state"],
        [
            (
                row.number,
                row.value,
                *(row.options.get(key) for key in keys),
                row.reason or row.state,
            )
            for row in ordered
        ],
    )
    if best is not None:
        say(f"Best: {sweep.path(best.number)}")
