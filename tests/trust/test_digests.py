"""Damage and exchange of what a run keeps: told, never used."""

from __future__ import annotations

import json
import logging
import shutil

import pytest
import torch

from geoframe import RunError
from geoframe.run.digests import SEAL, check_seal, digest_of_folder, sealed
from geoframe.run.report_plugin import write_report
from geoframe_registry import runs
from geoframe_registry.runs import open_run

OPTIONS = {"trainer": {"name": "gradient", "steps": 40, "checkpoint_every": 10, "device": "cpu"}}


class Stop:
    """A hook plugin that interrupts a training at a step."""

    def __init__(self, step):
        self.step = step

    from geoframe.hooks import hookimpl

    @hookimpl
    def geoframe_metrics(self, step):
        if step == self.step:
            raise KeyboardInterrupt


@pytest.fixture(autouse=True)
def no_reports(monkeypatch):
    monkeypatch.setenv("GEOFRAME_DISABLE_PLUGINS", "all")


@pytest.fixture
def stopped(local_site, tmp_path):
    """Return a function that makes a run with checkpoints of steps 10 and 20, stopped at 25."""

    def make(name="stopped", **more):
        config = {**OPTIONS, **more}
        with pytest.raises(KeyboardInterrupt):
            runs.finish(runs.prepare("toy", config, tmp_path / name, plugins=[Stop(25)]))
        return tmp_path / name

    return make


@pytest.fixture
def whole(local_site, tmp_path):
    return runs.finish(runs.prepare("toy", OPTIONS, tmp_path / "whole"))


def resumed(path):
    return runs.finish(runs.prepare("toy", {}, path, resume=True))


def flip(path, at=-3):
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def newest(path):
    return sorted((path / "checkpoints").glob("step-*"))[-1]


def flipped_tensor(path, other):
    flip(newest(path) / "state.safetensors")


def truncated_tensor(path, other):
    file = newest(path) / "state.safetensors"
    file.write_bytes(file.read_bytes()[:-8])


def missing_tensor(path, other):
    (newest(path) / "state.safetensors").unlink()


def edited_step(path, other):
    file = newest(path) / "state.json"
    file.write_text(file.read_text().replace('"step": 20', '"step": 30'))


def renamed_folder(path, other):
    newest(path).rename(newest(path).with_name("step-000000000030"))


def tensors_of_another_step(path, other):
    old, new = sorted((path / "checkpoints").glob("step-*"))
    shutil.copy(old / "state.safetensors", new / "state.safetensors")


def checkpoint_of_another_run(path, other):
    shutil.rmtree(newest(path))
    shutil.copytree(newest(other), path / "checkpoints" / newest(other).name)


def no_json(path, other):
    (newest(path) / "state.json").write_text("[1, 2")


def no_digest(path, other):
    file = newest(path) / "state.json"
    state = json.loads(file.read_text())
    del state[SEAL]
    file.write_text(json.dumps(state))


@pytest.mark.parametrize(
    "damage",
    [
        *(flipped_tensor, truncated_tensor, missing_tensor, edited_step, renamed_folder),
        *(tensors_of_another_step, checkpoint_of_another_run, no_json, no_digest),
    ],
)
def test_a_damaged_checkpoint_falls_back_to_the_one_before_and_says_so(
    stopped, whole, damage, caplog
):
    path = stopped()
    damage(path, stopped("other", slope=1.0))
    with caplog.at_level(logging.WARNING, "geoframe"):
        run = resumed(path)
    [told] = [record.getMessage() for record in caplog.records]
    assert str(path / "checkpoints") in told
    assert told.endswith("the run goes on from what was kept before it")
    assert run.results == whole.results
    for name in ("model.safetensors", "metrics.jsonl"):
        assert (path / name).read_bytes() == (whole.path / name).read_bytes()
    assert len(list((path / "checkpoints").glob("damaged-step-*"))) == 1


def test_with_every_checkpoint_damaged_the_run_begins_again(stopped, whole, caplog):
    path = stopped()
    for folder in (path / "checkpoints").glob("step-*"):
        flip(folder / "state.safetensors")
    assert resumed(path).results == whole.results
    assert len(caplog.records) == 2


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("model.safetensors", None),
        ("results.json", ('"steps": 40', '"steps": 41')),
        ("metrics.jsonl", ('"loss"', '"lost"')),
        ("config.toml", ("slope = 2.0", "slope = 3.0")),
        ("manifest.json", ('"seed": 0', '"seed": 1')),
        ("figures/training.svg", None),
    ],
)
def test_a_changed_file_of_a_finished_run_is_told(whole, name, change):
    write_report(whole)
    path = whole.path / name
    if change is None:
        flip(path)
    else:
        old, new = change
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(RunError, match="is damaged, or"):
        everything_of(whole.path)


def everything_of(path):
    run = open_run(path)
    return run.load(), run.results, list(run.metrics()), run.read_figures()


def test_a_model_of_another_run_is_told(whole, local_site, tmp_path):
    other = runs.finish(runs.prepare("toy", {**OPTIONS, "slope": -3.0}, tmp_path / "other"))
    shutil.copy(other.path / "model.safetensors", whole.path / "model.safetensors")
    with pytest.raises(RunError, match="not the file that this run wrote"):
        open_run(whole.path).load()


def test_an_edited_config_is_not_resumed_silently(stopped):
    path = stopped()
    config = path / "config.toml"
    config.write_text(config.read_text().replace("slope = 2.0", "slope = 3.0"))
    with pytest.raises(RunError, match=r"config.toml: is damaged, or not the file"):
        resumed(path)


def test_a_run_without_digests_opens_with_a_note(whole, forget_digests, caplog):
    forget_digests(whole.path)
    run = open_run(whole.path)
    assert torch.isfinite(next(run.load().parameters())).all()
    assert "was written without digests" in caplog.text


def test_a_run_without_digests_is_resumed(stopped, whole, forget_digests):
    path = stopped()
    forget_digests(path)
    for file in (path / "checkpoints").glob("step-*/state.json"):
        state = json.loads(file.read_text())
        kept = {k: v for k, v in state.items() if k not in (SEAL, "owner", "tensors_sha256")}
        file.write_text(json.dumps(kept))
    assert resumed(path).results == whole.results


def test_what_a_method_wrote_itself_is_known(whole):
    folder = whole.path / "own"
    folder.mkdir()
    (folder / "a.txt").write_text("a")
    whole.keep(folder)
    open_run(whole.path).load()
    (folder / "b.txt").write_text("b")
    with pytest.raises(RunError, match="own: is damaged"):
        open_run(whole.path).load()
    with pytest.raises(RunError, match="own: is damaged"):  # before apply, export and sample
        open_run(whole.path).require_finished()
    shutil.rmtree(folder)
    with pytest.raises(RunError, match="own: is missing"):
        open_run(whole.path).load()


def test_a_kill_between_a_digest_and_its_file_harms_nothing(whole, monkeypatch):
    before = whole.read_tensors("model")

    def killed(path, content):
        raise KeyboardInterrupt

    monkeypatch.setattr("geoframe.run.evidence.write_bytes", killed)
    with pytest.raises(KeyboardInterrupt):
        whole.write_tensors("model", {"x": torch.ones(1)})
    again = open_run(whole.path).read_tensors("model")
    assert all(torch.equal(before[name], again[name]) for name in before)


def test_inputs_are_compared_on_resume(whole):
    whole.record(data={"rows": 3, "sha256": "aa", "nodes_sha256": "bb"})
    whole.record(data={"rows": 4, "sha256": "aa", "nodes_sha256": "bb"})
    with pytest.raises(RunError, match=r"the data changed since the run began \(sha256 aa then"):
        whole.record(data={"sha256": "cc"})
    with pytest.raises(RunError, match="the nodes changed since the run began"):
        whole.check_data(nodes_sha256="cc")
    whole.check_data(nodes_sha256="bb", model_sha256="new")


def test_parts_know_their_run(whole, tmp_path, local_site):
    part = whole.part("first/a")
    part.checkpoints.save(3, {"x": torch.ones(1)}, {})
    other = runs.finish(runs.prepare("toy", OPTIONS, tmp_path / "other"))
    shutil.copytree(whole.path / "parts", other.path / "parts")
    with pytest.raises(RunError, match="is a part of another run"):
        other.part("first/a")
    (other.path / "parts" / "first" / "a" / "manifest.json").unlink()
    assert other.part("first/a").checkpoints.last() is None
    second = whole.part("first/b")
    shutil.copytree(part.path / "checkpoints", second.path / "checkpoints")
    assert second.checkpoints.last() is None
    assert part.checkpoints.last().step == 3


def test_a_seal_covers_every_value(tmp_path):
    table = {"a": 0.1, "b": [1, None, "é"], "c": {"d": True}}
    whole = sealed(table)
    check_seal(tmp_path, json.loads(json.dumps(whole)))
    for key, value in (("a", 0.10000000000000002), ("b", [1, None]), ("e", 1)):
        with pytest.raises(RunError, match="its digest does not fit"):
            check_seal(tmp_path, {**whole, key: value})


def test_a_folder_has_one_digest(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x").write_text("1")
    first = digest_of_folder(tmp_path)
    (tmp_path / "a" / "x").rename(tmp_path / "x")
    assert digest_of_folder(tmp_path) != first


def test_a_file_that_a_method_does_not_ask_for_is_missed(whole):
    """Or it would be taken for one that the run never had."""
    whole.write_json("optional", [1])
    open_run(whole.path).load()
    (whole.path / "optional.json").unlink()
    with pytest.raises(RunError, match=r"optional\.json: is missing"):
        open_run(whole.path).load()
