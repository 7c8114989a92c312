"""The verb ``geoframe cfdm``: comparisons of samplers. Torch-free at import."""

from __future__ import annotations

import click

from geoframe.terminal import print_json, print_table, say

SHOWN = {
    "two_sample_gap": "|AUC - .5|",
    "kernel_distance": "KID",
    "dup_rate": "duplicates",
    "redrawn": "redrawn",
    "patches_verbatim": "patches verbatim",
    "train_on_samples_rmse": "RMSE of trees",
    "train_on_samples_error": "errors of trees",
    "sample_ms": "CPU-ms a sample",
    "fit_seconds": "CPU-s to fit",
}
"""Measure -> head of its column."""


@click.group(epilog="\b\nExample:\n  geoframe cfdm leaderboard --set data.path=table.csv --seeds 3")
def cfdm() -> None:
    """Compare samplers."""


@cfdm.command(
    epilog="\b\nExample:\n  geoframe cfdm leaderboard --set data.dataset.name=coil20 --seeds 3"
)
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="An option of the method, as for run: data.path, data.limit, evaluation.target, ...",
)
@click.option(
    "--sampler", "samplers", multiple=True, help="A sampler to compare; those that suit if none."
)
@click.option("--seeds", type=click.IntRange(min=1), default=1, show_default=True, help="Splits.")
@click.option("-n", "--samples", type=click.IntRange(min=20), help="Samples of each.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def leaderboard(
    overrides: tuple[str, ...],
    samplers: tuple[str, ...],
    seeds: int,
    samples: int | None,
    as_json: bool,
) -> None:
    """Fit samplers to 80 % of the items and measure what they draw against the others.

    The first row is real items: their duplicates are 1 by definition, and what their other
    measures are, no sampler can be asked to be better.
    """
    import geoframe
    from geoframe.config.toml import TomlTable, apply_overrides, parse_override
    from geoframe.terminal import mean_and_spread
    from geoframe_cfdm.leaderboard import leaderboard as compare
    from geoframe_cfdm.leaderboard import mean_standings

    table = apply_overrides(TomlTable({}), [parse_override(each) for each in overrides])
    standings = []
    for each in compare(geoframe.configure("cfdm", table), samplers, seeds=seeds, samples=samples):
        standings.append(each)
        say(f"seed {each.seed}: {each.sampler}", err=True)
    found = mean_standings(standings)
    if as_json:
        print_json(found)
        return
    heads = {key: head for key, head in SHOWN.items() if any(key in row for row in found.values())}
    cells = [
        (
            name,
            *(
                mean_and_spread(row[key]["mean"], row[key]["spread"]) if key in row else None
                for key in heads
            ),
        )
        for name, row in found.items()
    ]
    held_out = next(iter(found.values()))
    told = [f"Of the held-out items {held_out['dup_rate_held_out']['mean']:.3f} are duplicates"]
    if "patches_verbatim_held_out" in held_out:
        told.append(
            f"{held_out['patches_verbatim_held_out']['mean']:.3f} of their patches verbatim"
        )
    print_table(
        f"Samplers on held-out items, {seeds} seeds",
        ["", *heads.values()],
        cells,
        caption=", and ".join(told) + ".",
    )
