"""The verb ``geoframe hnn``: questions to finished runs. Torch-free, but for runs of a network."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geoframe.terminal import complete_runs

if TYPE_CHECKING:
    from geoframe_hnn.questions import Row
    from geoframe_hnn.trained import TrainedTree


@click.group(epilog="\b\nExample:\n  geoframe hnn nearest runs/hnn/mine 'Morelia viridis' -k 5")
def hnn() -> None:
    """Ask a finished run about the nodes of its tree.

    Distances are in the unit of the tree's edge lengths. They come from the construction, which
    is certified, or from the network if the run trained one ('distil', 'gradient'), for which no
    certificate holds. Networks of 'compare' are not kept and cannot be asked.

    Many questions come as a CSV file whose first line names its columns; answers are printed as
    CSV then, with --json as a JSON object a line. A file is checked to its last line first;
    standard input ('-') is answered as it comes.
    """


def _asks(*columns: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a verb the run, the nodes of one question or a file of many, and ``--json``."""
    parameters = [
        click.argument("run", type=click.Path(path_type=Path), shell_complete=complete_runs),
        click.argument("nodes", nargs=-1, metavar=f"[{' '.join(columns).upper()}]"),
        click.option(
            "--file", type=click.Path(path_type=Path), help="CSV file of questions; '-': stdin."
        ),
        click.option(
            "--columns",
            default=",".join(columns),
            show_default=True,
            help="Columns of the file that hold the nodes.",
        ),
        click.option("--json", "as_json", is_flag=True, help="Print JSON."),
    ]

    def decorate(verb: Callable[..., None]) -> Callable[..., None]:
        for parameter in reversed(parameters):
            verb = parameter(verb)
        return verb

    return decorate


@hnn.command(epilog="\b\nExample:\n  geoframe hnn distance runs/mine --file pairs.csv > out.csv")
@_asks("u", "v")
def distance(run: Path, **asked: Any) -> None:
    """Print the distance of nodes U and V of RUN, beside the exact one along the tree."""
    from geoframe_hnn.questions import DISTANCE, distances

    _answer(run, 2, DISTANCE, distances, **asked)


@hnn.command(epilog="\b\nExample:\n  geoframe hnn nearest runs/mine 'Morelia viridis' -k 5 --json")
@_asks("node")
@click.option("-k", type=click.IntRange(min=1), default=10, show_default=True, help="How many.")
@click.option("--after", "way", flag_value="after", help="Only nodes below it.")
@click.option("--before", "way", flag_value="before", help="Only nodes above it.")
def nearest(run: Path, k: int, way: str | None, **asked: Any) -> None:
    """Print the nodes of RUN that are nearest to NODE, nearest first."""
    from geoframe_hnn.questions import NEAREST
    from geoframe_hnn.questions import nearest as nearest_to

    only = {way: True} if way else {}
    _answer(run, 1, NEAREST, lambda trained, nodes: nearest_to(trained, nodes, k, **only), **asked)


@hnn.command(epilog="\b\nExample:\n  geoframe hnn ancestor runs/mine dog.n.01 cat.n.01")
@_asks("u", "v")
def ancestor(run: Path, **asked: Any) -> None:
    """Print the lowest common ancestor of U and V that distances in RUN speak for.

    It is the node with the least sum of distances to U, V and the root. The true one stands beside
    it: of all that are above both, by whatever parents, the one that the fewest edges lead up to.
    """
    from geoframe_hnn.questions import ANCESTOR, ancestors

    _answer(run, 2, ANCESTOR, ancestors, **asked)


@hnn.command(epilog="\b\nExample:\n  geoframe hnn precedes runs/mine mammal.n.01 dog.n.01")
@_asks("u", "v")
def precedes(run: Path, **asked: Any) -> None:
    """Print whether node U of RUN is above node V, or the same, by whatever parents.

    The answer comes from the edges and is exact.
    """
    from geoframe_hnn.questions import PRECEDES, order

    _answer(run, 2, PRECEDES, order, **asked)


@hnn.command(epilog="\b\nExample:\n  geoframe hnn parents runs/mine dog.n.01 --json")
@_asks("node")
def parents(run: Path, **asked: Any) -> None:
    """Print the parents of NODE in RUN, the one that it hangs from in the tree first."""
    from geoframe_hnn.questions import PARENTS
    from geoframe_hnn.questions import parents as parents_of

    _answer(run, 1, PARENTS, parents_of, **asked)


def _answer(
    run: Path,
    number: int,
    header: Sequence[str],
    answers: Callable[[TrainedTree, Iterable[Sequence[str]]], Iterator[Row]],
    *,
    nodes: tuple[str, ...],
    file: Path | None,
    columns: str,
    as_json: bool,
) -> None:
    """Answer one question of ``number`` nodes in a table, or a file of them line by line."""
    named = tuple(column.strip() for column in columns.split(","))
    if file is not None and nodes:
        raise click.UsageError("name nodes or give --file, not both")
    if file is None and len(nodes) != number:
        wanted = "one node" if number == 1 else "two nodes"
        raise click.UsageError(f"name {wanted}, or give --file; got {len(nodes)}")
    if len(named) != number:
        raise click.UsageError(f"--columns: {number} wanted, got '{columns}'")

    from geoframe_hnn.questions import QuestionFile

    trained = _opened(run)
    if file is None:
        _print_one(header, list(answers(trained, [nodes])), as_json=as_json)
        return
    questions = QuestionFile(file, named).questions(trained.tree.find)
    _print_lines(header, answers(trained, questions), as_json=as_json)


def _opened(path: Path) -> TrainedTree:
    from geoframe.api import open_run
    from geoframe.errors import RunError
    from geoframe_hnn.method import HyperbolicNeuralNetworks

    run = open_run(path)
    if not isinstance(run.method, HyperbolicNeuralNetworks):
        raise RunError(f"{path}: is a run of '{run.method_name}', not of 'hnn'")
    trained: TrainedTree = run.load()
    if trained.network is not None:
        click.echo("Note: distances are the trained network's; no certificate holds", err=True)
    return trained


def _print_one(header: Sequence[str], rows: Sequence[Row], *, as_json: bool) -> None:
    from geoframe.run.files import jsonable
    from geoframe.terminal import print_json, print_table

    if as_json:
        print_json(jsonable([dict(zip(header, row, strict=True)) for row in rows]))
    else:
        print_table("", header, rows)


def _print_lines(header: Sequence[str], rows: Iterator[Row], *, as_json: bool) -> None:
    from geoframe.run.files import jsonable

    if as_json:
        for row in rows:
            found = jsonable(dict(zip(header, row, strict=True)))
            sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
        return
    first = list(islice(rows, 1))  # a mistake is told before anything is printed
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(chain(first, rows))
