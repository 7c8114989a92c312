"""The method from end to end on small tables, with few steps."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from cgenn_cases import SMALL, TASKS, settings

from geoframe import ConfigError, DataError, open_run, run_method
from geoframe.run.directory import Run
from geoframe_cgenn.datasets.invariants import HiddenMetric

WRITE_FIGURE = Run.write_figure
pytestmark = pytest.mark.usefixtures("without_pictures")


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("messages", ["pairs", "pooled"])
def test_every_task_runs(folder: Path, tmp_path: Path, task: str, messages: str) -> None:
    config = settings(folder, task, cgenn={"messages": messages, "replicas": 1})
    run = run_method("cgenn", config, path=tmp_path / "run")
    metrics = run.results["metrics"]
    assert metrics["equivariance_error"] < 1e-10
    assert metrics["steps"] == 4
    trained = run.load()
    frame = trained.apply(folder / "new.csv")
    of_sets = task in ("number", "class")
    assert len(frame) == (12 if of_sets else 36)
    assert frame.index[0] == ("s0" if of_sets else "0")
    assert np.isfinite(frame.select_dtypes("number").to_numpy()).all()
    assert not trained.to_frame().empty
    if task == "class":
        assert set(frame["prediction"]) <= {"hot", "cold"}
        assert np.allclose(frame[["probability_cold", "probability_hot"]].sum(axis=1), 1)


def test_predictions_for_the_training_file_are_those_of_the_run(
    folder: Path, tmp_path: Path
) -> None:
    run = run_method("cgenn", settings(folder, "point"), path=tmp_path / "run")
    trained = run.load()
    frame = trained.apply(folder / "particles.csv").loc[trained.to_frame().index]
    kept = trained.to_frame()[["to_x", "to_y", "to_z"]]
    assert np.allclose(frame.to_numpy(), kept.to_numpy(), atol=1e-5)


def test_points_move_with_the_origin(folder: Path, tmp_path: Path) -> None:
    run = run_method("cgenn", settings(folder, "point"), path=tmp_path / "run")
    frame = pd.read_csv(folder / "new.csv")
    frame[["x", "y", "z"]] += [5.0, -2.0, 1.0]
    frame.to_csv(tmp_path / "moved.csv", index=False)
    trained = run.load()
    before, after = trained.apply(folder / "new.csv"), trained.apply(tmp_path / "moved.csv")
    assert np.allclose(after.to_numpy(), before.to_numpy() + np.array([5.0, -2.0, 1.0]), atol=1e-4)


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_file_formats_agree(folder: Path, tmp_path: Path, suffix: str) -> None:
    config = settings(folder, data={"path": str(folder / f"particles.{suffix}")})
    run = run_method("cgenn", config, path=tmp_path / "run")
    again = run_method("cgenn", settings(folder), path=tmp_path / "again")
    assert run.results["metrics"]["test_mse"] == again.results["metrics"]["test_mse"]


def test_padded_sets_of_an_npz(folder: Path, tmp_path: Path) -> None:
    data = {"path": str(folder / "padded.npz"), "vectors": [["v"]], "target": ["energy"]}
    config = {"data": data, "cgenn": SMALL, "trainer": {"steps": 2}}
    run = run_method("cgenn", config, path=tmp_path / "run")
    assert run.manifest["data"]["sets"] == 12
    assert run.manifest["data"]["rows"] == 36
    assert len(run.load().apply(str(folder / "padded.npz"))) == 12


@pytest.mark.parametrize("signature", ["fixed", "free", "scan"])
def test_every_signature_option_reports_the_metric(
    folder: Path, tmp_path: Path, signature: str
) -> None:
    config = settings(folder, cgenn={"signature": signature, "scan_steps": 2})
    results = run_method("cgenn", config, path=tmp_path / "run").results
    assert len(results["tables"]["metric"]) == 6
    assert len(results["tables"]["trainings"]) == 4
    assert results["metrics"]["metric_spread"] > 0
    if signature == "scan":
        assert [row["signs"] for row in results["tables"]["signatures"]] == [
            "+++", "++-", "+-+", "-++"
        ]  # fmt: skip
    steps = {row["steps"] for row in results["tables"]["trainings"]}
    assert steps == {4}


def test_fixed_and_learned_start_from_the_same_weights(folder: Path, tmp_path: Path) -> None:
    config = settings(folder, cgenn={"noise": 0.0}, trainer={"steps": 0})
    rows = run_method("cgenn", config, path=tmp_path / "run").results["tables"]["trainings"]
    scores = {(row["metric"], row["seed"]): row["test_mse"] for row in rows}
    assert scores["learned", 0] == scores["fixed", 0]
    assert scores["learned", 0] != scores["learned", 1]


def test_the_metric_is_frozen_until_the_share_of_the_training(folder: Path, tmp_path: Path) -> None:
    config = settings(
        folder, cgenn={"unfreeze": 0.5, "noise": 0.0}, trainer={"steps": 8, "log_every": 1}
    )
    run = run_method("cgenn", config, path=tmp_path / "run")
    lines = [
        json.loads(line)
        for line in (run.path / "parts" / "learned-0" / "metrics.jsonl").read_text().splitlines()
    ]
    away = [line["metric_anisotropy"] for line in lines]
    assert away[:4] == [0.0] * 4
    assert away[-1] > 0


def test_a_stopped_run_goes_on_to_the_bit(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = settings(folder, trainer={"steps": 9, "checkpoint_every": 2})
    whole = run_method("cgenn", config, path=tmp_path / "whole")
    from geoframe_cgenn.objective import VectorObjective

    forward, calls = VectorObjective.forward, []

    def stopped(self, items):
        calls.append(1)
        if len(calls) == 15:  # in the second of four trainings
            raise KeyboardInterrupt
        return forward(self, items)

    with monkeypatch.context() as patch:
        patch.setattr(VectorObjective, "forward", stopped)
        with pytest.raises(KeyboardInterrupt):
            run_method("cgenn", config, path=tmp_path / "cut")
    resumed = run_method("cgenn", config, path=tmp_path / "cut", resume=True)
    first, second = whole.read_tensors("model"), resumed.read_tensors("model")
    assert all(torch.equal(first[name], second[name]) for name in first)
    drop = ("seconds", "peak_memory_mib")
    a, b = (
        {k: v for k, v in r.results["metrics"].items() if k not in drop} for r in (whole, resumed)
    )
    assert a == b


def test_export_runs_without_geoframe(folder: Path, tmp_path: Path) -> None:
    for task, messages in (("number", "pooled"), ("point", "pairs")):
        config = settings(folder, task, cgenn={"messages": messages, "replicas": 1})
        run = run_method("cgenn", config, path=tmp_path / task)
        trained = run.load()
        folder_of_task = tmp_path / f"out-{task}"
        folder_of_task.mkdir()
        files = trained.export(folder_of_task)
        assert all(file.exists() for file in files)
        from geoframe_cgenn.models.particles import particles

        program = torch.export.load(files[0]).module()
        rows = particles(
            torch.randn(9, 1), torch.randn(9, 2, 3), torch.tensor([2, 4, 3]), pairs=True
        )
        inputs = (
            rows.scalars, rows.vectors, rows.sizes, rows.sets, rows.receivers, rows.senders
        )  # fmt: skip
        assert torch.allclose(program(*inputs), trained.predictor(rows), atol=1e-4)


def test_the_published_network_for_jets(folder: Path, tmp_path: Path) -> None:
    config = settings(folder, "class", cgenn={"network": "jets", "replicas": 1})
    run = run_method("cgenn", config, path=tmp_path / "run")
    assert run.results["metrics"]["equivariance_error"] < 1e-10
    trained = run.load()
    new = trained.apply(folder / "new.csv")
    one = pd.read_csv(folder / "new.csv").query("system == 's3'")
    one.to_csv(tmp_path / "one.csv", index=False)
    alone = trained.apply(tmp_path / "one.csv")
    shares = ["probability_cold", "probability_hot"]
    assert np.allclose(alone[shares], new.loc[["s3"], shares], atol=1e-5)
    with pytest.raises(ConfigError, match="'jets' predicts a class or a number of each set"):
        run_method(
            "cgenn", settings(folder, "point", cgenn={"network": "jets"}), path=tmp_path / "point"
        )


def test_any_geometry_with_a_form_gives_the_metric(folder: Path, tmp_path: Path) -> None:
    config = settings(folder, cgenn={"metric": "fixed"}, geometry={"name": "minkowski"})
    run = run_method("cgenn", config, path=tmp_path / "run")
    assert run.results["metrics"]["equivariance_error"] < 1e-10
    found = run.load().matrix()
    assert np.allclose(found, np.diag([1, 1, -1]))
    assert "O(2,1)" in repr(run.load())
    assert "<table>" in run.load()._repr_html_()


@pytest.mark.parametrize("suffix", ["csv", "npz"])
def test_new_data_for_a_network_of_a_dataset(tmp_path: Path, suffix: str) -> None:
    options = {"samples": 12, "held_out": 6}
    config = {
        "data": {"dataset": {"name": "hidden-metric", **options}},
        "cgenn": {**SMALL, "network": "pairs", "replicas": 1},
        "trainer": {"steps": 2, "batch_size": 4},
    }
    run = run_method("cgenn", config, path=tmp_path / "run")
    vectors = HiddenMetric(**options).load().part("test").vectors
    path = tmp_path / f"new.{suffix}"
    if suffix == "npz":
        np.savez(path, vector0=vectors[:, 0], vector1=vectors[:, 1])
    else:
        names = [f"vector{at}_{i}" for at in range(2) for i in range(3)]
        pd.DataFrame(vectors.reshape(-1, 6), columns=names).to_csv(path, index=False)
    trained = run.load()
    kept = trained.to_frame()["prediction"]
    assert np.allclose(trained.apply(path)["prediction"], kept, rtol=1e-4, atol=1e-5)


def test_new_sets_for_a_network_of_a_dataset(tmp_path: Path) -> None:
    config = {
        "data": {"dataset": {"name": "simulated-charges", "samples": 4, "held_out": 2}},
        "cgenn": {**SMALL, "replicas": 1},
        "trainer": {"steps": 2, "batch_size": 4},
    }
    trained = run_method("cgenn", config, path=tmp_path / "run").load()
    rng = np.random.default_rng(0)
    names = [f"{name}_{i}" for name in ("point0", "vector0") for i in range(3)]
    frame = pd.DataFrame(rng.standard_normal((5, 6)), columns=names)
    frame.assign(scalar0=1.0, set="a").to_csv(tmp_path / "new.csv", index=False)
    assert trained.apply(tmp_path / "new.csv").shape == (5, 3)
    frame.assign(set="a").to_csv(tmp_path / "less.csv", index=False)
    with pytest.raises(DataError, match=r"data\.scalars: no column 'scalar0'"):
        trained.apply(tmp_path / "less.csv")


def test_the_rival_of_a_dataset_is_the_baseline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        HiddenMetric, "rival", lambda *_: ("the answer", {"mse": 0.25}), raising=False
    )
    config = {
        "data": {"dataset": {"name": "hidden-metric", "samples": 12, "held_out": 6}},
        "cgenn": {**SMALL, "network": "pairs", "replicas": 1, "compare": False},
        "trainer": {"steps": 1, "batch_size": 4},
    }
    results = run_method("cgenn", config, path=tmp_path / "run").results
    assert results["metrics"]["test_mse_baseline"] == 0.25
    assert {"model": "the answer", "mse": 0.25} in results["tables"]["comparison"]
    assert results["metrics"]["equivariance_error"] < 1e-10
    assert 0 < results["metrics"]["equivariance_error_float32"] < 1e-3


def test_a_run_opens_without_its_data(folder: Path, tmp_path: Path) -> None:
    shutil.copy(folder / "particles.csv", tmp_path / "gone.csv")
    config = settings(folder, data={"path": str(tmp_path / "gone.csv")})
    run_method("cgenn", config, path=tmp_path / "run")
    (tmp_path / "gone.csv").unlink()
    assert len(open_run(tmp_path / "run").load().apply(folder / "new.csv")) == 12


def test_pictures(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Run, "write_figure", WRITE_FIGURE)
    run = run_method("cgenn", settings(folder), path=tmp_path / "run")
    names = {path.stem for path in (run.path / "figures").glob("*.svg")}
    assert names == {"metric", "predictions"}
