"""``geoframe run``: a config in, a run directory out."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any

import click

from geoframe.terminal import complete_runs, print_json, print_table, say
from geoframe_cli import completion
from geoframe_cli.configs import options_of_a_config, read_config

if TYPE_CHECKING:
    from geoframe.run.directory import Run


@click.command(
    epilog="\b\nExample:\n  geoframe run nst --config tree.toml --set trainer.steps=500 --seed 1"
)
@click.argument("method", shell_complete=completion.methods)
@options_of_a_config
@click.option(
    "-o",
    "--run-dir",
    type=click.Path(),
    shell_complete=complete_runs,
    help="Where everything is kept. Default: runs/METHOD/TIME-ID.",
)
@click.option(
    "--resume",
    is_flag=True,
    help="Continue the run in --run-dir, with its stored config if no other is given.",
)
@click.option("--json", "as_json", is_flag=True, help="Print results.json and nothing else.")
@click.option("--quiet", is_flag=True, help="Show no progress; print the run directory only.")
def run(
    method: str,
    config: str | None,
    overrides: tuple[str, ...],
    seed: int | None,
    run_dir: str | None,
    resume: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Run METHOD and keep config, versions, metrics, checkpoints and results together.

    Options come from the method's defaults, then --config, then --set and --seed. 'geoframe init
    METHOD' writes a config with every option explained.

    On several GPUs or machines: accelerate launch -m geoframe_cli run METHOD --run-dir DIR ...
    """
    rank = int(os.environ.get("RANK", "0"))
    if "RANK" in os.environ and run_dir is None:
        if rank > 0:  # the first process tells
            sys.exit(2)
        raise click.UsageError("several processes must share one directory; give it as --run-dir")
    if resume and run_dir is None:
        raise click.UsageError("--resume needs the run's directory; give it as --run-dir")

    from pathlib import Path

    from geoframe_registry import runs

    table = read_config(config, overrides, seed)
    plugins = []
    if sys.stderr.isatty() and not quiet:
        from geoframe_cli.progress import Progress

        plugins.append(Progress())
    path = Path(run_dir) if run_dir is not None else None
    prepared = runs.prepare(method, table, path, resume=resume, plugins=plugins)
    try:
        # What a method prints must not get into the JSON.
        with redirect_stdout(sys.stderr if as_json else sys.stdout):
            finished = runs.finish(prepared)
    except KeyboardInterrupt:
        import shlex

        if rank == 0:
            where = shlex.quote(str(prepared.path))
            say(
                f"Interrupted; go on with: geoframe run {method} --run-dir {where} --resume",
                err=True,
            )
        sys.exit(130)
    if rank == 0:
        _show(finished, as_json=as_json, quiet=quiet)


MOST_NUMBERS = 36
"""Numbers that a terminal shows of a run at most."""


def _those_that_matter(metrics: Mapping[str, Any], meanings: Mapping[str, str]) -> dict[str, Any]:
    """All metrics if they are few; else the first of those whose meaning the method tells."""
    if len(metrics) <= MOST_NUMBERS:
        return dict(metrics)
    told = [name for name in metrics if name in meanings and metrics[name] is not None]
    return {name: metrics[name] for name in (told or list(metrics))[:MOST_NUMBERS]}


def _show(run: Run, *, as_json: bool, quiet: bool) -> None:
    results = run.results
    if as_json:
        print_json(results)
        return
    if quiet:
        say(run.path)
        return
    metrics = results["metrics"]
    few = _those_that_matter(metrics, results.get("meanings", {}))
    print_table(f"{run.method_name}: results", ["metric", "value"], few.items())
    if len(few) < len(metrics):
        say(f"{len(metrics) - len(few)} more numbers stand in the report; --json prints all.")
    for note in results["notes"]:
        say(f"Note: {note}")
    for sentence in results.get("verdict", ()):  # runs of 0.1 have none
        say(sentence)
    say(f"Run:    {run.path}")
    report = run.path / "report.html"
    if report.exists():
        say(f"Report: {report}")
