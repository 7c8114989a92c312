"""The verb ``geoframe ames``: which geometry do the data of a run have? Torch-free at import."""

from __future__ import annotations

from pathlib import Path

import click

from geoframe.terminal import complete_runs


@click.group(epilog="\b\nExample:\n  geoframe ames select runs/ames/mine")
def ames() -> None:
    """Ask a finished run of ames about its branches."""


@ames.command(epilog="\b\nExample:\n  geoframe ames select runs/ames/mine --dim 3 --json")
@click.argument("run", type=click.Path(path_type=Path), shell_complete=complete_runs)
@click.option(
    "--dim", type=click.IntRange(min=1), default=2, show_default=True, help="Dimension compared in."
)
@click.option("--no-retrain", is_flag=True, help="Do not train the chosen geometry alone.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def select(run: Path, dim: int, no_retrain: bool, as_json: bool) -> None:
    """Say which of the geometries of RUN its data have, without looking at labels.

    Path lengths over near rows are embedded in each geometry at equal dimension; the one that
    holds pairs left out of the fit clearly better than flat space is chosen. Attention and
    ablation of the run stand beside it, since they answer another question; the chosen geometry
    is trained alone to show what the choice is worth.
    """
    from geoframe import open_run
    from geoframe.terminal import print_json, print_table, say
    from geoframe_ames.selection.answer import select as answer

    found = answer(open_run(run), dim=dim, retrain=not no_retrain)
    if as_json:
        print_json(
            {
                "chosen": found.chosen,
                "ranking": found.ranking.reset_index().to_dict("records"),
                "branches": list(found.branches),
                found.measure: {"run": found.run, "alone": found.alone},
            }
        )
        return
    columns = ["misfit", "spread", "stress", "spearman", "seconds"]
    rows = [
        [name, *row]
        for name, row in zip(
            found.ranking.index, found.ranking[columns].to_numpy().tolist(), strict=True
        )
    ]
    print_table(f"geometry of the data: {found.chosen}", ["geometry", *columns], rows)
    if found.branches:
        keys = ["branch", "ablation", "attention"]
        print_table("branches of the run", keys, [[b[k] for k in keys] for b in found.branches])
    if found.alone is not None:
        say(f"{found.measure}: {found.run:.3f} (run), {found.alone:.3f} ({found.chosen} alone)")
