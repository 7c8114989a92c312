"""``geoframe new plugin``: what it writes installs and passes its own tests untouched."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from geoframe_cli import main
from geoframe_cli.scaffold import TEMPLATES, core_range, plugin_files

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Return a folder with a plugin of each kind, and ``site``, where they are installed."""
    folder = tmp_path_factory.mktemp("plugins")
    for kind in TEMPLATES:
        output = str(folder / f"geoframe-my-{kind}")
        done = CliRunner().invoke(
            main, ["new", "plugin", f"my-{kind}", "--kind", kind, "-o", output]
        )
        assert done.exit_code == 0, done.output
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    install += ["--no-build-isolation", "--target", "site"]
    install += [f"./geoframe-my-{kind}" for kind in TEMPLATES]
    subprocess.run(install, cwd=folder, check=True)
    return folder


def call(site, folder, *arguments):
    """Run Python with the plugins installed."""
    path = f"{folder / 'site'}:{site.environment['PYTHONPATH']}"
    return site.python(*arguments, cwd=folder, PYTHONPATH=path, PYTHONWARNINGS="error")


def test_the_tests_of_a_new_plugin_pass(site, written):
    tests = [str(written / f"geoframe-my-{kind}" / "tests") for kind in TEMPLATES]
    options = ["-q", "--import-mode=importlib", "-p", "no:cacheprovider"]
    done = call(site, written, "-m", "pytest", *options, *tests)
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


def test_a_new_plugin_is_found_by_name(site, written):
    rows = json.loads(call(site, written, "-m", "geoframe_cli", "list", "--json").stdout)
    found = {(row["kind"], row["name"]): row["summary"] for row in rows}
    for kind in TEMPLATES:
        assert found[kind, f"my-{kind}"], kind


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=lambda words: words[0])
def test_a_new_plugin_is_tidy(written, command):
    folders = [f"geoframe-my-{kind}" for kind in TEMPLATES]
    ruff = [sys.executable, "-m", "ruff", *command, "--no-cache", *folders]
    done = subprocess.run(ruff, cwd=written, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_a_new_plugin_is_typed(site, written):
    folders = [f"geoframe-my-{kind}/{part}" for kind in TEMPLATES for part in ("src", "tests")]
    cache = ["--cache-dir", str(ROOT / ".mypy_cache" / "new")]
    done = call(site, written, "-m", "mypy", "--strict", *cache, *folders)
    assert done.returncode == 0, done.stdout


def test_a_new_geometry_is_short(written):
    source = written / "geoframe-my-geometry" / "src" / "geoframe_my_geometry"
    code = [(source / name).read_text() for name in ("config.py", "geometry.py")]
    assert sum(len(text.splitlines()) for text in code) <= 40


def test_the_prefix_of_the_name_may_be_given():
    short, long = (
        plugin_files(name, "geometry", core_version="0.1.0")
        for name in ("closed-form", "geoframe-closed-form")
    )
    assert short == long
    project = tomllib.loads(short["pyproject.toml"])["project"]
    assert project["name"] == "geoframe-closed-form"
    assert project["entry-points"]["geoframe.geometries"] == {
        "closed-form": "geoframe_closed_form.config:ClosedFormConfig"
    }


NAMED_LIKE_THE_TEMPLATES = [
    ("geometry", "none"),
    ("geometry", "tensor"),
    ("embedder", "embedder"),
    ("sampler", "self"),
    ("trainer", "bowl"),
    ("adapter", "shifted"),
    ("method", "data"),
]


@pytest.mark.parametrize(("kind", "name"), NAMED_LIKE_THE_TEMPLATES)
def test_its_class_has_a_name_of_its_own(kind, name):
    for path, text in plugin_files(name, kind, core_version="0.1.0").items():
        if path.endswith(".py"):
            nodes = list(ast.walk(ast.parse(text)))
            defined = [each.name for each in nodes if isinstance(each, ast.ClassDef)]
            imported = [each.name for each in nodes if isinstance(each, ast.alias)]
            assert len({*defined, *imported}) == len(defined) + len(set(imported)), path


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Taxi_Cab", "such as 'taxi-cab'"),
        ("3d-city", "such as 'd-city'"),
        ("../evil", "such as 'evil'"),
        ("42", "such as 'closed-form'"),
        ("euclidean", "geometry 'euclidean' is there already, in geoframe-spaces"),
        ("nst", "geoframe-nst is another plugin"),
        ("dreamup3d", "geoframe-dreamup3d is another plugin"),
        ("core", "geoframe-core is another plugin"),
        ("cli", "geoframe-cli is another plugin"),
    ],
)
def test_a_name_that_will_not_do(tmp_path, monkeypatch, name, message):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["new", "plugin", name])
    assert done.exit_code == 2
    assert message in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("version", "expected"),
    [("0.1.0", ">=0.1,<0.2"), ("0.12.3rc1", ">=0.12,<0.13"), ("2.3.4", ">=2.3,<3")],
)
def test_a_plugin_requires_the_series_it_is_written_for(version, expected):
    assert core_range(version) == expected
