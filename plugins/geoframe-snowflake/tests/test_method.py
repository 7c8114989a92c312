import csv
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from geoframe import ConfigError, DataError, open_run, run_method
from geoframe.run.directory import Run
from geoframe_registry import reproduce
from geoframe_snowflake.data import load_metric
from geoframe_snowflake.datasets import MetricGraph, MetricPoints, of_euclidean
from geoframe_snowflake.metric.cleaning import graph_metric

TREE = {"name": "metric-graph", "graph": "binary-tree", "size": 3}


def run(path: Path, **tables: Any) -> Run:
    config = {
        "data": {"dataset": TREE},
        "trainer": {"steps": 20, **tables.pop("trainer", {})},
        "compare": tables.pop("compare", []),
        **tables,
    }
    return run_method("snowflake", config, path=path)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Run:
    compare = [
        {"name": "euclidean", "dim": 3},
        {"name": "hyperboloid", "dim": 3, "learnable": True},
        {"name": "snowflake-v2", "dim": 3},
        {"name": "snowflake-spline", "dim": 3},
    ]
    path = tmp_path_factory.mktemp("runs") / "tree"
    return run(
        path,
        compare=compare,
        geometry={"name": "snowflake", "dim": 3, "power": "metric"},
        trainer={"steps": 80},
    )


def test_names_that_look_like_formulas_are_drawn(tmp_path: Path) -> None:
    names = [r"a$\frac$", "b$", "c", "d"]
    rows = [[name, *(abs(i - j) for j in range(4))] for i, name in enumerate(names)]
    with (tmp_path / "distances.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["", *names], *rows])
    data = {"path": str(tmp_path / "distances.csv")}
    made = run_method("snowflake", {"data": data}, path=tmp_path / "run")
    assert r"a$\frac$" in (made.path / "figures" / "embedding.svg").read_text()


def test_results_are_what_the_finished_run_measures_again(finished: Run) -> None:
    metrics = finished.results["metrics"]
    trained = open_run(finished.path).load()
    metric = load_metric(finished.config.data)
    first, second = np.triu_indices(len(metric), 1)
    given = metric.matrix()[first, second]
    names = np.array(metric.names)
    asked = names[first].tolist(), names[second].tolist()
    found = trained.distance(*asked)["distance"].to_numpy()
    ratio = found / given
    assert metrics["distortion_worst_pairs"] == pytest.approx(ratio.max() / ratio.min(), rel=1e-5)
    assert metrics["mse"] == pytest.approx(((found - given) ** 2).mean(), rel=1e-4)
    assert metrics["target_variance"] == pytest.approx(given.var())
    assert metrics["exact_error"] < 1e-12
    exact = trained.exact.distance(*asked)["distance"].to_numpy()
    assert np.abs(exact - given).max() < 1e-12
    assert metrics["relaxation_promised"] == 1  # a metric by default
    assert metrics["relaxation_found"] <= 1 + 1e-5


def test_training_beats_the_best_constant(finished: Run) -> None:
    metrics = finished.results["metrics"]
    assert metrics["mse"] < 0.5 * metrics["target_variance"]
    rows = finished.results["tables"]["comparison"]
    assert [row["geometry"] for row in rows[1:]] == [
        *("snowflake", "euclidean", "hyperboloid", "snowflake-v2", "snowflake-spline"),
        *("classical scaling", "SMACOF (4 starts)"),
    ]
    for row in rows[:-2]:
        assert row["K_found"] <= row["K_promised"] * (1 + 1e-4)


def test_the_report_has_its_pictures(finished: Run) -> None:
    drawn = {path.stem for path in (finished.path / "figures").glob("*.svg")}
    assert {"distortion", "learned-curve", "embedding"} <= drawn
    assert (finished.path / "report.html").exists()
    assert any("closest to" in note for note in finished.results["notes"])


def test_queries(finished: Run) -> None:
    trained = finished.load()
    near = trained.nearest(["0", "4"], 3)
    matrix = trained.matrix()
    own = near[near["name"] == "0"]
    assert own["distance"].tolist() == pytest.approx(np.sort(matrix[0])[1:4], rel=1e-5)
    again = trained.distance("0", own["neighbor"].tolist())
    assert again["distance"].tolist() == pytest.approx(own["distance"].tolist(), rel=1e-5)
    assert trained.matrix(["3", "5"])[0, 1] == pytest.approx(
        trained.distance("3", "5")["distance"].item()
    )
    with pytest.raises(DataError, match="no item 'zero'"):
        trained.nearest("zero")
    with pytest.raises(DataError, match=r"embedder\.name=mlp"):
        trained.embed(np.zeros((1, 2), dtype=np.float32))


def test_new_items_by_distance_and_by_edge(tmp_path: Path) -> None:
    finished = run(tmp_path / "run", snowflake={"train": False})
    trained = finished.load()
    # An item with the distances of a known one is placed on it.
    known = trained.names
    distances = trained.distance("7", known)["distance"].to_numpy()[None]
    placed = trained.place(known, distances)
    assert np.abs(placed - trained.points_of(["7"])).max() < 0.05
    table = tmp_path / "new.csv"
    table.write_text("name," + ",".join(known) + "\nnew," + ",".join(map(str, distances[0])))
    again = trained.apply(table)
    assert again.to_numpy() == pytest.approx(placed, abs=1e-3)
    edges = tmp_path / "edges.csv"
    edges.write_text("source,target,weight\n7,leaf,1\n")
    found = trained.apply(str(edges))
    assert found.index.tolist() == ["leaf"]
    model = trained.embedding
    to_known = model.distance(torch.tensor(found.to_numpy()), trained.points).numpy()
    assert to_known == pytest.approx(distances[0] + 1, rel=0.2)
    known_only = tmp_path / "names.csv"
    known_only.write_text("name\n3\n4\n")
    assert trained.apply(known_only).shape == (2, trained.points.shape[1])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("source,target\n1,2\n", "both"),
        ("source,target\nx,1O\n", "neither is an item.*; did you mean '1"),
        ("name,nobody\nx,1\n", "new.csv: no item 'nobody'"),
        ("name,1\nx,-1\n", "not negative"),
        ("name,1\nx,far\n", "not a number"),
    ],
)
def test_bad_new_items(finished: Run, tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "new.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        finished.method.apply(finished, path)


def test_export(finished: Run, tmp_path: Path) -> None:
    files = finished.method.export(finished, tmp_path)
    names = {path.name for path in files}
    assert names == {
        *("coordinates.parquet", "coordinates.npz", "vectors.txt", "curve.csv", "exact.npz"),
        *("model.safetensors", "items.json"),
    }
    with np.load(tmp_path / "exact.npz") as exact:
        points, exponent = exact["point"], float(exact["exponent"])
    distances = np.linalg.norm(points[:, None] - points, axis=-1) ** exponent
    tree = graph_metric(MetricGraph(graph="binary-tree", size=3).load())
    np.testing.assert_allclose(distances, tree.matrix(), atol=1e-12)
    with (tmp_path / "curve.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert float(rows[0]["distance"]) == 0
    assert json.loads((tmp_path / "items.json").read_text())[0] == "0"


def test_an_encoder_embeds_unseen_points(tmp_path: Path) -> None:
    finished = run(
        tmp_path / "run",
        data={"dataset": {"name": "metric-points", "dim": 5, "points": 20, "fresh": 20}},
        embedder={"name": "mlp", "hidden": 16, "layers": 1},
        geometry={"name": "snowflake-spline", "dim": 3},
        trainer={"steps": 300, "learning_rate": 0.01},
        snowflake={"exact": False, "loss": "squared"},
    )
    metrics = finished.results["metrics"]
    assert metrics["mse"] < metrics["mse_fresh"] < 10 * metrics["target_variance"]
    path = tmp_path / "points.csv"
    np.savetxt(path, np.zeros((2, 5)), delimiter=",", header="a,b,c,d,e", comments="")
    assert finished.method.apply(finished, path).shape == (2, 3)


def test_features_may_be_the_coordinates(tmp_path: Path) -> None:
    points = {"dataset": {"name": "metric-points", "metric": "m1", "dim": 4}}
    options = {"exact": False, "encode": False, "loss": "squared"}
    finished = run(
        tmp_path / "run", data=points, snowflake=options, geometry={"name": "snowflake", "dim": 4}
    )
    assert finished.results["metrics"]["mse"] < 1e-3
    np.testing.assert_allclose(
        finished.load().points, MetricPoints(metric="m1", dim=4).load().points, rtol=1e-6
    )
    with pytest.raises(ConfigError, match=r"geometry.dim: 3, but the items have 4"):
        run(
            tmp_path / "other",
            data=points,
            snowflake=options,
            geometry={"name": "snowflake", "dim": 3},
        )


def test_a_resumed_run_gives_the_same(tmp_path: Path) -> None:
    config: dict[str, Any] = {
        "data": {"dataset": TREE},
        "trainer": {"steps": 30, "checkpoint_every": 10},
        "compare": [],
        "geometry": {"name": "snowflake"},
        "snowflake": {"curve_steps": 20},
    }
    whole = run_method("snowflake", config, path=tmp_path / "whole")
    part = run_method("snowflake", config, path=tmp_path / "part")
    (part.path / "results.json").unlink()
    *_, earlier, last = sorted((part.path / "checkpoints").iterdir())
    shutil.rmtree(last)
    assert earlier.name < last.name
    again = run_method("snowflake", config, path=tmp_path / "part", resume=True)
    assert torch.equal(whole.load().points, again.load().points)


def test_beyond_the_limit_landmarks_stand_in_and_trees_stay_exact(tmp_path: Path) -> None:
    limits = {"exact_limit": 10, "landmarks": 6}
    finished = run(tmp_path / "run", snowflake=limits, geometry={"dim": 3})
    assert finished.results["metrics"]["tree_error"] < 1e-12
    notes = " ".join(finished.results["notes"])
    assert "landmarks" in notes
    assert "tree" in notes
    exact = finished.load().exact
    assert exact is not None
    assert exact.points.shape[0] == 15


def test_wrong_configs_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="negative distances"):
        run(tmp_path / "a", geometry={"name": "minkowski", "dim": 3})
    with pytest.raises(ConfigError, match=r"frozen.*exponents"):
        run(
            tmp_path / "b",
            geometry={"name": "snowflake", "dim": 3},
            snowflake={"frozen": ["nothing"]},
        )
    with pytest.raises(ConfigError, match="one of exact and train"):
        run(tmp_path / "c", snowflake={"exact": False, "train": False})
    with pytest.raises(DataError, match=r"needs features.*data.nodes"):
        run(tmp_path / "d", embedder={"name": "mlp"})


def test_double_precision_finetunes_an_exact_embedding(tmp_path: Path) -> None:
    exact = graph_metric(MetricGraph(graph="star").load())
    finished = run(
        tmp_path / "run",
        data={"dataset": {"name": "metric-graph", "graph": "star"}},
        geometry={"name": "snowflake-power", "dim": 2, "exponent": 1.2, "learnable": True},
        snowflake={"double": True, "loss": "squared"},
        trainer={"steps": 400, "learning_rate": 0.03},
    )
    assert len(exact) == 4
    assert finished.results["metrics"]["mse"] < 1e-6
    assert finished.load().points.dtype == torch.float64


def test_published_parameter_counts(tmp_path: Path) -> None:
    (table,) = reproduce.tables("snowflake", "synthetic")
    rows = [row for row in table.rows if row.published and row.name.startswith("m4")]
    assert len(rows) == 3
    for row in rows:
        quick = {**row.overrides, "trainer.steps": 1, "snowflake.curve_steps": 0}
        quick["data.dataset"] = {**row.overrides["data.dataset"], "points": 8, "fresh": 0}
        small = type(row)(name=row.name, overrides=quick, published=row.published)
        measured = reproduce.measure("snowflake", table, small, folder=tmp_path, seeds=1)
        assert not measured.errors
        assert measured.measured["parameters"].mean == row.published["parameters"].value
        assert "target_variance" in measured.measured


@pytest.mark.parametrize("formula", ["m1", "m2", "m3", "m4", "m5"])
def test_synthetic_distances_rise_from_zero_without_a_jump(formula: str) -> None:
    e = np.array([0, 1e-300, 1e-12, 0.5, 1 - 1e-8, 1, 1 + 1e-8, 2, 14])
    values = of_euclidean(e, formula)  # type: ignore[arg-type]
    assert values[0] == 0
    assert (np.diff(values) >= -1e-15).all()
    assert values[5] == pytest.approx(values[4], abs=1e-7)
    assert values[5] == pytest.approx(values[6], abs=1e-7)


def test_the_fourth_synthetic_metric_is_the_published_formula() -> None:
    e = np.array([0.3, 2.0, 14.1])
    np.testing.assert_allclose(of_euclidean(e, "m4"), 1 - np.exp((1 - e) / np.log(e)))


def test_both_distances_of_a_pair_are_kept(tmp_path: Path) -> None:
    # Places on a line, and a height that costs to climb: the way there is not the way back.
    place, height = np.random.default_rng(0).uniform(0, 3, (2, 14))
    climb = np.maximum(height - height[:, None], 0)
    distances = np.abs(place - place[:, None]) + 0.5 * climb
    np.savez(tmp_path / "roads.npz", distances=distances)
    data = {"path": str(tmp_path / "roads.npz"), "asymmetry": "keep"}
    directed = {"name": "snowflake-directed", "space": {"name": "euclidean", "dim": 2}}
    config: dict[str, Any] = {
        "data": data,
        "geometry": directed,
        "trainer": {"steps": 600, "learning_rate": 0.02},
    }
    finished = run(tmp_path / "run", **config)
    metrics = finished.results["metrics"]
    assert metrics["pairs_measured"] == 14 * 13
    trained = open_run(finished.path).load()
    up, down = trained.distance(["0", "1"], ["1", "0"])["distance"]
    assert up - down == pytest.approx(distances[0, 1] - distances[1, 0], abs=0.3)
    assert metrics["relative_error_mean_pairs"] < 0.15
    rows = {row["geometry"]: row for row in finished.results["tables"]["comparison"]}
    assert metrics["stress_pairs"] < 0.5 * rows["SMACOF (4 starts)"]["stress_pairs"]
    assert "mean of the two" in " ".join(finished.results["notes"])
    with pytest.raises(ConfigError, match=r"geometry\.name=snowflake-directed"):
        run(tmp_path / "other", data=data)
    with pytest.raises(ConfigError, match="take mean, min or max"):
        run(tmp_path / "exact", data=data, geometry=directed, snowflake={"train": False})
