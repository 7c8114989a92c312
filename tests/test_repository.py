"""The repository keeps the shape that its guides describe."""

import re
import subprocess
import tomllib
from pathlib import Path

import grimp
import networkx
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
    assert "geoframe-core>=0.2,<0.3" in project["dependencies"]
    assert project["license"] == "Apache-2.0"
    assert len((path.parent / "README.md").read_text().splitlines()) > 20


def test_versions_agree():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    source = (ROOT / "core/geoframe/__init__.py").read_text()
    assert f'__version__ = "{version}"' in source


def packages() -> list[str]:
    return [path.parent.name.replace("-", "_") for path in plugins()]


def test_the_import_contracts_hold_every_plugin():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    assert set(packages()) < set(contracts["root_packages"])
    layered, forbidden = contracts["contracts"][2:4]
    assert set(packages()) < set(re.findall(r"\w+", " ".join(layered["layers"])))
    assert set(packages()) == set(forbidden["source_modules"])


def test_no_file_imports_itself_through_others():
    roots = ["geoframe", "geoframe_registry", "geoframe_cli", *packages()]
    graph = grimp.build_graph(*roots, exclude_type_checking_imports=True, cache_dir=None)
    arrows = networkx.DiGraph(
        (name, target)
        for name in graph.modules
        for target in graph.find_modules_directly_imported_by(name)
    )
    circles = [sorted(c) for c in networkx.strongly_connected_components(arrows) if len(c) > 1]
    assert circles == []


@pytest.mark.parametrize("path", plugins(), ids=lambda path: path.parent.name)
def test_a_plugin_declares_the_plugins_that_it_imports(path):
    declared = " ".join(tomllib.loads(path.read_text())["project"]["dependencies"])
    for source in (path.parent / "src").rglob("*.py"):
        for name in re.findall(r"^\s*(?:from|import) (geoframe_\w+)", source.read_text(), re.M):
            other = name.replace("_", "-")
            assert other in (path.parent.name, *re.findall(r"geoframe-\w+", declared)), source


def test_no_source_file_is_long():
    sources = [
        *ROOT.glob("core/**/*.py"),
        *ROOT.glob("registry/**/*.py"),
        *ROOT.glob("cli/**/*.py"),
    ]
    sources += ROOT.glob("plugins/*/src/**/*.py")
    assert [str(p) for p in sources if len(p.read_text().splitlines()) > 300] == []
