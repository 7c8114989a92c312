"""A stranger's geometry, from a wheel in an environment of its own, in methods written before it.

The plugin is the one that the tutorial ends with.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import attrs
import pytest

ROOT = Path(__file__).parents[2]
PLUGIN = ROOT / "docs" / "tutorial" / "geoframe-taxicab"

TREE = "a,b,1\nb,c,2\na,d,2\nd,e,1\n"
"""A tree: a directed acyclic graph and a metric space too."""

RUNS = {
    "nst": {"geometry": {"name": "taxicab", "dim": 3}},
    "snowflake": {"geometry": {"name": "taxicab", "dim": 3, "learnable": True}, "compare": []},
    "snowflake-compare": {"compare": [{"name": "taxicab", "dim": 3}]},
    "hnn": {"compare": [{"name": "taxicab", "dim": 3}]},
}
"""Run -> config, besides data and trainer; the method is the name up to the hyphen."""

SCRIPT = """
import json, sys
import geoframe

for name, config in json.loads(sys.argv[1]).items():
    config["data"] = {"path": "tree.csv" if name == "hnn" else "edges.csv"}
    config["trainer"] = {"steps": 3, "device": "cpu"}
    geoframe.run_method(name.partition("-")[0], config, path=name).load()
print(geoframe.build("geometry", "taxicab", dim=2).__class__.__module__)
"""


@attrs.frozen
class Environment:
    """A virtual environment in a folder."""

    folder: Path

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run its Python in the folder."""
        return subprocess.run(
            [str(self.folder / "venv" / "bin" / "python"), *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=300,
            env={
                "PATH": os.environ["PATH"],
                "OMP_NUM_THREADS": "1",
                "GEOFRAME_DISABLE_PLUGINS": "all",  # no reports, which take longer than these runs
            },
        )


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Install the plugin's wheel in a new environment that borrows everything else."""
    folder = tmp_path_factory.mktemp("stranger")
    venv.create(folder / "venv")
    made = Environment(folder)
    [site] = (folder / "venv").glob("lib/python*/site-packages")
    borrowed = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    lines = [f"import site; site.addsitedir({path!r})\n" for path in dict.fromkeys(borrowed)]
    (site / "borrowed.pth").write_text("".join(lines))
    source = shutil.copytree(PLUGIN, folder / "source")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    build = [*pip, "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", "dist"]
    subprocess.run([*build, str(source)], cwd=folder, check=True)
    [wheel] = (folder / "dist").glob("*.whl")
    install = [*pip, "--python", "venv", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*install, str(wheel)], cwd=folder, check=True)
    (folder / "tree.csv").write_text(TREE)
    (folder / "edges.csv").write_text("source,target,weight\n" + TREE)
    return made


def test_it_works_by_name_wherever_a_geometry_does(environment):
    done = environment("-c", SCRIPT, json.dumps(RUNS))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "geoframe_taxicab.geometry"
    for name in RUNS:
        manifest = json.loads((environment.folder / name / "manifest.json").read_text())
        used = {(each["name"], each["distribution"]) for each in manifest["components"]}
        assert ("taxicab", "geoframe-taxicab") in used, name
        assert manifest["versions"]["geoframe-taxicab"] == "0.1.0"
        assert (environment.folder / name / "results.json").exists()


def test_it_came_from_the_wheel(environment):
    code = "import geoframe_taxicab; print(geoframe_taxicab.__file__)"
    assert str(environment.folder / "venv") in environment("-c", code).stdout


def test_its_options_are_checked_like_any_others(environment):
    run = ("-m", "geoframe_cli", "run", "nst", "--set", "geometry.name=taxicab")
    done = environment(*run, "--set", "geometry.learnabel=true")
    assert done.returncode == 2
    assert "geometry.learnabel: unknown key; did you mean 'learnable'?" in done.stderr


def test_it_conforms_as_installed_and_as_a_wheel(environment):
    [wheel] = (environment.folder / "dist").glob("*.whl")
    for subject in (["geoframe-taxicab"], ["--wheel", str(wheel)]):
        done = environment("-m", "geoframe_cli", "check", *subject, "--json")
        assert done.returncode == 0, done.stdout
        content = json.loads(done.stdout)
        assert [each["kind"] for each in content["reports"]] == ["plugin", "geometry"]
        assert content["checks_run"] > 25


def test_it_is_uninstalled_and_installed_by_verbs(environment):
    def names():
        rows = json.loads(environment("-m", "geoframe_cli", "list", "--json").stdout)
        return {row["name"] for row in rows}

    assert environment("-m", "geoframe_cli", "uninstall", "taxicab").returncode == 0
    assert "taxicab" not in names()
    offline = ["--", "--no-deps", "--no-index", "--no-build-isolation"]
    done = environment("-m", "geoframe_cli", "install", "./source", *offline)
    assert done.returncode == 0, done.stderr
    assert "taxicab" in names()
    strange = ("-m", "geoframe_cli", "install", "no-such-plugin-xyz")
    refused = environment(*strange, "--", "--no-index")
    assert refused.returncode == 2
    assert "add --yes" in refused.stderr
    assert environment(*strange, "--yes", "--", "--no-index").returncode == 1
