"""The method through the front door."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from geoframe import ConfigError, RunError
from geoframe.api import run_method
from geoframe.config import load_toml
from geoframe.run.directory import Run
from geoframe.trained import Trained
from geoframe_cli import main
from geoframe_diffusion.testing import tiny_stable_diffusion

EXAMPLES = Path(__file__).parents[1] / "examples"
QUICK: dict[str, Any] = {
    "guidance": {"scale": 1.0, "reduction": "sum"},
    "scene": {"images": 4},
    "sdi": {"bandwidth": 0.15, "compare": ["sds"]},
    "trainer": {
        "steps": 12,
        "optimizer": "sgd",
        "learning_rate": 0.2,
        "clip_norm": 1e9,
        "batch_size": 0,
    },
    "evaluation": {"reference": 4, "gradient": 3},
}
VOLUME: dict[str, Any] = {
    "prior": {"name": "mesh-views", "size": 12, "points": 20_000},
    "scene": {"name": "voxel-grid", "resolution": 8, "samples": 10},
    "guidance": {"scale": 1.0},
    "cameras": {"count": 6},
    "regularisers": {"sparsity": 0.1, "opaque": 0.1, "z_variance": 0.1, "convexity": 0.1},
    "trainer": {"steps": 8, "learning_rate": 0.1, "batch_size": 2},
    "evaluation": {"cameras": 3, "reference": 0},
}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_method("sdi", QUICK, path=tmp_path_factory.mktemp("runs") / "digits")


@pytest.fixture(scope="module")
def volume(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_method("sdi", VOLUME, path=tmp_path_factory.mktemp("runs") / "volume")


def test_a_run_tells_everything(finished: Run) -> None:
    metrics = finished.results["metrics"]
    assert metrics["prior_calls"] == 12
    assert metrics["classifier_accuracy"] > 0.5
    assert metrics["high_frequency_ratio_ddim"] > 0.3
    assert metrics["gradient_variance_ratio"] > 0
    assert metrics["noise_residual"] > 0
    rows = finished.results["tables"]["guidance"]
    assert [row["guidance"] for row in rows] == ["DDIM samples", "auto", "sds"]
    figures = {path.stem for path in (finished.path / "figures").iterdir()}
    assert {"views_auto", "views_sds", "ddim", "strips", "spectra"} <= figures
    assert any("recognised" in sentence for sentence in finished.results["verdict"])


def test_a_volume(volume: Run) -> None:
    metrics = volume.results["metrics"]
    assert 1 / 3 <= metrics["mode_agreement"] <= 1
    assert metrics["psnr_nearest_mode"] > 3
    assert (volume.path / "figures" / "turntable.svg").exists()
    logged = list(volume.metrics())
    assert {"loss", "sigma", "noise_std", "opacity", "opaque"} <= logged[-1].keys()


def test_what_load_gives(finished: Run, volume: Run, tmp_path: Path) -> None:
    trained = finished.load()
    assert isinstance(trained, Trained)
    assert trained.render().shape == (4, 8, 8)
    frame = trained.to_frame()
    assert list(frame["name"]) == [f"image {index}" for index in range(4)]
    assert frame.shape == (4, 65)
    assert "free-image" in repr(trained)
    assert "<img" in trained._repr_html_()
    scene = volume.load()
    paths = {path.name for path in scene.export(tmp_path)}
    assert {"scene.safetensors", "scene.json", "points.ply", "volume.npz"} <= paths
    assert "turntable.gif" in paths
    with Image.open(tmp_path / "turntable.gif") as turntable:
        assert turntable.size == (12, 12)
        assert turntable.is_animated
    assert sum(name.endswith(".png") for name in paths) == 3
    assert (tmp_path / "points.ply").read_bytes().startswith(b"ply\nformat binary")
    pose = np.eye(4)
    pose[2, 3] = 2.0
    cameras = {"camera_angle_x": 0.8, "frames": [{"transform_matrix": pose.tolist()}]}
    (tmp_path / "transforms.json").write_text(json.dumps(cameras))
    seen = scene.apply(tmp_path / "transforms.json")
    assert seen.shape == (1, 1 + 3 * 12 * 12)
    assert seen.iloc[0, 1:].between(0, 1).all()


def test_splats_and_textures_are_exported(tmp_path: Path) -> None:
    for name, options, file in (
        ("gaussian-splats", {"splats": 16}, "splats.ply"),
        ("mesh-texture", {"points": 5000, "texture": 8}, "texture.png"),
    ):
        scene = {"name": name, **options}
        config = {**VOLUME, "scene": scene, "regularisers": {}}
        run = run_method("sdi", config, path=tmp_path / name)
        out = tmp_path / f"out-{name}"
        out.mkdir()
        assert file in {path.name for path in run.load().export(out)}
    content = (tmp_path / "out-mesh-texture" / "mesh.glb").read_bytes()
    assert content[:4] == b"glTF"
    assert int.from_bytes(content[8:12], "little") == len(content)


def test_active_views_save_calls(tmp_path: Path) -> None:
    """Two of six views at a time, each with a target for four visits: a quarter of the calls."""
    config = {**VOLUME, "guidance": {"scale": 1.0, "name": "sds", "refresh_every": 4}}
    config["trainer"] = {"steps": 48, "learning_rate": 0.1, "batch_size": 1}
    config |= {"sdi": {"active_views": 2}, "regularisers": {}}
    run = run_method("sdi", config, path=tmp_path / "run")
    assert run.results["metrics"]["prior_calls"] == pytest.approx(12, abs=2)
    planned = {**config, "sdi": {"active_views": 2, "dry_run": True}}
    dry = run_method("sdi", planned, path=tmp_path / "dry")
    assert dry.results["metrics"]["prior_calls"] == 12


def test_a_dry_run_counts_what_a_real_one_makes(tmp_path: Path) -> None:
    for name in ("sds", "sdi"):
        config = {**QUICK, "guidance": {**QUICK["guidance"], "name": name, "timing": "linear"}}
        config["sdi"] = {"bandwidth": 0.15}
        config["trainer"] = {**QUICK["trainer"], "steps": 40}
        real = run_method("sdi", config, path=tmp_path / name)
        dry = {**config, "sdi": {"bandwidth": 0.15, "dry_run": True}}
        planned = run_method("sdi", dry, path=tmp_path / f"{name}-dry")
        found = real.results["metrics"]["prior_calls"]
        assert planned.results["metrics"]["prior_calls"] == pytest.approx(found, rel=0.06), name
        assert planned.results["metrics"]["minutes"] > 0
        with pytest.raises(RunError, match="was a dry run"):
            planned.load()


def test_a_folder_of_images_and_a_trained_prior(tmp_path: Path) -> None:
    pytest.importorskip("diffusers")
    draw = np.random.default_rng(0)
    for index in range(8):
        folder = tmp_path / "images" / ("dark" if index % 2 else "light")
        folder.mkdir(parents=True, exist_ok=True)
        pixels = draw.integers(0, 90, (8, 8, 3)) + (0 if index % 2 else 160)
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{index}.png")
    config = {
        **QUICK,
        "data": {"path": str(tmp_path / "images"), "labels": True},
        "prior": {"name": "small-unet", "channels": [8, 8]},
        "prior_trainer": {"epochs": 3},
        "sdi": {"labels": ["light"], "compare": ["vsd"]},
    }
    run = run_method("sdi", config, path=tmp_path / "run")
    assert run.results["metrics"]["prior_steps"] == 3
    assert run.load().render().shape == (4, 8, 8, 3)


def test_a_pipeline_with_prompts_for_views(tmp_path: Path) -> None:
    """A tiny random Stable Diffusion: prompts by view, Perp-Neg, its autoencoder, a hash grid."""
    pytest.importorskip("diffusers")
    pytest.importorskip("transformers")
    config: dict[str, Any] = {
        "prior": {
            "name": "diffusers-model",
            "path": str(tiny_stable_diffusion(tmp_path)),
            "prompts": ["cow front", "cow side", "cow back", "cow above"],
        },
        "scene": {"name": "hash-grid", "samples": 4, "levels": 2, "first_levels": 1, "hidden": 8},
        "guidance": {"name": "sdi", "scale": 7.5, "inversion_steps": 2},
        "cameras": {"count": 4},
        "regularisers": {"orientation": 0.1},
        "sdi": {"view_prompts": True, "perp_neg": True},
        "trainer": {"steps": 2, "batch_size": 1, "device": "cpu"},
        "evaluation": {"cameras": 2, "reference": 0, "gradient": 0},
    }
    run = run_method("sdi", config, path=tmp_path / "run")
    assert run.load().render().shape == (2, 64, 64, 3)
    assert all(row["orientation"] >= 0 for row in run.metrics())
    config["sdi"] = {"perp_neg": True}
    with pytest.raises(ConfigError, match="needs sdi"):
        run_method("sdi", config, path=tmp_path / "wrong")


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_examples_are_valid(path: Path, tmp_path: Path) -> None:
    table = load_toml(path).values
    if path.stem.startswith("sd21"):
        pytest.skip("needs the weights of Stable Diffusion")
    table.setdefault("trainer", {})["steps"] = 3
    table.setdefault("evaluation", {}).update({"reference": 2, "gradient": 2, "cameras": 2})
    if "cameras" in table:
        table["cameras"]["count"] = 3
    if table.get("prior", {}).get("name") == "mesh-views":
        table["prior"] |= {"size": 8, "points": 5000}
    if "prior_trainer" in table:
        table["prior_trainer"]["epochs"] = 1
    assert run_method("sdi", table, path=tmp_path / "run").finished


def test_mistakes_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def told(*settings: str) -> str:
        options = [part for setting in settings for part in ("--set", setting)]
        where = str(tmp_path / f"run{len(list(tmp_path.iterdir()))}")
        with pytest.raises(SystemExit) as ended:
            main(["run", "sdi", "--quiet", "--run-dir", where, *options])
        assert ended.value.code == 2
        found = capsys.readouterr().err.strip()
        assert "Traceback" not in found
        return found

    assert "guidance.name" in told("guidance.name=sdx")
    assert "no '11'" in told("sdi.labels=[11]")
    photos = tmp_path / "photos"
    photos.mkdir()
    for number, grey in enumerate((40, 200)):
        Image.new("L", (8, 8), grey).save(photos / f"{number}.png")
    assert "data.labels = true" in told("sdi.labels=['cat']", f"data.path={photos}")
    (photos / "0.png").unlink()
    assert "holds 1 image" in told(f"data.path={photos}")
    assert "optimal" in told("prior.name=optimal")
    assert "knows no geometry" in told("regularisers.opaque=1.0", "trainer.steps=2")
    assert "the smaller first" in told("cameras.distance=[3.0,2.0]")
    assert "no such file" in told("prior.name=diffusers-model", f"prior.path={tmp_path / 'gone'}")


def test_killed_and_resumed_to_the_bit(tmp_path: Path) -> None:
    settings = {
        "scene.images": "4",
        "guidance.name": "auto",
        "guidance.scale": "1.0",
        "sdi.bandwidth": "0.15",
        "trainer.steps": "600",
        "trainer.batch_size": "0",
        "trainer.checkpoint_every": "25",
        "trainer.device": "cpu",
        "evaluation.reference": "0",
        "evaluation.classifier": "false",
    }
    options = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]

    def command(where: Path, *more: str) -> list[str]:
        start = [sys.executable, "-m", "geoframe_cli", "run", "sdi", "--quiet"]
        return [*start, "--run-dir", str(where), *options, *more]

    whole, killed = tmp_path / "whole", tmp_path / "killed"
    subprocess.run(command(whole), check=True, timeout=300)
    process = subprocess.Popen(command(killed))
    deadline = time.monotonic() + 120
    while not list(killed.glob("checkpoints/step-*")) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert process.poll() is None, "finished before it could be killed"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not (killed / "results.json").exists()
    subprocess.run(command(killed, "--resume"), check=True, timeout=300)
    for name in ("scene.safetensors", "metrics.jsonl"):
        assert (killed / name).read_bytes() == (whole / name).read_bytes(), name


def test_the_activations_of_a_network_are_not_kept() -> None:
    pytest.importorskip("diffusers")
    from geoframe_diffusion.unet.sampler import SmallUNet
    from geoframe_sdi import ScoreDistillation

    prior = SmallUNet(channels=(8, 8), epochs=1).fit(torch.rand(8, 1, 8, 8))
    kept: list[int] = []

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        kept.append(tensor.numel())
        return tensor

    images = torch.zeros(2, 1, 8, 8, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        ScoreDistillation(prior, "sdi", scale=1.0)(images, 0.5).backward()
    assert sum(kept) <= 4 * images.numel(), "the graph holds images and no activations"
