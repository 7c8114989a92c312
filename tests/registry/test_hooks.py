from __future__ import annotations

import logging

import pytest

from geoframe.errors import PluginError
from geoframe.hooks import hookimpl
from geoframe_registry.hooks import Hooks, api_mismatch

HOOKS = "geoframe.plugins"
GOOD = """
from geoframe.hooks import hookimpl
seen = []
@hookimpl
def geoframe_metrics(step):
    seen.append(step)
"""
RAISING = """
from geoframe.hooks import hookimpl
@hookimpl
def geoframe_metrics(step):
    raise {error}
"""


class Recorder:
    def __init__(self):
        self.seen = []

    @hookimpl
    def geoframe_metrics(self, step, values):
        self.seen.append((step, values["loss"]))


def fire(hooks, step=1):
    hooks.fire("geoframe_metrics", run=None, step=step, total=10, values={"loss": 0.5})


OURS = "geoframe-tensorboard"
"""Hook plugins of this repository: they would take the fake runs below for real ones."""


@pytest.fixture(autouse=True)
def without_ours(monkeypatch):
    monkeypatch.setenv("GEOFRAME_DISABLE_PLUGINS", OURS)


@pytest.fixture
def modules(monkeypatch):
    """Forget the modules that a test's plugins were imported as."""
    import sys

    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith("hooked_"):
            del sys.modules[name]


def test_a_plugin_may_take_a_subset_of_the_arguments():
    recorder = Recorder()
    fire(Hooks([recorder]))
    assert recorder.seen == [(1, 0.5)]


@pytest.mark.parametrize("error", ["ValueError('no')", "SystemExit(3)"])
def test_a_raising_plugin_is_warned_of_once_and_disturbs_nobody(
    local_site, modules, caplog, monkeypatch, error
):
    local_site.install(
        "geoframe-a", {HOOKS: {"good": "hooked_good"}}, modules={"hooked_good": GOOD}
    )
    local_site.install(
        "geoframe-b",
        {HOOKS: {"bad": "hooked_bad"}},
        modules={"hooked_bad": RAISING.format(error=error)},
    )
    recorder = Recorder()
    with caplog.at_level(logging.WARNING, "geoframe"):
        hooks = Hooks([recorder])
        fire(hooks, 1)
        fire(hooks, 2)
    import hooked_good

    assert hooked_good.seen == [1, 2]
    assert [step for step, _ in recorder.seen] == [1, 2]
    [record] = caplog.records
    assert "geoframe-b:bad: geoframe_metrics raised" in record.getMessage()
    monkeypatch.setenv("GEOFRAME_STRICT", "1")
    with pytest.raises(PluginError, match="geoframe-b:bad"):
        fire(Hooks(), 3)


FAULTS = {
    "import error": ("import does_not_exist_xyz", "ModuleNotFoundError"),
    "syntax error": ("def", "SyntaxError"),
    "exit": ("raise SystemExit(0)", "SystemExit"),
    "no hook": ("x = 1", "no @hookimpl"),
    "misspelt": (
        "from geoframe.hooks import hookimpl\n@hookimpl\ndef geoframe_metrix(step): pass",
        "geoframe_metrix",
    ),
    "unknown argument": (
        "from geoframe.hooks import hookimpl\n@hookimpl\ndef geoframe_metrics(stepp): pass",
        "stepp",
    ),
    "newer api": ("geoframe_api = 99", "upgrade geoframe-core"),
    "older api": ("geoframe_api = 0", "upgrade the plugin"),
    "no api": ("geoframe_api = 'one'", "hook API 'one'"),
}


@pytest.mark.parametrize(("source", "reason"), FAULTS.values(), ids=FAULTS)
def test_a_broken_plugin_is_warned_of_and_left_out(
    local_site, modules, caplog, monkeypatch, source, reason
):
    local_site.install(
        "geoframe-bad", {HOOKS: {"bad": "hooked_bad"}}, modules={"hooked_bad": source}
    )
    recorder = Recorder()
    fire(Hooks([recorder]))
    assert len(recorder.seen) == 1
    [record] = caplog.records
    message = record.getMessage()
    assert "\n" not in message
    assert "geoframe-bad 1.0" in message
    assert reason in message
    monkeypatch.setenv("GEOFRAME_STRICT", "1")
    with pytest.raises(PluginError, match="geoframe-bad"):
        Hooks()


@pytest.mark.parametrize(
    "target", ["hooked_thing:number", "hooked_thing:Class", "hooked_thing:none"]
)
def test_an_entry_point_that_is_no_plugin_is_refused(local_site, modules, monkeypatch, target):
    source = (
        "from geoframe.hooks import hookimpl\nnumber = 3\n"
        "class Class:\n    @hookimpl\n    def geoframe_metrics(self, step): pass\n"
    )
    local_site.install("geoframe-bad", {HOOKS: {"bad": target}}, modules={"hooked_thing": source})
    monkeypatch.setenv("GEOFRAME_STRICT", "1")
    with pytest.raises(PluginError, match="geoframe-bad"):
        Hooks()


@pytest.mark.parametrize("disabled", ["all", "bad", "geoframe-bad", "other, bad"])
def test_plugins_can_be_switched_off(local_site, modules, monkeypatch, disabled):
    local_site.install(
        "geoframe-bad", {HOOKS: {"bad": "hooked_bad"}}, modules={"hooked_bad": "raise ValueError"}
    )
    monkeypatch.setenv("GEOFRAME_STRICT", "1")
    monkeypatch.setenv("GEOFRAME_DISABLE_PLUGINS", f"{OURS},{disabled}")
    recorder = Recorder()
    fire(Hooks([recorder]))
    assert len(recorder.seen) == 1


def test_two_plugins_may_have_one_name(local_site, modules, monkeypatch):
    local_site.install("geoframe-a", {HOOKS: {"same": "hooked_a"}}, modules={"hooked_a": GOOD})
    local_site.install("geoframe-b", {HOOKS: {"same": "hooked_b"}}, modules={"hooked_b": GOOD})
    monkeypatch.setenv("GEOFRAME_STRICT", "1")
    fire(Hooks())
    import hooked_a
    import hooked_b

    assert hooked_a.seen == hooked_b.seen == [1]


def test_a_plugin_that_states_no_api_was_written_for_the_first():
    assert api_mismatch(object()) is None
