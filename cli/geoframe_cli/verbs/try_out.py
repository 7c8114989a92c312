"""``geoframe try``: from a file to a first answer and the command to go on with."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geoframe.terminal import cell_text, say

if TYPE_CHECKING:
    from geoframe.run.directory import Run
    from geoframe_registry.trying import Candidate


@click.command("try", epilog="\b\nExample:\n  geoframe try edges.csv")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--method", help="Preview this method instead of the first.")
@click.option("--no-preview", is_flag=True, help="Look only; run nothing.")
@click.option("--no-geometry", is_flag=True, help="Do not ask which geometry relations have.")
@click.option(
    "-o",
    "--run-dir",
    type=click.Path(path_type=Path),
    help="Where the preview is kept; new or empty.",
)
def try_out(
    path: Path, method: str | None, no_preview: bool, no_geometry: bool, run_dir: Path | None
) -> None:
    """Look at the file or folder PATH, say what it is and which methods fit, best first.

    A preview of about 20 seconds then runs with the first of them, and the command of the full run
    is printed.
    """
    from geoframe.errors import ConfigError, GeoframeError
    from geoframe_registry import trying

    found = trying.guess(path)
    for sentence in found.said:
        say(sentence)
    suited = trying.candidates(found)
    if not suited:
        raise GeoframeError(
            f"{path}: no installed method takes {found.kind} like this; "
            "'geoframe list method' shows them"
        )
    say("")
    for number, each in enumerate(suited, 1):
        advice = each.suggestion
        say(f"{number}. {each.method}: {advice.reason}. You get {advice.expect}.")
    chosen = suited[0]
    if method is not None:
        named = [each for each in suited if each.method == method]
        if not named:
            fitting = ", ".join(each.method for each in suited)
            raise ConfigError([f"--method: '{method}' does not fit these data; {fitting} do"])
        chosen = named[0]
    if not no_geometry:
        for index, sentence in enumerate(trying.describe(found)):
            say(sentence if index else f"\n{sentence}")
    full = {"data.path": str(path), **found.options, **chosen.suggestion.options}
    if not no_preview:
        say(f"\nA preview with {chosen.method}:")
        run = _preview(chosen, full, run_dir)
        _answer(run, chosen)
    say("\nTo go on:")
    say(f"  {_command(chosen.method, full)}")


def _preview(chosen: Candidate, options: Mapping[str, Any], run_dir: Path | None) -> Run:
    from geoframe.config import TomlTable, apply_overrides
    from geoframe_registry import runs

    table = apply_overrides(TomlTable({}), {**options, **chosen.suggestion.preview}.items())
    return runs.finish(runs.prepare(chosen.method, table, run_dir))


def _answer(run: Run, chosen: Candidate) -> None:
    results = run.results
    metrics = results["metrics"]
    for sentence in results.get("verdict", ()):
        say(f"  {sentence}")
    names = [name for name in chosen.suggestion.headline if metrics.get(name) is not None]
    for name in names or list(metrics)[:5]:
        say(f"  {name.replace('_', ' ')}: {cell_text(metrics[name])}")
    for note in list(results.get("notes", ()))[:3]:
        say(f"  {note}")
    say(f"  report: {_shown(run.path / 'report.html')}")


def _shown(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _command(method: str, options: Mapping[str, Any]) -> str:
    from geoframe.config import parse_override
    from geoframe.config.template import inline

    sets = []
    for key, value in options.items():
        # A string that no TOML value looks like needs no quotes.
        plain = isinstance(value, str) and parse_override(f"{key}={value}")[1] == value
        text = value if plain else inline(value)
        sets.append(f"--set {shlex.quote(f'{key}={text}')}")
    return " ".join([f"geoframe run {method}", *sets])
