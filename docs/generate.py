"""Write the reference pages that say what the code says: ``python docs/generate.py``.

``reference/cli.md`` comes from the help texts, ``reference/conformance.md`` from the docstrings of
the checks. With ``--check`` nothing is written, and the exit code is 1 if a page is out of date.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from geoframe import testing
from geoframe_cli import app

REFERENCE = Path(__file__).parent / "reference"

CLI = """\
# The geoframe command

<!-- Written by docs/generate.py from the help texts; do not edit. -->

Global options go before the verb: `geoframe --debug run ...`. Plugins may add verbs of their own
(entry-point group [`geoframe.commands`](components-and-entry-points.md#groups)); `geoframe --help`
lists them too, and they are not on this page. What comes back to the shell:
[exit codes](exit-codes.md).
"""

CONFORMANCE = """\
# Conformance checks

<!-- Written by docs/generate.py from the docstrings of the checks; do not edit. -->

`geoframe.testing` holds a component to its interface and to its promises. Every check is a
function whose name says what should hold. Use them in whichever way fits:

```python
import geoframe
from geoframe.testing import check_geometry

report = check_geometry(geoframe.build("geometry", "sphere", dim=2))
print(report.ok, report.number_run > 15, report.failures)
```

<!-- output -->
```text
True True ()
```

- **In a notebook**: `check_geometry`, `check_embedder`, `check_trainer`, `check_sampler`,
  `check_adapter` take an object, or better what builds one (`lambda: Mine(dim=3)`), and return a
  report. Print it for a line per check: status, seconds, reason.
- **In pytest**: inherit from `GeometryConformance`, `EmbedderConformance`, `TrainerConformance`,
  `SamplerConformance` or `AdapterConformance`, name the class `Test...`, and define `make(self)`.
  Each check is a test of its own.
- **For something installed**: `check_component(spec)` checks what the entry point declares, then
  the object that its default options build.

A check that does not apply is skipped with a reason. `report.number_run` counts those that ran, and
a report with none is not ok. A known failure is declared by name and reason,
`expected_failures={"name_of_check": "why"}`; if the check then passes, *that* is a failure. Each
check runs with freshly seeded generators. Distances are looked at in float32 and float64, near the
origin, at unit scale and far out.
"""

SECTIONS = {
    "Geometries": ("GEOMETRY_CHECKS",),
    "Embedders": ("EMBEDDER_CHECKS",),
    "Trainers": ("TRAINER_CHECKS",),
    "Samplers": ("SAMPLER_CHECKS",),
    "Adapters": ("ADAPTER_CHECKS",),
    "Installed components": ("COMPONENT_CHECKS",),
    "Methods": ("METHOD_CHECKS",),
}
"""Heading -> the tuples of checks below it."""


def cli() -> str:
    """Write the help of every built-in verb."""
    app.plugin_verbs = list  # whatever plugins are installed here
    context = click.Context(
        app.main, info_name="geoframe", terminal_width=100, **app.main.context_settings
    )
    sections = [CLI, "## geoframe\n", _block(app.main.get_help(context))]
    for verb in app.VERBS:
        command = app.main.get_command(context, verb)
        assert command is not None
        with click.Context(command, info_name=verb, parent=context, terminal_width=100) as inner:
            sections += [f"## geoframe {verb}\n", _block(command.get_help(inner))]
    return "\n".join(sections)


def conformance() -> str:
    """Write a table of the checks of every kind."""
    sections = [CONFORMANCE]
    for heading, groups in SECTIONS.items():
        sections.append(f"## {heading}\n")
        for group in groups:
            rows = "\n".join(_rows(getattr(testing, group)))
            sections.append(
                f"`geoframe.testing.{group}`\n\n| check | what holds |\n|---|---|\n{rows}\n"
            )
    return "\n".join(sections)


PAGES: dict[str, Callable[[], str]] = {"cli.md": cli, "conformance.md": conformance}


def _block(text: str) -> str:
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return f"```text\n{lines}\n```\n"


def _rows(checks: tuple[Callable[..., None], ...]) -> Iterator[str]:
    for check in checks:
        said = (check.__doc__ or "").partition("\n\n")[0]
        said = " ".join(said.split()).replace("``", "`").replace("|", r"\|")
        yield f"| `{check.__name__}` | {said} |"


def main(arguments: list[str]) -> int:
    """Write the pages, or compare them; return the exit code."""
    stale = 0
    for name, page in PAGES.items():
        path, text = REFERENCE / name, page()
        if arguments == ["--check"]:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                print(f"{path} is out of date; run: python docs/generate.py")
                stale = 1
        else:
            path.write_text(text, encoding="utf-8")
    return stale


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
