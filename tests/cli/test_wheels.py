"""What ``make dist`` builds can be installed elsewhere, and the quick start works there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLUGINS = sorted(path.parent for path in (ROOT / "plugins").glob("*/pyproject.toml"))
LIBRARIES = {"geoframe-data", "geoframe-embedding"}
"""Distributions of plugins/ that plugins are made of: they bring no component, hook or verb."""

pytestmark = pytest.mark.slow

QUICK_START = """
import contextlib, io, json
import geoframe, geoframe_cli, geoframe_registry
from geoframe_cli import main

def call(*arguments):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        try:
            main(list(arguments), prog_name="geoframe")
        except SystemExit as error:
            assert not error.code, arguments
    return out.getvalue()

call("run", "nst", "--set", "data.path=edges.csv", "--set", "trainer.steps=20", "--run-dir", "run")
spacetime = geoframe.open_run("run").load()
call("report", "run", "-o", "comparison.html")
call("new", "plugin", "mine")
print(json.dumps({
    "bread is later": bool(spacetime.precedes("flour", "bread")["precedes"].item()),
    "runs": json.loads(call("runs", "run", "--json")),
    "plugins": json.loads(call("plugins", "--json")),
    "files": [each.__file__ for each in (geoframe, geoframe_cli, geoframe_registry)],
}))
"""


@pytest.fixture(scope="module")
def wheelhouse(tmp_path_factory):
    """Build a wheel of the core and of every plugin, as ``make dist`` does."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet"]
    build += ["--no-deps", "--no-build-isolation", "--no-index", "-w", str(folder)]
    subprocess.run([*build, str(ROOT), *map(str, PLUGINS)], check=True, cwd=folder)
    return folder


def test_every_distribution_has_a_wheel(wheelhouse):
    names = {path.name.partition("-")[0] for path in wheelhouse.glob("*.whl")}
    expected = {path.name.replace("-", "_") for path in PLUGINS}
    assert names == {"geoframe_core", *expected}


def test_a_wheel_holds_the_package_and_nothing_else(wheelhouse):
    for wheel in wheelhouse.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            names = archive.namelist()
        tops = {name.partition("/")[0] for name in names} - {
            name.partition("/")[0] for name in names if ".dist-info/" in name
        }
        own = wheel.name.partition("-")[0]
        core = {"geoframe", "geoframe_registry", "geoframe_cli"}
        assert tops == (core if own == "geoframe_core" else {own})
        assert {f"{top}/py.typed" for top in tops} <= set(names), wheel.name


def test_the_quick_start_works_from_the_wheels(wheelhouse, tmp_path):
    venv.create(tmp_path / "venv")
    [site] = (tmp_path / "venv").glob("lib/python*/site-packages")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", "venv"]
    wheels = map(str, wheelhouse.glob("*.whl"))
    install = [*pip, "install", "--quiet", "--no-deps", "--no-index", *wheels]
    subprocess.run(install, check=True, cwd=tmp_path)
    # The libraries of this environment, without its editable packages, which need its .pth files.
    borrowed = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    (site / "borrowed.pth").write_text("".join(f"{path}\n" for path in borrowed))
    (tmp_path / "edges.csv").write_text(
        "source,target,weight\nflour,dough,1\nwater,dough,1\ndough,bread,3\noven,bread,2\n"
    )
    done = subprocess.run(
        [str(tmp_path / "venv" / "bin" / "python"), "-c", QUICK_START],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        env={"PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1", "HOME": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["bread is later"]
    assert [run["state"] for run in found["runs"]] == ["finished"]
    assert {each["plugin"]: each["state"] for each in found["plugins"]} == {
        "geoframe-core": "ok",
        **{path.name: "ok" for path in PLUGINS if path.name not in LIBRARIES},
    }
    assert all(str(site) in file for file in found["files"])
    assert (tmp_path / "geoframe-mine" / "pyproject.toml").exists()
    assert "<svg" not in (tmp_path / "comparison.html").read_text()  # images, no inline SVG
    script = (tmp_path / "venv" / "bin" / "geoframe").read_text()
    assert "from geoframe_cli.__main__ import command" in script
