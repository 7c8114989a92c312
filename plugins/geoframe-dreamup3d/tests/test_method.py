import json

import numpy as np
import pytest
from click.testing import CliRunner

from geoframe import ConfigError, DataError, open_run, run_method
from geoframe.run.directory import Run
from geoframe_cli.app import main
from geoframe_data.scene_files.archive import write_npz
from geoframe_dreamup3d.generator.collections import shapes_of
from geoframe_dreamup3d.generator.scenes import SceneOptions, generate
from geoframe_dreamup3d.trained import run_lengths

CONFIG = {
    "backend": "votes",
    "data": {"dataset": {"name": "tabletop-generated", "scenes": 12, "kinds": 8}},
    "trainer": {"steps": 4, "batch_size": 4},
    "evaluation": {"pictures": 0},
}


@pytest.fixture(scope="module")
def scenes():
    return generate(shapes_of(["primitives"], count=12), 4, SceneOptions(touching=0), seed=1)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return run_method("dreamup3d", CONFIG, path=tmp_path_factory.mktemp("runs") / "votes")


def test_a_run_measures_itself_beside_clusters(run):
    metrics = run.results["metrics"]
    assert {"ari_fg", "ari_fg_noisy", "msc", "bg_iou", "dbscan_ari_fg"} <= metrics.keys()
    assert metrics["dbscan_ari_fg"] > 0.3
    assert len(run.results["tables"]["segmentation"]) == 2 * len(run.results["tables"]["peers"])
    peers = {row["by"]: row for row in run.results["tables"]["peers"]}
    assert list(peers) == ["votes", "DBSCAN, best radius", "DBSCAN, own radius", "connected pixels"]
    assert peers["votes"]["ari_fg_noisy"] == metrics["ari_fg_noisy"]
    assert peers["DBSCAN, best radius"]["ari_fg"] == metrics["dbscan_ari_fg"]


def test_apply_gives_a_row_for_each_object_with_its_mask(run, scenes, tmp_path):
    classical = run_method(
        "dreamup3d", {**CONFIG, "backend": "classical"}, path=tmp_path / "classical"
    )
    write_npz(tmp_path / "s.npz", scenes)
    frame = classical.load().apply(tmp_path / "s.npz")
    assert frame.index.names == ["scene", "object"]
    assert len(frame) >= 8
    counts, truth = [], scenes.truth.segmentation
    for (_, _), row in frame.iterrows():
        size, lengths = row["mask"].split(": ")
        assert size == "64 64"
        lengths = np.array(lengths.split(), dtype=int)
        assert lengths.sum() == 64 * 64
        counts.append(lengths[1::2].sum())
    assert counts == frame["pixels"].tolist()
    assert sum(counts) == pytest.approx((truth > 0).sum(), rel=0.1)
    done = CliRunner().invoke(
        main,
        [
            "apply",
            str(classical.path),
            "--data",
            str(tmp_path / "s.npz"),
            "-o",
            str(tmp_path / "o.csv"),
        ],
    )
    assert done.exit_code == 0, done.output
    assert len((tmp_path / "o.csv").read_text().splitlines()) == len(frame) + 1


def test_an_opened_run_finds_the_same_objects(run, scenes):
    first, second = (open_run(run.path).load().describe(scenes, 0).labels for _ in range(2))
    assert np.array_equal(first, second)


def test_export_writes_what_runs_elsewhere(run, tmp_path):
    done = CliRunner().invoke(main, ["export", str(run.path), "-o", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert {"votes.pt2", "objects.parquet"} <= {p.name for p in (tmp_path / "out").iterdir()}


def test_shapes_are_measured_where_models_are_known(tmp_path):
    config = {
        **CONFIG,
        "backend": "classical",
        "data": {"dataset": {"name": "tabletop-generated", "scenes": 6, "shapes": ["primitives"]}},
        "evaluation": {"pictures": 1, "models": ["primitives"], "shapes": 2},
    }
    metrics = run_method("dreamup3d", config, path=tmp_path / "r").results["metrics"]
    assert metrics["chamfer_mm_true_masks"] < 6
    assert metrics["centre_error_cm_median_true_masks"] < 1.5
    assert (tmp_path / "r/figures/worst_scenes.svg").exists()


def test_one_scene_cannot_be_divided(tmp_path, scenes):
    write_npz(tmp_path / "s.npz", scenes.select([0]))
    config = {**CONFIG, "data": {"path": str(tmp_path / "s.npz")}}
    with pytest.raises(DataError, match="cannot be divided"):
        run_method("dreamup3d", config, path=tmp_path / "r")


def test_a_wrong_back_end_is_one_line(tmp_path):
    with pytest.raises(ConfigError, match="backend"):
        run_method("dreamup3d", {"backend": "vote"}, path=tmp_path / "r")


def test_a_training_that_was_stopped_goes_on_to_the_bit(tmp_path, monkeypatch, run):
    config = {**CONFIG, "trainer": {**CONFIG["trainer"], "checkpoint_every": 2}}
    run_method("dreamup3d", config, path=tmp_path / "whole")
    log = Run.log

    def stop(self, step, total, values):
        log(self, step, total, values)
        if step == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(Run, "log", stop)
    with pytest.raises(KeyboardInterrupt):
        run_method("dreamup3d", config, path=tmp_path / "cut")
    monkeypatch.undo()
    run_method("dreamup3d", config, path=tmp_path / "cut", resume=True)
    weights = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("whole", "cut")]
    assert weights[0] == weights[1]
    logs = [(tmp_path / name / "metrics.jsonl").read_text() for name in ("whole", "cut")]
    assert [json.loads(a) for a in logs[0].splitlines()] == [
        json.loads(a) for a in logs[1].splitlines()
    ]


@pytest.mark.parametrize(
    ("mask", "text"),
    [
        ([[0, 1], [0, 1]], "2 2: 2 2"),
        ([[1, 0], [0, 0]], "2 2: 0 1 3"),
        ([[0, 0], [0, 0]], "2 2: 4"),
        ([[1, 1], [1, 1]], "2 2: 0 4"),
    ],
)
def test_run_lengths_go_down_the_columns(mask, text):
    assert run_lengths(np.array(mask, dtype=bool)) == text


def test_scenes_without_masks_get_a_network_from_made_up_ones(tmp_path, scenes, monkeypatch):
    import attrs

    from geoframe_dreamup3d.datasets.generated import GeneratedTabletop

    load = GeneratedTabletop.load
    monkeypatch.setattr(
        GeneratedTabletop, "load", lambda self: load(attrs.evolve(self, scenes=6, kinds=6))
    )
    write_npz(tmp_path / "s.npz", attrs.evolve(scenes, truth=None))
    config = {**CONFIG, "backend": "auto", "data": {"path": str(tmp_path / "s.npz")}}
    run = run_method("dreamup3d", config, path=tmp_path / "r")
    assert any("made up" in note for note in run.results["notes"])
    assert any("no masks" in note for note in run.results["notes"])
    assert run.load().backend.state()


def test_scenes_in_memory_are_fitted_by_the_estimator(scenes):
    from geoframe_dreamup3d import SceneParser

    parser = SceneParser(backend="classical", evaluation__pictures=0, data__test_fraction=0.5)
    frame = parser.fit(scenes).run_.load().to_frame()
    assert frame.index.names == ["scene", "object"]


def test_auto_keeps_clusters_where_a_network_does_worse(tmp_path):
    config = {**CONFIG, "backend": "auto", "trainer": {"steps": 1}}
    run = run_method("dreamup3d", config, path=tmp_path / "r")
    assert any("clusters did better" in note for note in run.results["notes"])
    assert run.load().backend.name == "classical"
