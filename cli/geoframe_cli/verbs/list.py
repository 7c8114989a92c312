"""``geoframe list``: what is installed, by kind."""

from __future__ import annotations

from typing import Any

import click

from geoframe_cli import completion


@click.command(epilog="\b\nExample:\n  geoframe list geometry")
@click.argument("kind", required=False, shell_complete=completion.kinds)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list(kind: str | None, as_json: bool) -> None:
    """List the installed components, all or those of one KIND.

    Kinds: geometry, embedder, trainer, sampler, adapter, dataset, method. No plugin is imported.
    """
    from geoframe_registry.discovery import components
    from geoframe_registry.summaries import summary

    specs = components(kind)
    taken = [(spec.kind, spec.name) for spec in specs]
    rows: Any = [
        {
            "kind": spec.kind,
            "name": spec.name,
            "plugin": spec.distribution,
            "version": spec.version,
            "summary": summary(spec.target),
            "conflict": taken.count((spec.kind, spec.name)) > 1,
        }
        for spec in specs
    ]
    from geoframe.terminal import print_json, print_table

    if as_json:
        print_json(rows)
        return
    print_table(
        "",
        ["kind", "name", "plugin", "version", "summary"],
        [
            (
                row["kind"],
                f"{row['plugin']}:{row['name']}" if row["conflict"] else row["name"],
                *(row["plugin"], row["version"]),
                "(in conflict; use the full name)" if row["conflict"] else row["summary"],
            )
            for row in rows
        ],
    )
