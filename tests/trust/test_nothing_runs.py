"""No code runs that the user has not installed: not from a folder, a repository or a pickle."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from geoframe.run.manifest import describe_environment

SHADOWS = ("pickle", "json", "pip", "subprocess", "click", "attrs", "attr", "torch", "geoframe")


@pytest.fixture
def trapped(tmp_path: Path) -> Path:
    """Return a folder whose modules, if imported, leave a file ``ran-<name>`` in it."""
    folder = tmp_path / "trapped"
    folder.mkdir()
    for name in SHADOWS:
        marker = folder / f"ran-{name}"
        (folder / f"{name}.py").write_text(f"open({str(marker)!r}, 'w')\nraise SystemExit(9)\n")
    return folder


def ran(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("ran-*"))


@pytest.mark.parametrize("verb", [("plugins", "--check"), ("doctor", "--json")])
def test_modules_of_the_current_folder_are_not_imported(site, trapped, verb):
    done = site.python("-P", "-m", "geoframe_cli", *verb, cwd=trapped)
    assert done.returncode in (0, 1), done.stderr
    assert ran(trapped) == []


def test_pip_is_not_a_file_of_the_current_folder(trapped):
    code = "from geoframe_cli.pip import call_pip; call_pip('--version')"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], cwd=trapped, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("pip ")
    assert ran(trapped) == []


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.invalid")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository with one committed file, made the current folder."""
    folder = tmp_path / "repository"
    folder.mkdir()
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    git(folder, "init", "--quiet")
    (folder / "kept.txt").write_text("one\n")
    git(folder, "add", "kept.txt")
    git(folder, "commit", "--quiet", "-m", "one")
    monkeypatch.chdir(folder)
    return folder


def script(folder: Path, name: str) -> Path:
    path = folder / ".git" / name
    path.write_text(f"#!/bin/sh\ntouch {folder}/ran-{path.name}\ncat\n")
    path.chmod(0o755)
    return path


def test_a_repository_runs_no_monitor_hook_or_filter(repository):
    git(repository, "config", "core.fsmonitor", str(script(repository, "monitor")))
    script(repository, "hooks/post-index-change")
    git(repository, "config", "filter.trap.clean", str(script(repository, "clean")))
    (repository / ".git" / "info" / "attributes").write_text("*.txt filter=trap\n")
    os.utime(repository / "kept.txt", (1, 1))  # git has to look into the file again
    state = describe_environment([], 0)["git"]
    assert len(state["commit"]) == 40
    assert state["changed"] is None
    assert ran(repository) == []


def test_the_state_of_a_plain_repository_is_known(repository):
    assert describe_environment([], 0)["git"]["changed"] is False
    (repository / "kept.txt").write_text("two\n")
    assert describe_environment([], 0)["git"]["changed"] is True


def test_no_repository_is_nothing_to_remember(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert describe_environment([], 0)["git"] is None


@pytest.mark.parametrize(
    "answer", ["b'\\x80\\x04K\\x01.'", "b'[[1, 2]]\\n'", "b'[' * 100_000 + b'\\n'", "b'\\xff\\n'"]
)
def test_a_plugin_cannot_answer_for_others_or_send_code(local_site, answer):
    from geoframe_registry.plugins import plugin_reports

    local_site.install(
        "geoframe-aardvark",
        {"geoframe.geometries": {"aardvark": "aardvark_module:Aardvark"}},
        modules={
            "aardvark_module": "import os\nfor descriptor in range(3, 20):\n"
            f"    try: os.write(descriptor, {answer})\n"
            "    except OSError: pass\nclass Aardvark: pass\n"
        },
    )
    states = {each.distribution: each.state for each in plugin_reports()}
    assert states["geoframe-aardvark"] == "broken"
    assert states["geoframe-toy"] == "ok"
