"""What is logged is what TensorBoard reads."""

from __future__ import annotations

import math
from types import SimpleNamespace

import attrs
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from geoframe import MethodConfig, Result, option
from geoframe_registry.hooks import Hooks, new_manager
from geoframe_tensorboard import hooks
from geoframe_tensorboard.log import VARIABLE, flat


@attrs.frozen(kw_only=True)
class Config(MethodConfig):
    rate: float = option(0.5, help="Rate.")
    names: tuple[str, ...] = option(("a", "b"), help="Names.")


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    return SimpleNamespace(path=tmp_path / "toy" / "one", config=Config(seed=3))


def read(folder):
    events = EventAccumulator(str(folder), purge_orphaned_data=True)
    events.Reload()
    return events


def scalars(folder):
    events = read(folder)
    return {
        tag: [(each.step, each.value) for each in events.Scalars(tag)]
        for tag in events.Tags()["scalars"]
    }


def test_scalars_options_and_results_are_there(run):
    fire = Hooks([hooks]).fire
    for step in (1, 2):
        values = {"loss": 1.0 / step, "broken": math.nan}
        fire("geoframe_metrics", run=run, step=step, total=2, values=values)
    result = Result(metrics={"error": 0.25, "unmeasured": None, "text": "x"})
    fire("geoframe_run_finished", run=run, result=result)
    assert scalars(run.path / "tensorboard") == {
        "loss": [(1, 1.0), (2, 0.5)],
        "result/error": [(2, 0.25)],
    }
    content = read(run.path / "tensorboard").summary_metadata["_hparams_/session_start_info"]
    assert b"rate" in content.plugin_data.content
    assert hooks._logs == {}


def test_steps_that_are_taken_again_replace_the_old_ones(run):
    fire = Hooks([hooks]).fire
    for step in (1, 2, 3):
        fire("geoframe_metrics", run=run, step=step, total=4, values={"loss": 9.0})
    fire("geoframe_run_failed", run=run, error=KeyboardInterrupt())
    for step in (2, 3, 4):  # from the last checkpoint
        fire("geoframe_metrics", run=run, step=step, total=4, values={"loss": 1.0})
    fire("geoframe_run_failed", run=run, error=KeyboardInterrupt())
    found = scalars(run.path / "tensorboard")
    assert found["loss"] == [(1, 9.0), (2, 1.0), (3, 1.0), (4, 1.0)]


def test_parts_of_a_run_are_closed_with_it(run):
    part = SimpleNamespace(path=run.path / "part", config=run.config)
    fire = Hooks([hooks]).fire
    fire("geoframe_metrics", run=part, step=1, total=1, values={"loss": 2.0})
    fire("geoframe_run_failed", run=run, error=ValueError())
    assert scalars(part.path / "tensorboard") == {"loss": [(1, 2.0)]}
    assert hooks._logs == {}


def test_another_folder_is_taken_from_the_environment(run, tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "logs"))
    fire = Hooks([hooks]).fire
    fire("geoframe_metrics", run=run, step=1, total=1, values={"loss": 2.0})
    fire("geoframe_run_finished", run=run, result=Result(metrics={}))
    assert scalars(tmp_path / "logs" / "toy" / "one") == {"loss": [(1, 2.0)]}
    assert not run.path.exists()


def test_the_hooks_exist():
    manager = new_manager()
    manager.register(hooks)
    manager.check_pending()


def test_options_are_flattened():
    table = {"seed": 1, "data": {"path": "x", "columns": ["a"]}}
    assert dict(flat(table)) == {"seed": 1, "data.path": "x", "data.columns": "['a']"}
