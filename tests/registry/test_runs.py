from __future__ import annotations

import json

import pytest

from geoframe import api
from geoframe.errors import ConfigError, DataError, PluginError, RunError
from geoframe.hooks import hookimpl
from geoframe_registry import discovery, runs


class Witness:
    """Remembers which hooks were called."""

    def __init__(self):
        self.called = []

    @hookimpl
    def geoframe_run_started(self, run):
        assert run.path.is_dir()
        self.called.append("started")

    @hookimpl
    def geoframe_metrics(self, step):
        if "metrics" not in self.called:
            self.called.append("metrics")

    @hookimpl
    def geoframe_run_finished(self, run, result):
        assert run.finished
        self.called.append(f"finished after {result.metrics['steps']}")

    @hookimpl
    def geoframe_run_failed(self, error):
        self.called.append(f"failed with {type(error).__name__}")


@pytest.fixture
def make(local_site, tmp_path):
    def make(config=None, name="run", **options):
        return runs.prepare("toy", config or {}, tmp_path / name, **options)

    return make


def test_a_run_is_complete_evidence(make):
    run = runs.finish(make({"slope": 3.0, "seed": 7}))
    names = {path.name for path in run.path.iterdir()}
    assert {"config.toml", "manifest.json", "metrics.jsonl", "results.json", "report.html"} <= names
    manifest = json.loads((run.path / "manifest.json").read_text())
    assert manifest["method"] == "toy"
    assert manifest["seed"] == 7
    assert manifest["versions"]["geoframe-toy"] == "1.0"
    used = {(each["kind"], each["name"], each["distribution"]) for each in manifest["components"]}
    assert used == {
        ("method", "toy", "geoframe-toy"),
        ("embedder", "mlp", "geoframe-core"),
        ("trainer", "gradient", "geoframe-core"),
    }
    assert run.results["metrics"]["slope"] == pytest.approx(3.0, abs=0.3)


def test_the_same_config_gives_the_same_run(make):
    config = {"data": {"noise": 0.5}, "seed": 3}
    first, second = (runs.finish(make(config, name)) for name in ("one", "two"))
    assert first.results == second.results
    other = runs.finish(make({**config, "seed": 4}, "three"))
    assert other.results != first.results


def test_hooks_are_called_in_order(make):
    witness = Witness()
    runs.finish(make(plugins=[witness]))
    assert witness.called == ["started", "metrics", "finished after 40"]


def test_a_failure_is_told_to_the_hooks_and_passed_on(make):
    witness = Witness()
    with pytest.raises(ZeroDivisionError):
        runs.finish(make({"mode": "explode"}, plugins=[witness]))
    assert witness.called == ["started", "failed with ZeroDivisionError"]


def test_a_finished_run_is_not_run_again(make):
    first = runs.finish(make({"slope": 1.0}))
    before = (first.path / "results.json").stat().st_mtime_ns
    witness = Witness()
    again = runs.finish(make(resume=True, plugins=[witness]))
    assert again.config.slope == 1.0
    assert again.results == first.results
    assert (again.path / "results.json").stat().st_mtime_ns == before
    assert witness.called == []


def test_a_stopped_run_goes_on_with_its_stored_config(make):
    class Stop:
        @hookimpl
        def geoframe_metrics(self, step):
            if step == 25:
                raise KeyboardInterrupt

    config = {"data": {"noise": 0.5}, "seed": 3}
    with pytest.raises(KeyboardInterrupt):
        runs.finish(make(config, "stopped", plugins=[Stop()]))
    resumed = runs.finish(make({}, "stopped", resume=True))
    whole = runs.finish(make(config, "whole"))
    assert resumed.results == whole.results


@pytest.mark.parametrize("config", [{}, {"slope": 1.0}])
def test_options_that_are_newer_than_a_run_do_not_keep_it_from_going_on(
    make, forget_digests, config
):
    stopped = make({"slope": 1.0})
    stopped.close()
    forget_digests(stopped.path)
    path = stopped.path / "config.toml"
    stored = path.read_text()
    assert "mode = " in stored
    path.write_text("".join(line for line in stored.splitlines(True) if "mode = " not in line))
    assert runs.finish(make(config, resume=True)).finished
    with pytest.raises(RunError, match="differs in 'mode = "):
        make({**config, "slope": 1.0, "mode": "explode"}, resume=True)


def test_the_default_directory_names_the_method(local_site, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = runs.finish(runs.prepare("geoframe-toy:toy", {}))
    assert run.path.parent == tmp_path / "runs" / "toy"
    assert runs.open_run(run.path).method_name == "geoframe-toy:toy"


def test_a_mistake_leaves_no_directory(make, tmp_path):
    with pytest.raises(ConfigError):
        make({"slope": 1e9})
    with pytest.raises(PluginError):
        runs.prepare("toyy", {}, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_broken_plugin_in_strict_mode_leaves_no_directory(
    local_site, make, tmp_path, monkeypatch
):
    local_site.install("geoframe-bad", {"geoframe.plugins": {"bad": "does_not_exist_xyz"}})
    monkeypatch.setenv("GEOFRAME_STRICT", "1")
    with pytest.raises(PluginError, match="geoframe-bad"):
        make()
    assert not (tmp_path / "run").exists()


def test_resuming_needs_a_directory(local_site):
    with pytest.raises(RunError, match="needs the run's directory"):
        runs.prepare("toy", {}, resume=True)


def test_only_the_main_process_calls_hooks(make, monkeypatch):
    monkeypatch.setenv("RANK", "1")
    witness = Witness()
    run = make(plugins=[witness])
    run.fire("geoframe_run_started", run=run)
    assert witness.called == []
    assert not run.path.exists()


def test_a_run_is_opened_and_loaded(finished_run):
    run = runs.open_run(finished_run)
    assert run.config.slope == 3.0
    assert run.method_name == "toy"
    assert sum(p.numel() for p in run.load().parameters()) == 2


def test_nothing_in_a_run_directory_is_executed(finished_run, monkeypatch):
    path = finished_run
    for name in ("geoframe_toy", "toy", "method"):
        (path / f"{name}.py").write_text("raise SystemExit('executed')")
    monkeypatch.chdir(path)
    runs.open_run(path).load()


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", "\x00"])
def test_a_damaged_manifest_is_told(finished_run, content):
    path = finished_run
    (path / "manifest.json").write_text(content)
    with pytest.raises(RunError, match=r"manifest\.json"):
        runs.open_run(path)


def test_a_run_of_an_uninstalled_method_names_the_plugin(finished_run, monkeypatch):
    monkeypatch.setitem(discovery.KNOWN, "unheard", "geoframe-unheard")
    path = finished_run
    (path / "manifest.json").write_text('{"method": "unheard"}')
    with pytest.raises(PluginError, match="pip install geoframe-unheard"):
        runs.open_run(path)


def test_the_facade_runs_opens_and_builds(local_site, tmp_path):
    run = api.run_method("toy", {"slope": 1.0}, path=tmp_path / "run")
    assert api.open_run(run.path).results == run.results
    trainer = api.build("trainer", "gradient", steps=3)
    assert trainer.options.steps == 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "mlp", "layerz": 1}, "did you mean 'layers'"),
        ({"name": "mlp", "layers": -1}, "out of range"),
        ({"name": 3}, "expected the name"),
        ({}, "expected the name"),
    ],
)
def test_a_component_with_mistakes_is_refused(options, message):
    from geoframe_registry.configs import component

    with pytest.raises(ConfigError, match=message):
        component("embedder", options)


def test_a_mistake_leaves_no_directory_in_the_way(tmp_path):
    edges = tmp_path / "edges.csv"
    edges.write_text("source,target\na,b\nb,a\n")
    config = {"trainer": {"steps": 2}, "data": {"path": str(edges)}}
    with pytest.raises(DataError, match="cycle"):
        api.run_method("nst", config, path=tmp_path / "run")
    assert not (tmp_path / "run").exists()
    config["data"]["cycles"] = "break"
    assert api.run_method("nst", config, path=tmp_path / "run").finished


def test_a_failure_is_told_by_the_list_of_runs(make):
    from geoframe_registry.run_table import find_runs

    run = make({"slope": 1.0}, "failed")

    def broken(config, run):
        raise ZeroDivisionError("no slope at all")

    run.method.run = broken
    with pytest.raises(ZeroDivisionError):
        runs.finish(run)
    (row,) = find_runs(run.path.parent)
    assert (row.state, row.reason) == ("stopped", "ZeroDivisionError: no slope at all")
