"""Write the reference pages that say what the code says: ``python docs/generate.py``.

``reference/cli.md`` comes from the help texts, ``reference/conformance.md`` from the docstrings of
the checks. With ``--check`` nothing is written, and the exit code is 1 if a page is out of date.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from geoframe import testing
from geoframe.components import ComponentSpec
from geoframe_cli import app
from geoframe_registry import checks
from geoframe_registry.configs import method_class
from geoframe_registry.discovery import components
from geoframe_registry.options import describe_options

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
  `check_adapter`, `check_dataset` take an object, or better what builds one
  (`lambda: Mine(dim=3)`), and return a report. Print it for a line per check:
  status, seconds, reason.
- **In pytest**: inherit from `GeometryConformance`, `EmbedderConformance`, `TrainerConformance`,
  `SamplerConformance` or `AdapterConformance`, name the class `Test...`, and define `make(self)`.
  Each check is a test of its own.
- **For something installed**: `check_component(spec)` checks what the entry point declares, then
  the object that its default options build.
- **In the shell**: `geoframe check NAME` does the same for a component or a whole plugin, and
  `geoframe check --wheel FILE` for a wheel that is not installed. It says how many checks ran.
  What crashes, hangs or fills the memory has failed, and the rest is checked.

A check that does not apply is skipped with a reason. `report.number_run` counts those that ran, and
a report with none is not ok. A known failure is declared by name and reason,
`expected_failures={"name_of_check": "why"}`, as an argument, or as an attribute of the component's
class, where `geoframe check` finds it; if the check then passes, *that* is a failure. Each check
runs with freshly seeded generators. Distances are looked at in float32 and float64, near the
origin, at unit scale and far out.
"""

CHECKS_OF_PLUGINS = {"PLUGIN_CHECKS": checks.PLUGIN_CHECKS, "ENTRY_CHECKS": checks.ENTRY_CHECKS}
"""Names in ``geoframe_registry.checks`` -> checks."""

SECTIONS = {
    "Geometries": ("GEOMETRY_CHECKS",),
    "Embedders": ("EMBEDDER_CHECKS",),
    "Trainers": ("TRAINER_CHECKS",),
    "Samplers": ("SAMPLER_CHECKS",),
    "Adapters": ("ADAPTER_CHECKS",),
    "Data sets": ("DATASET_CHECKS",),
    "Installed components": ("FIRST_CHECKS", "COMPONENT_CHECKS"),
    "Methods": ("METHOD_CHECKS",),
}
"""Heading -> the tuples of checks below it."""


def cli() -> str:
    """Write the help of every built-in verb."""
    app.plugin_verbs = dict  # whatever plugins are installed here
    context = click.Context(
        app.main, info_name="geoframe", terminal_width=100, **app.main.context_settings
    )
    sections = [CLI, "## geoframe\n", _block(app.main.get_help(context))]
    for verb in app.VERBS:
        command = app.main.get_command(context, verb)
        assert command is not None
        sections += _helps(command, verb, context)
    return "\n".join(sections)


def _helps(command: click.Command, name: str, parent: click.Context) -> Iterator[str]:
    """Yield the heading and the help of a command, then of those below it."""
    with click.Context(command, info_name=name, parent=parent, terminal_width=100) as context:
        yield f"## {context.command_path}\n"
        yield _block(command.get_help(context))
        if isinstance(command, click.Group):
            for inner in command.list_commands(context):
                found = command.get_command(context, inner)
                assert found is not None
                yield from _helps(found, inner, context)


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
    sections.append("## Plugins\n")
    for name, group in CHECKS_OF_PLUGINS.items():
        rows = "\n".join(_rows(group))
        sections.append(
            f"`geoframe_registry.checks.{name}`\n\n| check | what holds |\n|---|---|\n{rows}\n"
        )
    return "\n".join(sections)


def options() -> str:
    """Write a table of the options of every component of this repository that is installed."""
    found = [spec for spec in components() if spec.distribution.startswith("geoframe-")]
    parts = []
    for spec in sorted(found, key=lambda spec: (spec.distribution, spec.kind, spec.name)):
        heading = (
            f"\n## {spec.kind} `{spec.name}`\n\n{_plain(spec.summary)} (`{spec.distribution}`)\n"
        )
        rows = [_option_row(option) for option in describe_options(_options_class(spec))]
        table = "| option | type | default | range | unit | meaning |\n|---|---|---|---|---|---|\n"
        parts.append(
            heading + ("\n" + table + "\n".join(rows) + "\n" if rows else "\nNo options.\n")
        )
    return "".join(parts)


def _options_class(spec: ComponentSpec) -> type:
    return method_class(spec).Config if spec.kind == "method" else spec.options


def _option_row(option: dict[str, Any]) -> str:
    default = option["default"]
    shown = "" if default is None else f"`{default}`"
    cells = [f"`{option['key']}`", option["type"], shown, option["range"], option["unit"]]
    cells.append(option["help"])
    return "| " + " | ".join(_plain(str(cell)) for cell in cells) + " |"


def _plain(text: str) -> str:
    """Keep Markdown from reading something into a text."""
    text = text.replace("|", r"\|")
    return text if text.startswith("`") else text.replace("<", "&lt;").replace("*", r"\*")


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
