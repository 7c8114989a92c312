"""``geoframe sample``: new items from a finished run, streamed to disk."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from geoframe.terminal import complete_runs, say


@click.command(epilog="\b\nExample:\n  geoframe sample runs/cfdm/mine -n 10000 -o samples")
@click.argument("run", type=click.Path(path_type=Path), shell_complete=complete_runs)
@click.option("-n", "--number", required=True, type=click.IntRange(min=1), help="Items to draw.")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help="The folder to write: new, or with the beginning of the same samples.",
)
@click.option(
    "--seed", type=click.IntRange(0, 2**63 - 1), help="Seed of the items. Default: the run's."
)
@click.option(
    "--shard-size",
    type=click.IntRange(min=1),
    default=1024,
    show_default=True,
    help="Items in a file.",
)
@click.option("--explain", is_flag=True, help="Show how the items were computed, step by step.")
@click.option("--quiet", is_flag=True, help="Show no progress; print the folder only.")
def sample(
    run: Path,
    number: int,
    output: Path,
    seed: int | None,
    shard_size: int,
    explain: bool,
    quiet: bool,
) -> None:
    """Draw items from the sampler of RUN into safetensors files.

    Where the data were a table, images or points, the items are written in that form, too.
    If it is interrupted, or killed, the same command goes on and ends with the same files. With a
    larger number it adds to what is there.
    """
    from geoframe.importing import contained
    from geoframe.run.files import read_tensors
    from geoframe.run.streaming import stream_samples
    from geoframe_registry.runs import open_run

    opened = open_run(run)
    opened.require_finished()
    with contained(f"method '{opened.method_name}'"):
        sampler = opened.method.sampler(opened)
    config = (opened.path / "config.toml").read_bytes()
    with _progress(number, shown=sys.stderr.isatty() and not quiet) as progress:
        shards = stream_samples(
            sampler,
            output,
            number,
            seed=opened.config.seed if seed is None else seed,
            shard_size=shard_size,
            facts={
                "method": opened.method_name,
                "config_sha256": hashlib.sha256(config).hexdigest(),
                "data": opened.manifest.get("data"),
            },
            progress=progress,
        )
    with contained(f"method '{opened.method_name}'"):
        written = opened.method.write_samples(opened, map(read_tensors, shards), output)
    if quiet:
        say(output)
        return
    if explain:
        _explain(sampler.explain())
    say(f"{number} items in {len(shards)} files: {output}")
    if written is not None:
        say(f"As in your file: {written}")


def _explain(rows: Sequence[Mapping[str, object]]) -> None:
    if not rows:
        say("The sampler has nothing to explain, or the files were all there.")
        return
    from geoframe.terminal import print_table

    print_table("How the items were computed", list(rows[0]), (list(row.values()) for row in rows))


@contextmanager
def _progress(total: int, *, shown: bool) -> Iterator[Callable[[int], None]]:
    if not shown:
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("sample", total=total)
        yield lambda done: bar.update(task, completed=done)
