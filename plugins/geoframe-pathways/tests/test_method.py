from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from geoframe import DataError, RunError
from geoframe.components import KINDS
from geoframe.run.directory import Run
from geoframe.testing import check_component
from geoframe.trained import Trained
from geoframe_pathways.baselines import is_there
from geoframe_pathways.config import BASELINES, LEAST_STEPS, MOST_STEPS
from geoframe_pathways.experts.pack import PACK
from geoframe_pathways.method import NeuralPathways
from geoframe_pathways.reference import TABLES
from geoframe_pathways.schedules import schedule_for
from geoframe_registry import runs
from geoframe_registry.discovery import components
from geoframe_registry.reproduce import measure

EXAMPLES = Path(__file__).parents[1] / "examples"
QUICK = {
    "data": {"dataset": {"name": "function-grid", "side": 40}},
    "pathways": {"experts": [1, 4], "weight_decays": [0.0, 3.0], "width": 12, "min_rows": 100},
    "trainer": {"steps": 60, "checkpoint_every": 20},
}


@pytest.mark.parametrize(
    "name",
    [
        f"{spec.kind} {spec.name}"
        for kind in KINDS
        for spec in components(kind)
        if spec.distribution == "geoframe-pathways"
    ],
)
def test_components_conform(name: str) -> None:
    kind, _, plain = name.partition(" ")
    (spec,) = [each for each in components(kind) if each.name == plain]
    check_component(spec)


def a_run(path: Path, config: dict[str, Any], *, resume: bool = False) -> Run:
    return runs.finish(runs.prepare("pathways", config, path, resume=resume))


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return a_run(tmp_path_factory.mktemp("runs") / "run", QUICK)


def test_a_run_reports_everything(finished: Run) -> None:
    metrics, tables = finished.results["metrics"], finished.results["tables"]
    assert metrics["experts"] in (1, 4)
    assert metrics["parameters_total"] == metrics["experts"] * metrics["parameters_active"]
    for name in ("active", "total"):
        assert metrics[f"rmse_dense_equal_{name}"] > 0
    for name in ("hist_gradient_boosting", "mlp", "svm"):
        assert metrics[f"rmse_{name}"] > 0
        assert metrics[f"cpu_seconds_{name}"] > 0
    installed = [name for name in BASELINES if is_there(name)]
    assert [row["model"] for row in tables["comparison"]][1:] == installed
    tried = {(row["experts"], row["weight_decay"]): row for row in tables["tried"]}
    assert list(tried) == [(1, 0.0), (1, 3.0), (4, 0.0), (4, 3.0)]
    best = min(tried.values(), key=lambda row: row["validation_error"])
    assert (metrics["experts"], metrics["weight_decay"]) == (best["experts"], best["weight_decay"])
    assert metrics["networks"] == 5
    assert any("5 parts" in note for note in finished.results["notes"])
    assert sum(row["test_rows"] for row in tables["cells"]) == 320
    assert {path.name for path in (finished.path / "figures").iterdir()} == {
        "cells.svg",
        "validation.svg",
    }
    assert finished.manifest["data"]["rows"] == 1600
    assert finished.path.joinpath("report.html").exists()


def test_a_finished_run_answers(finished: Run, tmp_path: Path) -> None:
    model = runs.open_run(finished.path).load()
    x = pd.DataFrame(np.random.default_rng(0).uniform(-5, 5, (300, 2)), columns=["x0", "x1"])
    predictions = model.predict(x)
    x.to_csv(tmp_path / "new.csv", index=False)
    found = NeuralPathways().apply(finished, tmp_path / "new.csv")
    np.testing.assert_allclose(found["prediction"], predictions.values, rtol=1e-4, atol=1e-3)
    np.testing.assert_array_equal(found["cell"], predictions.cells)
    assert list(found) == ["prediction", "cell", "relative_distance", "extrapolated"]
    x.set_axis([f"w{k}" for k in range(300)]).to_csv(tmp_path / "named.csv")
    assert model.apply(str(tmp_path / "named.csv")).index[7] == "w7"
    assert len(model.to_frame()) == model.experts
    assert isinstance(model, Trained)
    assert "regression of 'y'" in repr(model)
    (tmp_path / "empty.csv").write_text("x0,x1\n")
    with pytest.raises(DataError, match="a header but no rows"):
        NeuralPathways().apply(finished, tmp_path / "empty.csv")


def test_many_rows_are_held_out_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geoframe_pathways.fit.FEW_ROWS", 500)
    options = {
        "data": QUICK["data"],
        "pathways": {"experts": [1, 4], "width": 4, "min_rows": 100},
        "trainer": {"steps": 5},
        "evaluation": {"baselines": []},
    }
    results = a_run(tmp_path / "run", options).results
    tried = [(row["experts"], row["weight_decay"]) for row in results["tables"]["tried"]]
    assert tried[:2] == [(1, 0.0), (4, 0.0)]
    chosen = results["metrics"]["experts"]
    assert tried[2:] in ([(chosen, 0.3)], [(chosen, 0.3), (chosen, 3.0)])
    assert results["metrics"]["networks"] == 1


def test_many_rows_are_trained_by_their_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert schedule_for(8192)["steps"] == 512
    assert schedule_for(3000)["steps"] == schedule_for(2001)["steps"] == LEAST_STEPS
    assert schedule_for(10**9)["steps"] == MOST_STEPS
    monkeypatch.setattr("geoframe_pathways.fit.FEW_ROWS", 500)
    options = {
        "data": QUICK["data"],
        "pathways": {"experts": [1, 4], "width": 3, "weight_decays": [0.0]},
        "evaluation": {"baselines": []},
    }
    run = a_run(tmp_path / "run", options)
    lines = {part.parent.name: part for part in run.path.glob("fits/*/metrics.jsonl")}
    steps = {name: json.loads(part.read_text().splitlines()[-1]) for name, part in lines.items()}
    assert steps["try-1-decay-0"]["step"] == LEAST_STEPS // 4
    chosen = run.results["metrics"]["experts"]
    assert steps[f"experts-{chosen}"]["step"] == LEAST_STEPS


@pytest.mark.parametrize("rows", [10, 30])
@pytest.mark.parametrize("task", ["regression", "classification"])
def test_tiny_tables(rows: int, task: str, tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(rows, 3))
    frame = pd.DataFrame(x, columns=["a", "b", "c"])
    classes = ["only one", *["p", "q"] * rows][:rows]
    frame["y"] = frame["a"] if task == "regression" else classes
    frame.to_csv(tmp_path / "table.csv", index=False)
    options = {
        "data": {"path": str(tmp_path / "table.csv")},
        "trainer": {"steps": 5},
        "pathways": {"width": 4, "weight_decays": [0.0, 1.0]},
        "evaluation": {"folds": 20, "baselines": ["dense-equal-total"]},
    }
    results = a_run(tmp_path / "run", options).results
    assert all(np.isfinite(row["validation_error"]) for row in results["tables"]["tried"])


def test_a_given_weight_decay_is_taken(tmp_path: Path) -> None:
    options = {
        **QUICK,
        "pathways": {"experts": [4], "width": 4, "min_rows": 100},
        "trainer": {"steps": 5, "weight_decay": 0.7},
        "evaluation": {"baselines": []},
    }
    results = a_run(tmp_path / "run", options).results
    assert results["metrics"]["weight_decay"] == 0.7
    assert "tried" not in results["tables"]


def test_a_file_is_read_in_pieces(
    finished: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = np.random.default_rng(0).uniform(-5, 5, (1000, 2))
    pd.DataFrame(x, columns=["x0", "x1"]).to_csv(tmp_path / "new.csv", index=False)
    whole = NeuralPathways().apply(finished, tmp_path / "new.csv")
    monkeypatch.setattr("geoframe_data.stream.CHUNK_ROWS", 64)
    pieces = NeuralPathways().apply(finished, tmp_path / "new.csv")
    for name in whole:
        np.testing.assert_allclose(pieces[name], whole[name], rtol=1e-4, atol=1e-3)


def test_an_interrupted_run_resumes_to_the_same_pack(
    finished: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from geoframe.run.checkpoint import CheckpointStore

    save, calls = CheckpointStore.save, []

    def failing(*arguments: object, **options: object) -> None:
        calls.append(arguments)
        if len(calls) == 5:
            raise KeyboardInterrupt
        save(*arguments, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(CheckpointStore, "save", failing)
        with pytest.raises(KeyboardInterrupt):
            a_run(tmp_path / "run", QUICK)
    resumed = a_run(tmp_path / "run", {}, resume=True)
    assert (resumed.path / PACK).read_bytes() == (finished.path / PACK).read_bytes()
    for name in ("rmse", "rmse_dense_equal_total"):
        assert resumed.results["metrics"][name] == finished.results["metrics"][name]


def test_changed_data_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tmp_path / "table.csv"
    x = np.random.default_rng(0).normal(size=(200, 3))
    pd.DataFrame(x, columns=["a", "b", "c"]).to_csv(table, index=False)
    options = {"data": {"path": str(table)}, "trainer": {"steps": 5}}
    with monkeypatch.context() as patch:
        patch.setattr("geoframe_pathways.fit.evaluate", lambda *a, **k: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            a_run(tmp_path / "run", options)
    pd.DataFrame(x + 1, columns=["a", "b", "c"]).to_csv(table, index=False)
    with pytest.raises(RunError, match="the data changed"):
        a_run(tmp_path / "run", {}, resume=True)


def test_the_gradient_trainer_trains_experts_too(tmp_path: Path) -> None:
    options = {
        **QUICK,
        "pathways": {"experts": [4], "width": 12, "min_rows": 100},
        "trainer": {"name": "gradient", "steps": 30, "batch_size": 64},
        "evaluation": {"baselines": ["dense-equal-active"]},
    }
    run = a_run(tmp_path / "run", options)
    assert run.results["metrics"]["experts"] == 4


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_examples_run(path: Path, tmp_path: Path) -> None:
    from geoframe.config import apply_overrides, load_toml

    if path.stem == "table":
        assert (EXAMPLES / "houses.csv").exists()
    table = apply_overrides(
        load_toml(path), [("trainer.steps", 40), ("evaluation.baselines", ["dense-equal-total"])]
    )
    finished = runs.finish(runs.prepare("pathways", table, tmp_path / "run"))
    assert finished.results["metrics"]["experts"] >= 1


def test_a_reference_row_is_measured(tmp_path: Path) -> None:
    table = TABLES[0]
    (row,) = [row for row in table.rows if row.name == "Himmelblau 2-D, 4x63"]
    measured = measure("pathways", table, row, folder=tmp_path, seeds=1, quick=True)
    assert not measured.errors
    assert measured.measured["rmse_relative"].mean < 0.5


def test_templates_are_valid_toml() -> None:
    from geoframe.config import render_template
    from geoframe_registry.discovery import component_names, find

    text = render_template(NeuralPathways.Config, find, component_names, title="pathways")
    assert tomllib.loads(text)["trainer"]["name"] == "stacked"


@pytest.mark.slow
def test_protein_is_predicted_better_than_by_boosting_or_one_network(tmp_path: Path) -> None:
    if "GEOFRAME_DATA" not in os.environ:
        pytest.skip("needs the UCI tables below $GEOFRAME_DATA")
    options = {
        "data": {"dataset": {"name": "uci-regression", "table": "protein-tertiary-structure"}},
        "pathways": {"experts": [8], "width": 64},
        "trainer": {"steps": 800},
        "evaluation": {"baselines": ["dense-equal-active", "hist-gradient-boosting"]},
    }
    metrics = a_run(tmp_path / "run", options).results["metrics"]
    assert metrics["rmse"] < metrics["rmse_hist_gradient_boosting"]
    assert metrics["rmse"] < metrics["rmse_dense_equal_active"]
