"""The reference pages name everything there is."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys

import attrs
import pytest

import geoframe
from geoframe import hooks, testing
from geoframe.components import KINDS, ComponentSpec
from geoframe.run.directory import OWN_FILES, Run
from geoframe_cli.app import VERBS
from geoframe_registry import checks, discovery
from geoframe_registry import hooks as hook_plugins

SPECIFICATIONS = {
    name: function
    for name, function in inspect.getmembers(hooks, inspect.isfunction)
    if name.startswith("geoframe_")
}
CHECKS = {
    name: [check.__name__ for check in getattr(testing, name)]
    for name in testing.__all__
    if name.endswith("_CHECKS")
}


def test_cli_page_is_what_help_says(docs):
    done = subprocess.run(
        [sys.executable, str(docs / "generate.py"), "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}\nrun: python docs/generate.py"


def test_every_verb_has_a_section(pages):
    for verb in VERBS:
        assert f"\n## geoframe {verb}\n" in pages["reference/cli.md"], verb


@pytest.mark.parametrize("name", SPECIFICATIONS)
def test_every_hook_is_documented_with_its_arguments(name, pages):
    arguments = ", ".join(inspect.signature(SPECIFICATIONS[name]).parameters)
    assert f"`{name}({arguments})`" in pages["reference/hooks.md"]


def test_no_other_hook_is_documented(pages):
    documented = set(re.findall(r"`(geoframe_\w+)\(", pages["reference/hooks.md"]))
    assert documented == SPECIFICATIONS.keys()


CHECKS_OF_PLUGINS = {
    name: [check.__name__ for check in getattr(checks, name)]
    for name in ("PLUGIN_CHECKS", "ENTRY_CHECKS")
}


@pytest.mark.parametrize("group", CHECKS_OF_PLUGINS)
def test_every_check_of_plugins_is_documented(group, pages):
    section = pages["reference/conformance.md"].partition("\n## Plugins\n")[2]
    table = section.partition(f"`geoframe_registry.checks.{group}`")[2].partition("\n`")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.M) == CHECKS_OF_PLUGINS[group]


@pytest.mark.parametrize("group", CHECKS)
def test_every_check_is_documented(group, pages):
    sections = re.split(r"^## ", pages["reference/conformance.md"], flags=re.M)
    (section,) = (text for text in sections if f"`geoframe.testing.{group}`" in text)
    table = section.partition(f"`geoframe.testing.{group}`")[2].partition("\n`")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.M) == CHECKS[group]


def test_every_error_and_exit_code_is_documented(pages):
    page = pages["reference/exit-codes.md"]
    for name in ("ConfigError", "DataError", "PluginError", "RunError"):
        assert f"`{name}`" in page
        assert getattr(geoframe, name).exit_code == 2
    from geoframe_cli import failures

    table = failures.__doc__.split("=\n")[2]
    codes = re.findall(r"^(\d+)\s", table, re.M)
    assert codes
    assert re.findall(r"^\| (\d+) \|", page, re.M) == codes


def test_every_entry_point_group_is_documented(pages):
    page = pages["reference/components-and-entry-points.md"]
    for group in discovery.LABELS:
        assert f"`{group}`" in page, group
    for kind in KINDS:
        assert f"| `{kind}` |" in page, kind
    for field in attrs.fields(ComponentSpec):
        assert f"| `{field.name}` |" in page, field.name
    for name in (hook_plugins.STRICT, hook_plugins.DISABLED, "GEOFRAME_DEBUG", "GEOFRAME_DATA"):
        assert f"| `{name}` |" in page, name
    for name, distribution in discovery.KNOWN.items():
        assert f"`{name}`" in page, name
        assert f"`{distribution}`" in page, distribution


def test_every_parameter_of_an_option_is_documented(pages):
    for name in inspect.signature(geoframe.option).parameters:
        assert f"`{name}`" in pages["reference/configuration.md"], name


def test_every_file_of_a_run_is_documented(pages):
    for name in OWN_FILES:
        assert f"| `{name}" in pages["reference/run-directory.md"], name


def test_every_public_name_is_documented(pages):
    page = pages["reference/python-api.md"]
    for name in geoframe.__all__:
        assert re.search(rf"`(geoframe\.)?{name}\b", page), name
    public = [name for name in vars(Run) if not name.startswith("_")]
    for name in public:
        if inspect.isfunction(getattr(Run, name)) or isinstance(getattr(Run, name), property):
            assert f"`{name}" in page, f"Run.{name}"
