"""The repository keeps the shape that its guides describe."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOP_LEVEL = {
    *("core", "registry", "cli", "plugins", "tests", "docs"),
    *("pyproject.toml", "README.md", "LICENSE", "Makefile"),
    *("constraints.txt", "requirements-dev.txt"),
}


def tracked() -> list[str]:
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip("not a git checkout")
    return done.stdout.splitlines()


def plugins() -> list[Path]:
    return sorted((ROOT / "plugins").glob("*/pyproject.toml"))


def test_the_top_level_is_what_it_should_be():
    assert {path.split("/")[0] for path in tracked() if not path.startswith(".")} == TOP_LEVEL


def test_the_development_environment_has_every_plugin():
    text = (ROOT / "requirements-dev.txt").read_text()
    listed = re.findall(r"^-e \./plugins/([\w-]+)", text, flags=re.MULTILINE)
    assert sorted(listed) == [path.parent.name for path in plugins()]


@pytest.mark.parametrize("path", plugins(), ids=lambda path: path.parent.name)
def test_a_plugin_depends_on_the_core_within_its_series(path):
    project = tomllib.loads(path.read_text())["project"]
    assert project["name"] == path.parent.name
    assert "geoframe-core>=0.1,<0.2" in project["dependencies"]
    assert project["license"] == "Apache-2.0"
    assert len((path.parent / "README.md").read_text().splitlines()) > 20


def test_versions_agree():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    source = (ROOT / "core/geoframe/__init__.py").read_text()
    assert f'__version__ = "{version}"' in source
