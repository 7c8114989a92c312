"""The method from end to end: runs in this process, on small graphs, with few steps.

Pictures take most of the time of so short a run; only the tests about them draw any.
"""

import csv
import json
import re
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import safetensors.numpy
import torch
from click.testing import CliRunner

from geoframe import ConfigError, DataError, open_run, run_method
from geoframe.run.directory import Run
from geoframe_cli.app import main

# Which of five foundations each later step needs; every edge goes from first to second.
STEPS = ["flour", "water", "yeast", "salt", "oil", "starter", "dough", "rest", "loaf", "bake"]
EDGES = [
    ("flour", "starter", 1.0),
    ("water", "starter", 0.5),
    ("flour", "dough", 2.0),
    ("yeast", "dough", 1.5),
    ("salt", "dough", 0.7),
    ("starter", "dough", 1.2),
    ("dough", "rest", 3.0),
    ("rest", "loaf", 1.0),
    ("oil", "loaf", 0.4),
    ("loaf", "bake", 2.5),
    ("water", "bake", 4.0),
]
CYCLE = [*EDGES, ("rest", "dough", 1.0), ("bake", "flour", 2.0)]
WRITE_FIGURE = Run.write_figure
REQUIRED = {
    "spearman_pairs",
    "distortion_symmetric_mean_pairs",
    "distortion_mean_edges",
    "distortion_symmetric_mean_edges",
    "distortion_mean_paper",
    "distortion_std_paper",
    "distortion_max_paper",
    "directionality",
    "directionality_ceiling",
    "closure_recall",
    "false_causality",
    "epochs",
    "seconds",
    "peak_memory_mib",
}


@pytest.fixture(scope="module", autouse=True)
def without_pictures() -> Iterator[pytest.MonkeyPatch]:
    """Draw nothing; a test undoes this to draw."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Run, "write_figure", lambda *_: None)
        yield patch


@pytest.fixture
def pictures() -> Iterator[None]:
    """Draw after all."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Run, "write_figure", WRITE_FIGURE)
        yield


def write_csv(path: Path, header: tuple[str, ...], rows: Any) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DAG, the same with cycles, and a table of its nodes with features and times."""
    folder = tmp_path_factory.mktemp("bread")
    write_csv(folder / "dag.csv", ("source", "target", "weight"), EDGES)
    write_csv(folder / "cyclic.csv", ("source", "target", "weight"), CYCLE)
    generator = np.random.default_rng(0)
    rows = [
        (name, f"2024-01-{day:02d}", *generator.standard_normal(3).round(3))
        for day, name in enumerate(STEPS, start=1)
    ]
    write_csv(folder / "nodes.csv", ("name", "made", "x", "y", "z"), rows)
    return folder


def settings(folder: Path, file: str = "dag.csv", **tables: dict[str, Any]) -> dict[str, Any]:
    data = {"path": str(folder / file), **tables.pop("data", {})}
    trainer = {"steps": 6, **tables.pop("trainer", {})}
    return {"data": data, "trainer": trainer, **tables}


NODES = {"nodes": "nodes.csv", "features": ["x", "y", "z"]}
MODES: dict[str, dict[str, Any]] = {
    "realizer": {},
    "neural": {"nst": {"time": "neural", "time_dim": 3}},
    "hybrid": {"nst": {"time": "hybrid"}},
    "published": {
        "nst": {
            "time": "neural",
            "order_map": "dense",
            "loss": "squared",
            "order_loss": "published",
            "calibrate": False,
        },
        "embedder": {"name": "mlp", "layers": 2},
        "data": NODES,
    },
    "directed": {"nst": {"directed": True, "start": "random"}},
    "directed-neural": {"nst": {"directed": True, "time": "neural"}},
    "minkowski": {"geometry": {"name": "minkowski", "dim": 3}},
    "de-sitter": {"geometry": {"name": "de-sitter", "dim": 4}},
    "hyperboloid": {"geometry": {"name": "hyperboloid", "dim": 3}},
    "product": {
        "geometry": {
            "name": "product",
            "factors": [{"name": "euclidean", "dim": 2}, {"name": "sphere", "dim": 2}],
        }
    },
    "inductive": {"embedder": {"name": "mlp", "layers": 2}, "data": NODES},
    "inductive-hyperboloid": {
        "embedder": {"name": "mlp", "layers": 1},
        "geometry": {"name": "hyperboloid", "dim": 2},
        "data": NODES,
    },
    "paths": {"nst": {"distances": "paths"}},
    "paths-neural": {"nst": {"distances": "paths", "time": "neural", "path_pairs": 30}},
    "batches": {"trainer": {"batch_size": 2, "steps": 12}, "nst": {"time": "neural"}},
    "cyclic-keep": {"file": "cyclic.csv", "data": {"cycles": "keep"}},
    "cyclic-keep-hybrid": {
        "file": "cyclic.csv",
        "data": {"cycles": "keep"},
        "nst": {"time": "hybrid", "time_dim": 3},
    },
    "cyclic-condense": {"file": "cyclic.csv", "data": {"cycles": "condense"}},
    "cyclic-break": {"file": "cyclic.csv", "data": {"cycles": "break"}},
}


def with_paths(folder: Path, mode: dict[str, Any]) -> dict[str, Any]:
    data = dict(mode.get("data", {}))
    if "nodes" in data:
        data["nodes"] = str(folder / data["nodes"])
    return settings(folder, **{**mode, "data": data})


@pytest.fixture(scope="module")
def finished(folder: Path) -> dict[str, Run]:
    """One run of each mode."""
    return {
        name: run_method("nst", with_paths(folder, mode), path=folder / "runs" / name)
        for name, mode in MODES.items()
    }


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_reports_all_measures_and_loads_as_it_was(
    finished: dict[str, Run], mode: str
) -> None:
    run = finished[mode]
    metrics = run.results["metrics"]
    assert metrics.keys() >= REQUIRED
    assert all(np.isfinite(metrics[name]) for name in REQUIRED)
    assert 0 <= metrics["directionality"] <= 1
    assert metrics["directionality"] <= metrics["directionality_ceiling"]

    trained = open_run(run.path).load()
    again = open_run(run.path).load()
    assert torch.equal(trained.points, again.points)
    worst = run.results["tables"]["worst_edges"]
    names = [row[end] for row in worst for end in ("source", "target")]
    distances = trained.distance(names[::2], names[1::2])["distance"]
    np.testing.assert_allclose(distances, [row["distance"] for row in worst], rtol=1e-5)
    ratios = [row["weight"] / row["distance"] for row in worst]
    assert np.mean(ratios) == pytest.approx(metrics["distortion_mean_paper"], rel=1e-5)


@pytest.mark.parametrize(
    "mode",
    [
        mode
        for mode in MODES
        if mode not in {"neural", "published", "batches", "hybrid", "paths-neural"}
    ],
)
def test_closed_form_time_is_exact(finished: dict[str, Run], mode: str) -> None:
    metrics = finished[mode].results["metrics"]
    if mode in {"minkowski", "de-sitter", "directed-neural", "cyclic-keep-hybrid"}:
        assert "closed_form" not in finished[mode].read_tensors("model")
        return
    assert metrics["closure_recall"] == 1
    assert metrics["false_causality"] == 0
    assert metrics["directionality"] == metrics["directionality_ceiling"]
    assert (metrics["directionality"] < 1) == (mode == "cyclic-keep")


def test_training_lowers_the_distortion_and_learns_the_order(folder: Path, tmp_path: Path) -> None:
    options = {"time": "neural", "time_dim": 4}
    config = settings(folder, trainer={"steps": 200}, nst=options)
    run = run_method("nst", config, path=tmp_path / "run")
    metrics = run.results["metrics"]
    assert metrics["false_causality"] < 0.1
    assert metrics["distortion_symmetric_mean_edges"] < 1.05
    assert metrics["directionality"] == 1
    losses = [line["loss"] for line in run.metrics()]
    assert losses[-1] < 0.5 * losses[0]


def test_distances_off_the_edges_are_better_where_paths_are_fitted(
    folder: Path, tmp_path: Path
) -> None:
    found = {}
    for fitted in ("edges", "paths"):
        config = settings(folder, trainer={"steps": 80}, nst={"distances": fitted})
        config["evaluation"] = {"path_pairs": 1000}
        results = run_method("nst", config, path=tmp_path / fitted).results
        found[fitted] = results["metrics"]
        assert results["metrics"]["closure_recall"] == 1
        advised = any("nst.distances=paths" in line for line in results["advice"])
        assert advised == (fitted == "edges" and found["edges"]["spearman_pairs"] < 0.9)
    name = "distortion_symmetric_mean_pairs"
    assert found["paths"][name] < min(1.1, found["edges"][name])
    assert found["paths"]["spearman_pairs"] > 0.9


def test_a_seed_decides_the_result_and_a_resumed_run_equals_it(
    folder: Path, tmp_path: Path, finished: dict[str, Run]
) -> None:
    for mode in ("realizer", "hybrid"):
        config = with_paths(folder, MODES[mode])
        config["trainer"] = {**config["trainer"], "checkpoint_every": 4}
        whole = run_method("nst", config, path=tmp_path / f"{mode}-whole")
        assert torch.equal(whole.load().points, finished[mode].load().points)
        # Killed after step 4: the last checkpoint is there, everything later is not.
        for name in ("results.json", "model.safetensors", "items.json"):
            (whole.path / name).unlink()
        shutil.rmtree(whole.path / "checkpoints/step-000000000006")
        assert whole.checkpoints.last().step == 4
        resumed = run_method("nst", config, path=whole.path, resume=True)
        assert torch.equal(resumed.load().points, finished[mode].load().points)
    other = run_method("nst", {**with_paths(folder, {}), "seed": 1}, path=tmp_path / "other").load()
    assert not torch.equal(other.points, finished["realizer"].load().points)


def test_the_manifest_tells_data_and_repairs(finished: dict[str, Run]) -> None:
    manifest = finished["cyclic-break"].manifest
    assert manifest["data"]["nodes"] == 10
    assert manifest["data"]["edges"] == len(CYCLE) - 1
    assert "removed 1 of 13 edges" in manifest["repairs"][0]
    assert manifest["repairs"][0] in finished["cyclic-break"].results["notes"]
    assert len(finished["cyclic-condense"].read_json("items")) < len(STEPS)


@pytest.mark.usefixtures("pictures")
def test_the_report_is_one_file_with_pictures_and_the_comparison_with_known_times(
    folder: Path, tmp_path: Path
) -> None:
    data = {**NODES, "nodes": str(folder / "nodes.csv"), "time": "made"}
    run = run_method("nst", settings(folder, data=data), path=tmp_path / "run")
    assert 0.5 < run.results["metrics"]["time_spearman"] <= 1
    report = (run.path / "report.html").read_text(encoding="utf-8")
    for name in ("distortion_mean_edges", "time_spearman", "worst_edges"):
        assert name in report
    pictures = {"distortion", "error_per_edge", "space_and_time", "learned_and_given_time"}
    assert pictures <= {path.stem for path in (run.path / "figures").glob("*.svg")}
    assert len(re.findall("<figure", report)) >= len(pictures)
    assert not re.search(r"""<link|<script [^>]*src|src=["'](?!data:)""", report)


@pytest.mark.usefixtures("pictures")
def test_hostile_names_survive_queries_files_and_report(tmp_path: Path) -> None:
    names = ["<script>alert(1)</script>", 'a "quoted", $x^2$ name', "новый\u202eузел", "=1+1", "😀"]
    write_csv(tmp_path / "edges.csv", ("source", "target"), pairwise(names))
    run = run_method("nst", settings(tmp_path, "edges.csv"), path=tmp_path / "run")
    trained = open_run(run.path).load()
    assert trained.names == tuple(names)
    assert trained.precedes(names[0], names[4])["precedes"].item()
    assert trained.nearest(names[2], after=True)["neighbor"].tolist() in (
        names[3:],
        names[:2:-1],
    )
    assert "<script>alert" not in (run.path / "report.html").read_text(encoding="utf-8")
    (tmp_path / "out").mkdir()
    run.method.export(run, tmp_path / "out")
    assert pd.read_parquet(tmp_path / "out/coordinates.parquet")["name"].tolist() == names


def cli(*arguments: object) -> str:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_exported_files_need_no_geoframe(finished: dict[str, Run], tmp_path: Path) -> None:
    run = finished["realizer"]
    out = tmp_path / "exported"
    cli("export", run.path, "-o", out)
    trained = run.load()
    table = pd.read_parquet(out / "coordinates.parquet").set_index("name")
    with np.load(out / "coordinates.npz", allow_pickle=False) as archive:
        arrays = dict(archive)
    weights = safetensors.numpy.load((out / "model.safetensors").read_bytes())
    assert json.loads((out / "items.json").read_text()) == [*trained.names]
    assert arrays["name"].tolist() == [*trained.names] == table.index.tolist()
    times = table.filter(regex="^time_")
    for u in trained.names:
        before = (times.loc[u] <= times).all(axis=1)
        assert before.tolist() == trained.precedes(u, trained.names)["precedes"].tolist()
    points = table.filter(regex="^point_").to_numpy()
    np.testing.assert_array_equal(points, trained.points.numpy())
    np.testing.assert_array_equal(points[:, :4], weights["embedder.rows"])


def test_embedding_looks_trained_nodes_up(finished: dict[str, Run], tmp_path: Path) -> None:
    write_csv(tmp_path / "some.csv", ("name",), [["loaf"], ["salt"]])
    run = finished["neural"]
    cli("apply", run.path, "--data", tmp_path / "some.csv", "-o", tmp_path / "points.parquet")
    table = pd.read_parquet(tmp_path / "points.parquet")
    assert table["name"].tolist() == ["loaf", "salt"]
    expected = run.load().points_of(["loaf", "salt"])
    np.testing.assert_array_equal(table.filter(like="point").to_numpy(), expected)
    write_csv(tmp_path / "bad.csv", ("name",), [["loafs"]])
    with pytest.raises(DataError, match=r"no node 'loafs'.*'loaf'"):
        run.method.apply(run, tmp_path / "bad.csv")


@pytest.mark.parametrize("mode", ["published", "inductive", "inductive-hyperboloid"])
def test_embedding_computes_new_nodes_from_features(
    finished: dict[str, Run], folder: Path, tmp_path: Path, mode: str
) -> None:
    run = finished[mode]
    table = pd.read_csv(folder / "nodes.csv")
    renamed = table.assign(name=[f"new {name}" for name in table["name"]])[::-1]
    renamed.to_csv(tmp_path / "new.csv", index=False)
    found = run.method.apply(run, tmp_path / "new.csv")
    assert found.index.tolist() == renamed["name"].tolist()
    trained = run.load()
    known = trained.points_of([name.removeprefix("new ") for name in found.index])
    space = found.shape[1]
    assert space == known.shape[1] - (0 if mode == "published" else trained.times().shape[1])
    np.testing.assert_allclose(found, known[:, :space], rtol=1e-5, atol=1e-6)
    table[["name", "x", "y"]].to_csv(tmp_path / "few.csv", index=False)
    with pytest.raises(DataError, match="'z'"):
        run.method.apply(run, tmp_path / "few.csv")


def test_what_does_not_fit_together_is_said_before_training(folder: Path, tmp_path: Path) -> None:
    wrong = [
        ({"embedder": {"name": "mlp"}}, DataError, "needs features of the items.*data.nodes"),
        (
            {"geometry": {"name": "minkowski"}, "nst": {"time": "hybrid"}},
            ConfigError,
            "order of its own",
        ),
        (
            {"geometry": {"name": "de-sitter", "dim": 3}, "nst": {"directed": True}},
            ConfigError,
            "order of its own",
        ),
        ({"file": "cyclic.csv"}, DataError, "cycle: .*data.cycles"),
    ]
    for index, (mode, error, message) in enumerate(wrong):
        with pytest.raises(error, match=message):
            run_method("nst", with_paths(folder, mode), path=tmp_path / str(index))
        # Nothing stands in the way of the corrected command.
        assert not (tmp_path / str(index)).exists()


def test_an_inexact_realizer_is_told(tmp_path: Path) -> None:
    # The standard example S_4, a_i < b_j for i != j, needs four coordinates.
    rows = [(f"a{i}", f"b{j}") for i in range(4) for j in range(4) if i != j]
    write_csv(tmp_path / "edges.csv", ("source", "target"), rows)
    notes = {}
    for dim in (0, 2):
        config = settings(tmp_path, "edges.csv", nst={"time_dim": dim})
        results = run_method("nst", config, path=tmp_path / f"run{dim}").results
        assert results["metrics"]["closure_recall"] == 1
        assert (results["metrics"]["false_causality"] > 0) == (dim == 2)
        notes[dim] = " ".join(results["notes"])
    assert "not exact" in notes[2]
    assert "not exact" not in notes[0]


def test_a_hybrid_order_has_the_coordinates_asked_for_even_of_a_chain(tmp_path: Path) -> None:
    write_csv(tmp_path / "edges.csv", ("source", "target"), [("a", "b"), ("b", "c")])
    config = settings(tmp_path, "edges.csv", nst={"time": "hybrid", "time_dim": 3})
    run = run_method("nst", config, path=tmp_path / "run")
    assert run.results["metrics"]["time_dim"] == 3
    assert run.load().times().shape == (3, 3)
