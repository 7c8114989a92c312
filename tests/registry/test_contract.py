"""Plugins that were written for this series go on working.

``frozen`` holds a plugin as pip would lay it out: every kind of entry point, each hook, and the
calls that the guides teach. It is never changed. What breaks it needs a new series of the core,
and then a new frozen plugin beside it.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import warnings
from pathlib import Path

import pytest
from click.testing import CliRunner

from geoframe import api, hooks
from geoframe_cli import main
from geoframe_registry import hooks as hook_plugins

FROZEN = Path(__file__).parent / "frozen"
DIGEST = "f433c793517d14a8ff8bf429cd9f9b4559f6b767de1241260c102d835f2683b6"


@pytest.fixture
def frozen(local_site):
    for folder in FROZEN.iterdir():
        shutil.copytree(folder, local_site.path / folder.name, dirs_exist_ok=True)
    yield
    for name in [name for name in sys.modules if name.startswith("geoframe_frozen")]:
        del sys.modules[name]


def geoframe(*arguments):
    result = CliRunner().invoke(main, [str(each) for each in arguments], prog_name="geoframe")
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_frozen_plugin_is_not_changed():
    digest = hashlib.sha256()
    for path in sorted(FROZEN.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(f"{path.relative_to(FROZEN).as_posix()}\n".encode())
            digest.update(path.read_bytes())
    assert digest.hexdigest() == DIGEST


def test_the_frozen_plugin_conforms(frozen):
    content = json.loads(geoframe("check", "geoframe-frozen", "--json"))
    assert {each["kind"] for each in content["reports"]} == {
        *("plugin", "geometry", "method", "hooks", "verb")
    }
    assert content["checks_run"] > 60


def test_the_frozen_method_runs_with_its_hooks(frozen, tmp_path, caplog):
    geoframe("run", "frozen", "--set", "data.target=0.5", "--run-dir", tmp_path / "run")
    run = api.open_run(tmp_path / "run")
    assert run.results["metrics"]["gap"] < 0.1
    assert run.load().shape == (1, 1)
    from geoframe_frozen import hooks as seen

    assert seen.seen == ["started frozen", "measured ['loss']", "finished after 30"]
    assert caplog.records == []
    (tmp_path / "data.csv").touch()
    points = tmp_path / "points.csv"
    geoframe("embed", tmp_path / "run", "--data", tmp_path / "data.csv", "-o", points)
    assert points.exists()
    assert geoframe("thaw", "--degrees", "3") == "warmer by 3\n"
    shown = json.loads(geoframe("info", "frozen-by-class", "--json"))
    assert [option["key"] for option in shown["options"]] == ["dim", "scale"]


def test_a_hook_may_get_new_arguments(monkeypatch):
    @hooks.hookspec
    def geoframe_run_failed(run, error, invented):
        """As today, with one argument more."""

    class Plugin:
        called = False

        @hooks.hookimpl
        def geoframe_run_failed(self, error):
            self.called = True

    monkeypatch.setattr(hooks, "geoframe_run_failed", geoframe_run_failed)
    plugin = Plugin()
    hook_plugins.Hooks([plugin]).fire("geoframe_run_failed", run=None, error=None, invented=1)
    assert plugin.called


def test_a_hook_that_will_go_is_warned_of_first(local_site, monkeypatch):
    @hooks.hookspec(warn_on_impl=FutureWarning("geoframe_run_failed goes in 0.3"))
    def geoframe_run_failed(run, error):
        """As today, on its way out."""

    source = "from geoframe import hookimpl\n@hookimpl\ndef geoframe_run_failed(error): pass\n"
    local_site.install(
        "geoframe-old", {hook_plugins.HOOKS: {"old": "old_hooks"}}, modules={"old_hooks": source}
    )
    monkeypatch.setattr(hooks, "geoframe_run_failed", geoframe_run_failed)
    monkeypatch.setenv(hook_plugins.DISABLED, "geoframe-tensorboard")  # which has that hook too
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        plugins = hook_plugins.Hooks()
    assert [str(each.message) for each in caught] == ["geoframe_run_failed goes in 0.3"]
    plugins.fire("geoframe_run_failed", run=None, error=ValueError())
