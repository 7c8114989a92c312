"""Really installed plugins for tests: metadata and modules in a temporary folder on the path."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import attrs
import pytest

from geoframe.testing.seeding import same_random_numbers

__all__ = ["same_random_numbers"]

TOY = Path(__file__).parent / "toy"


@attrs.frozen
class Site:
    """A folder like ``site-packages``, and subprocesses that see it."""

    path: Path
    environment: dict[str, str]

    def install(
        self,
        distribution: str,
        entry_points: Mapping[str, Mapping[str, str]],
        *,
        modules: Mapping[str, str] | None = None,
        requires: tuple[str, ...] = (),
        version: str = "1.0",
    ) -> Path:
        """Install a distribution as pip would lay it out; return its metadata folder."""
        info = self.path / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir(parents=True)
        lines = [f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}"]
        lines += [f"Requires-Dist: {requirement}" for requirement in requires]
        (info / "METADATA").write_text("\n".join(lines) + "\n")
        groups = [
            f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in points.items())
            for group, points in entry_points.items()
        ]
        (info / "entry_points.txt").write_text("\n".join(groups))
        for name, source in (modules or {}).items():
            (self.path / f"{name}.py").write_text(source)
        return info

    def install_toy(self) -> None:
        """Install the toy method of ``tests/toy``."""
        self.install("geoframe-toy", {"geoframe.methods": {"toy": "geoframe_toy.method:Toy"}})

    def run(
        self, *arguments: str, cwd: Path | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run ``geoframe`` in a subprocess that sees this folder."""
        return self.python("-m", "geoframe_cli", *arguments, cwd=cwd, **environment)

    def python(
        self, *arguments: str, cwd: Path | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run Python in a subprocess that sees this folder."""
        return subprocess.run(
            [sys.executable, *arguments],
            capture_output=True,
            text=True,
            timeout=300,
            cwd=cwd or self.path.parent,
            env={**self.environment, **environment},
        )


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Return an empty folder of installed distributions, seen by the subprocesses it starts."""
    return _new_site(tmp_path)


def _new_site(parent: Path) -> Site:
    path = parent / "site"
    path.mkdir()
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("GEOFRAME_")}
    inherited.pop("RANK", None)
    return Site(
        path,
        {
            **inherited,
            "PYTHONPATH": os.pathsep.join([str(path), str(TOY)]),
            "PYTHONWARNINGS": "default",
            "OMP_NUM_THREADS": "1",
        },
    )


@pytest.fixture
def forget_digests() -> Callable[[Path], None]:
    """Return a function that makes a run one of a version without digests: it can be edited."""

    def forget(run: Path) -> None:
        path = run / "manifest.json"
        manifest = json.loads(path.read_text())
        new = ("sha256", "id", "files", "kept")
        path.write_text(json.dumps({k: v for k, v in manifest.items() if k not in new}))

    return forget


@pytest.fixture
def local_site(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Return a site that this process sees too, with the toy method in it."""
    site.install_toy()
    monkeypatch.syspath_prepend(str(TOY))
    monkeypatch.syspath_prepend(str(site.path))
    return site


@pytest.fixture(scope="session")
def _finished_toy_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finished")
    site = _new_site(folder)
    site.install_toy()
    options = ["--set", "slope=3.0", "--set", "trainer.steps=300"]
    done = site.run("run", "toy", *options, "--run-dir", "done", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / "done"


@pytest.fixture
def finished_run(_finished_toy_run: Path, local_site: Site, tmp_path: Path) -> Path:
    """Return the directory ``done`` of a finished run of the toy method, to read or to damage."""
    return Path(shutil.copytree(_finished_toy_run, tmp_path / "done"))
