"""The method from end to end, on the wines of geoframe-lgi's examples, with few steps."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from click.testing import CliRunner

from geoframe import open_run, run_method
from geoframe.run.directory import Run
from geoframe.trained import Trained
from geoframe_cli.app import main
from geoframe_lgi.data import load_rows

EXAMPLES = Path(__file__).parents[2] / "geoframe-lgi" / "examples"
WINES = {"path": str(EXAMPLES / "wines.csv"), "id": "sample", "target": "cultivar"}
SPACES = [{"name": "euclidean", "dim": 3}, {"name": "snowflake", "dim": 3}]


def config(**tables: Any) -> dict[str, Any]:
    return {
        "data": WINES,
        "trainer": {"steps": 30},
        "graph": {"passes": 2},
        "evaluation": {"trainer": {"steps": 40}, "peers": False},
        **tables,
    }


@pytest.fixture(scope="module", autouse=True)
def without_pictures() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Run, "write_figure", lambda *_: None)
        yield


@pytest.fixture(scope="module")
def screened(tmp_path_factory: pytest.TempPathFactory) -> Run:
    tables = config(ames={"spaces": SPACES, "latent": True, "sharpness": 0})
    return run_method("ames", tables, path=tmp_path_factory.mktemp("ames") / "run")


def test_screened_branches_are_kept_and_predict_the_same_when_opened(screened: Run) -> None:
    metrics = screened.results["metrics"]
    assert metrics["accuracy"] > 0.85
    trained = open_run(screened.path).load()
    assert isinstance(trained, Trained)
    expected = {"mlp", "knn-gcn", "knn-smooth", "knn-hops", "knn-labels", "logistic", "forest"}
    assert set(trained.model.names) == {*expected, "euclidean", "snowflake"}
    frame = trained.apply(str(EXAMPLES / "new_wines.csv"))
    assert frame.loc["wine-005", "prediction"] == "Barolo"
    probabilities = frame[[name for name in frame if name.startswith("probability")]]
    assert np.allclose(probabilities.sum(axis=1), 1)


def test_kept_linear_models_and_forests_are_scikit_learn_s(screened: Run) -> None:
    from geoframe_lgi.baselines.classical import fitted_estimators, scores_of
    from geoframe_lgi.store import read_rows

    task, _, _ = read_rows(screened)
    train = screened.read_tensors("model")["train"].numpy()
    kept = open_run(screened.path).load().model.predict(task.features)
    for name in ("logistic", "forest"):
        estimators = fitted_estimators(name, task, train, 0)
        assert np.allclose(kept[name], scores_of(estimators, task, task.features), atol=1e-5)


@pytest.mark.parametrize("fusion", ["semantic", "node", "hard"])
def test_attention_networks_rank_branches_and_predict_new_rows(fusion: str, tmp_path: Path) -> None:
    layout = "blocks" if fusion == "node" else "streams"
    options = {"fusion": fusion, "layout": layout, "warmup_uniform": 10, "spaces": SPACES}
    run = run_method("ames", config(ames=options), path=tmp_path / "run")
    rows = run.results["tables"]["branches"]
    assert {row["branch"] for row in rows} == {"near", "euclidean", "snowflake"}
    assert np.isclose(sum(row["attention"] for row in rows), 1.0, atol=1e-5)
    assert rows == sorted(rows, key=lambda row: -row["ablation"])
    frame = run.load().apply(EXAMPLES / "new_wines.csv")
    assert (frame.loc[["wine-005", "wine-053"], "prediction"] == "Barolo").all()
    if fusion != "node":  # node attention in blocks is exported the same way
        exported_network_predicts_as_the_run(run, tmp_path / "out")


def exported_network_predicts_as_the_run(run: Run, folder: Path) -> None:
    written = {path.name for path in run.method.export(run, folder)}
    assert {"network-0.pt2", "embedding_merged.parquet", "embedding_snowflake.parquet"} <= written
    objective = run.load().model.networks()[0]
    found = objective.passes_of()[0]
    program = torch.export.load(folder / "network-0.pt2").module()
    logits = program(objective.features, [edges.index for edges in found.graphs])
    assert torch.allclose(logits, found.logits, atol=1e-4)


def test_screened_branches_are_exported_as_graphs_and_points(screened: Run, tmp_path: Path) -> None:
    import networkx as nx

    screened.method.export(screened, tmp_path)
    edges = pd.read_csv(tmp_path / "edges.csv")
    assert set(edges["graph"]) == {"near", "euclidean", "snowflake"}
    graph = nx.read_graphml(tmp_path / "graph.graphml")
    assert (len(graph), graph.number_of_edges()) == (158, len(edges))
    near = edges[edges["graph"] == "near"]
    assert set(zip(near["source"], near["target"], strict=True)) == set(
        zip(near["target"], near["source"], strict=True)
    )
    for name, width in (("mlp", 64), ("euclidean", 3)):
        assert pd.read_parquet(tmp_path / f"embedding_{name}.parquet").shape == (158, width)


def test_a_mixture_without_latent_branches_is_exported_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("geoframe_lgi.baselines.classical.TREES", 4)
    quick = {"trainer": {"steps": 4}}
    tables = config(ames={"sharpness": 0}, evaluation=quick)
    run = run_method("ames", tables, path=tmp_path / "run")
    written = {path.name for path in run.method.export(run, tmp_path / "out")}
    assert {"mixture.pt2", "encoder.json", "README.md"} <= written
    predicted = run.load().apply(EXAMPLES / "new_wines.csv")
    program = torch.export.load(tmp_path / "out" / "mixture.pt2").module()
    encoder = json.loads((tmp_path / "out" / "encoder.json").read_text())
    rows = pd.read_csv(EXAMPLES / "new_wines.csv")[encoder["names"]].to_numpy()
    features = np.clip((rows - encoder["mean"]) / np.array(encoder["spread"]), -10, 10)
    wanted = predicted[[f"probability_{name}" for name in encoder["outputs"]]]
    for count in (1, len(rows)):
        scores = program(torch.tensor(features[:count], dtype=torch.float32))
        assert np.allclose(scores.numpy(), wanted[:count], atol=1e-5)


def test_select_answers_and_trains_the_choice_alone(screened: Run) -> None:
    asked = CliRunner().invoke(main, ["ames", "select", str(screened.path), "--json"])
    assert asked.exit_code == 0, asked.output
    answer = json.loads(asked.stdout)
    assert answer["chosen"] in ("euclidean", "snowflake")
    assert {row["geometry"] for row in answer["ranking"]} == {"euclidean", "snowflake"}
    assert 0 <= answer["accuracy"]["alone"] <= 1


@pytest.mark.slow
@pytest.mark.parametrize("fusion", ["screened", "semantic"])
def test_a_killed_run_of_several_branches_resumes_to_the_bit(fusion: str, tmp_path: Path) -> None:
    text = (
        f'data = {{ path = "{WINES["path"]}", id = "sample", target = "cultivar" }}\n'
        "trainer = { steps = 40, checkpoint_every = 4, patience = 0 }\n"
        "graph = { passes = 2 }\n"
        "evaluation = { peers = false, trainer = { steps = 40, checkpoint_every = 4 } }\n"
        f'ames = {{ fusion = "{fusion}", latent = true, warmup_uniform = 10 }}\n'
    )
    (tmp_path / "x.toml").write_text(text)
    last = "sphere-0" if fusion == "screened" else "network-0"
    command = [sys.executable, "-m", "geoframe_cli", "run", "ames", "--quiet"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    config = ["--config", str(tmp_path / "x.toml"), "--run-dir"]
    process = subprocess.Popen([*command, *config, str(tmp_path / "killed")], env=environment)
    folder = tmp_path / "killed" / "parts" / "split-0" / "parts" / last / "checkpoints"
    deadline = time.monotonic() + 120
    while not (folder.exists() and list(folder.iterdir())) and time.monotonic() < deadline:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "killed" / "results.json").exists()
    resumed = [*command, *config, str(tmp_path / "killed"), "--resume"]
    subprocess.run(resumed, check=True, env=environment)
    subprocess.run([*command, *config, str(tmp_path / "whole")], check=True, env=environment)
    killed = open_run(tmp_path / "killed").read_tensors("model")
    whole = open_run(tmp_path / "whole").read_tensors("model")
    assert killed.keys() == whole.keys()
    assert all(torch.equal(killed[name], whole[name]) for name in whole)


def test_the_example_is_a_config_of_the_method() -> None:
    from geoframe_registry import runs

    example = Path(__file__).parents[1] / "examples" / "wines.toml"
    from geoframe.config import load_toml

    _, options = runs.configure("ames", load_toml(example))
    assert len(load_rows(options.data).task) == 158
