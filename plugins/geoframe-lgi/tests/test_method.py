"""The method from end to end, on the wines of the examples, with few steps."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

from geoframe import ConfigError, DataError, open_run, run_method
from geoframe.run.directory import Run
from geoframe.trained import Trained
from geoframe_lgi.workflow import FEW_ROWS, fitting_threads

EXAMPLES = Path(__file__).parents[1] / "examples"
WINES = {"path": str(EXAMPLES / "wines.csv"), "id": "sample", "target": "cultivar"}
QUICK = {"steps": 30, "checkpoint_every": 10}


def config(**tables: Any) -> dict[str, Any]:
    return {
        "data": WINES,
        "trainer": QUICK,
        "evaluation": {"peers": ["mlp", "logistic", "unlearned-graph"]},
        "graph": {"passes": 3},
        **tables,
    }


@pytest.fixture(scope="module", autouse=True)
def without_pictures() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Run, "write_figure", lambda *_: None)
        yield


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_method("lgi", config(), path=tmp_path_factory.mktemp("lgi") / "run")


def test_it_predicts_wines_and_says_how_its_peers_did(run: Run) -> None:
    metrics = run.results["metrics"]
    assert metrics["accuracy"] > 0.85
    assert {"best_peer", "difference", "learning_gain", "homophily"} <= set(metrics)
    models = [row["model"] for row in run.results["tables"]["comparison"]]
    assert models == ["latent graph", "mlp", "logistic", "unlearned-graph"]
    assert any("graph" in note and "standard error" in note for note in run.results["verdict"])


def test_new_rows_are_predicted_with_their_reasons_whatever_their_company(run: Run) -> None:
    trained = run.load()
    assert isinstance(trained, Trained)
    together = trained.apply(EXAMPLES / "new_wines.csv")
    assert list(together.columns[:1]) == ["prediction"]
    assert together.loc["wine-005", "prediction"] == "Barolo"
    assert "Barolo" in together.loc["wine-005", "neighbors"]
    alone = trained.apply(pd.read_csv(EXAMPLES / "new_wines.csv").iloc[3:5].set_index("sample"))
    numbers = [name for name in together if name.startswith("probability")]
    expected = together.iloc[3:5][numbers].to_numpy()
    assert alone[numbers].to_numpy() == pytest.approx(expected, abs=1e-5)
    again = open_run(run.path).load().apply(str(EXAMPLES / "new_wines.csv"))
    pd.testing.assert_frame_equal(again, together)


def test_few_rows_are_fitted_by_one_thread() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with fitting_threads(FEW_ROWS):
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 2
        with fitting_threads(FEW_ROWS + 1):
            assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_questions_about_the_graph(run: Run) -> None:
    trained = run.load()
    near = trained.neighbors("wine-000", 5)
    assert (near["target"] == "Barolo").mean() > 0.5
    assert (near["share"] <= 1).all()
    with pytest.raises(DataError, match="did you mean 'wine-000'"):
        trained.neighbors("wine-0000")


def test_export_writes_what_other_tools_read(run: Run, tmp_path: Path) -> None:
    import networkx as nx

    written = run.method.export(run, tmp_path / "out")
    assert [path.name for path in written] == [
        "edges.csv",
        "graph.graphml",
        "points.parquet",
        "predictions.parquet",
        "network.pt2",
    ]
    graph = nx.read_graphml(tmp_path / "out" / "graph.graphml")
    edges = pd.read_csv(tmp_path / "out" / "edges.csv")
    assert len(graph) == 158
    assert graph.number_of_edges() == len(edges)
    program = torch.export.load(tmp_path / "out" / "network.pt2").module()
    trained = run.load()
    objective = trained.objectives[0]
    sample = objective.passes_of()[0]
    logits = program(objective.features, sample.samples[0].edges.neighbors)
    assert torch.allclose(logits, sample.logits, atol=1e-4)


@pytest.mark.slow
def test_a_killed_run_resumes_to_the_bit(tmp_path: Path) -> None:
    path = tmp_path / "killed"
    text = (
        f'data = {{ path = "{WINES["path"]}", id = "sample", target = "cultivar" }}\n'
        "trainer = { steps = 30, checkpoint_every = 5, patience = 0 }\n"
        'evaluation = { seeds = 2, peers = ["mlp"] }\n'
        "graph = { passes = 2 }\n"
    )
    (tmp_path / "x.toml").write_text(text)
    command = [sys.executable, "-m", "geoframe_cli", "run", "lgi", "--quiet"]
    options = ["--config", str(tmp_path / "x.toml"), "--run-dir", str(path)]
    process = subprocess.Popen([*command, *options], env={**os.environ, "OMP_NUM_THREADS": "1"})
    second = path / "parts" / "split-0" / "parts" / "latent-1" / "checkpoints"
    deadline = time.monotonic() + 120
    while not (second.exists() and list(second.iterdir())) and time.monotonic() < deadline:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (path / "results.json").exists()
    for directory, resume in ((path, ["--resume"]), (tmp_path / "whole", [])):
        options = ["--config", str(tmp_path / "x.toml"), "--run-dir", str(directory), *resume]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        subprocess.run([*command, *options], check=True, env=environment)
    killed = open_run(path).read_tensors("model")
    whole = open_run(tmp_path / "whole").read_tensors("model")
    assert killed.keys() == whole.keys()
    assert all(torch.equal(killed[name], whole[name]) for name in whole)


@pytest.mark.parametrize(
    "tables",
    [
        {"geometry": {"name": "snowflake", "dim": 4}, "graph": {"power": 1, "passes": 2}},
        {
            "geometry": {
                "name": "product",
                "factors": [{"name": "hyperboloid", "dim": 2}, {"name": "sphere", "dim": 2}],
                "learnable": True,
            },
            "graph": {"passes": 2},
        },
        {"graph": {"module": "continuous", "passes": 1}},
        {"network": {"layer": "gat", "widths": [8, 8, 8], "modules": 2}, "graph": {"passes": 2}},
        {"embedder": {"name": "graph-layers"}, "graph": {"encoder_graph": "sampled", "passes": 2}},
    ],
    ids=["snowflake", "product", "continuous", "gat", "graph-layers"],
)
def test_variants_run_and_predict_new_rows(tables: dict[str, Any], tmp_path: Path) -> None:
    chosen = config(**tables)
    chosen["evaluation"] = {"peers": []}
    chosen["trainer"] = {"steps": 12}
    run = run_method("lgi", chosen, path=tmp_path / "run")
    frame = run.load().apply(EXAMPLES / "new_wines.csv")
    assert len(frame) == 20
    assert frame["prediction"].isin(["Barolo", "Grignolino", "Barbera"]).all()
    if "graph-layers" in str(tables) or "continuous" in str(tables):
        written = {path.name for path in run.method.export(run, tmp_path / "out")}
        assert {"points.parquet", "predictions.parquet"} <= written
        assert ("edges.csv" in written) == ("continuous" not in str(tables))


def test_regression_and_labels(tmp_path: Path) -> None:
    frame = pd.read_csv(EXAMPLES / "wines.csv")
    frame["strong"] = (frame["alcohol"] > 13).astype(int)
    frame["dark"] = (frame["color_intensity"] > 5).astype(int)
    frame.to_csv(tmp_path / "wines.csv", index=False)
    chemistry = ["malic_acid", "flavanoids", "hue", "od280", "total_phenols", "ash", "magnesium"]
    base = {"path": str(tmp_path / "wines.csv"), "id": "sample", "features": chemistry}
    for target, name, least in ((["proline"], "r2", 0.2), (["strong", "dark"], "auc", 0.7)):
        data = {**base, "target": target}
        tables = config(data=data, trainer={"steps": 120})
        run = run_method("lgi", tables, path=tmp_path / name)
        assert run.results["metrics"][name] > least
        applied = run.load().apply(EXAMPLES / "new_wines.csv")
        assert set(applied.columns) >= ({"prediction"} if name == "r2" else set(target))


def test_wrong_wishes_are_one_line(tmp_path: Path) -> None:
    wrong = [
        ({"data": {**WINES, "target": ["cultivr"]}}, DataError, "did you mean 'cultivar'"),
        ({"evaluation": {"peers": ["gcn"]}}, ConfigError, "'gcn' needs a graph"),
        ({"data": {**WINES, "group": "wine"}}, DataError, "no column 'wine'"),
        ({"graph": {"k": 200}}, DataError, "lower graph.k"),
    ]
    for number, (tables, error, message) in enumerate(wrong):
        with pytest.raises(error, match=message) as told:
            run_method("lgi", config(**tables), path=tmp_path / str(number))
        assert "\n" not in str(told.value)


def test_test_rows_may_stand_in_a_file_of_their_own(tmp_path: Path) -> None:
    frame = pd.read_csv(EXAMPLES / "wines.csv")
    frame.iloc[::4].to_csv(tmp_path / "test.csv", index=False)
    frame.drop(frame.index[::4]).to_csv(tmp_path / "train.csv", index=False)
    data = {**WINES, "path": str(tmp_path / "train.csv"), "test_path": str(tmp_path / "test.csv")}
    tables = config(data=data, evaluation={"peers": ["logistic"]}, trainer={"steps": 60})
    run = run_method("lgi", tables, path=tmp_path / "run")
    trained = run.load()
    assert len(trained.task) == len(frame)
    assert run.read_tensors("model")["train"].sum() == len(frame) - len(frame.iloc[::4])
    assert run.results["metrics"]["accuracy"] > 0.8


def test_a_held_out_row_is_predicted_as_it_would_be_among_the_training_rows(run: Run) -> None:
    trained = run.load()
    frame = trained.to_frame()
    again = trained.predict(trained.task.features, trained.task.names)
    assert (frame["prediction"] == again["prediction"]).mean() > 0.95


def test_a_graph_with_features_is_read_and_new_nodes_are_predicted(tmp_path: Path) -> None:
    import numpy as np

    rng = np.random.default_rng(0)
    codes = np.arange(90) % 3
    x = (rng.standard_normal((90, 5)) + 2 * np.eye(5)[codes]).astype(np.float32)
    pairs = rng.integers(0, 90, (200, 2))
    same = pairs[codes[pairs[:, 0]] == codes[pairs[:, 1]]]
    np.savez(tmp_path / "graph.npz", edge_index=same.T, x=x, y=codes)
    np.savez(tmp_path / "new.npz", x=x[:6] + 0.01)
    tables = config(
        data={"path": str(tmp_path / "graph.npz")}, evaluation={"peers": ["gcn", "sage"]}
    )
    run = run_method("lgi", tables, path=tmp_path / "run")
    assert run.results["metrics"]["homophily_given"] == 1.0
    frame = run.load().apply(tmp_path / "new.npz")
    assert (frame["prediction"].astype(str).str[-1] == codes[:6].astype(str)).mean() > 0.6


def test_a_pickle_of_pyg_is_refused_with_what_to_save_instead(tmp_path: Path) -> None:
    torch.save({"x": torch.zeros(2)}, tmp_path / "data.pt")
    with pytest.raises(DataError, match="safetensors"):
        run_method("lgi", config(data={"path": str(tmp_path / "data.pt")}), path=tmp_path / "run")
