"""``geoframe doctor``: whether the installation is sound."""

from __future__ import annotations

import sys

import click

from geoframe.terminal import say


@click.command(epilog="\b\nExample:\n  geoframe doctor")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(as_json: bool) -> None:
    """Check versions, devices, plugins and their requirements; exit with 1 if anything is wrong."""
    from geoframe_cli.app import VERBS
    from geoframe_registry.doctor import diagnose

    findings = diagnose(verbs=VERBS)
    if as_json:
        import attrs

        from geoframe.terminal import print_json

        print_json([attrs.asdict(finding) for finding in findings])
    else:
        for finding in findings:
            say(f"{'ok     ' if finding.ok else 'PROBLEM'}  {finding.topic}: {finding.text}")
            if finding.remedy:
                say(f"         -> {finding.remedy}")
    if not all(finding.ok for finding in findings):
        sys.exit(1)
