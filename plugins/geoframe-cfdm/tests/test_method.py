"""The method through the front door: runs, files, verbs, components."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import geoframe
from geoframe.api import run_method
from geoframe.components import KINDS, ComponentSpec
from geoframe.config import load_toml
from geoframe.run.directory import Run
from geoframe.run.files import read_tensors
from geoframe.testing import check_component
from geoframe.testing.installed import SUITES
from geoframe.trained import Trained
from geoframe_cli import main

EXAMPLES = Path(__file__).parents[1] / "examples"
QUICK = {"cfdm": {"samples": 24}, "sampler": {"steps": 8}}
SPECS = [
    ComponentSpec(
        kind=kind, name=each.name, target=each.value, distribution="geoframe-cfdm", version="0"
    )
    for kind, group in KINDS.items()
    for each in metadata.entry_points(group=group)
    if each.dist is not None and each.dist.name == "geoframe-cfdm"
]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_method("cfdm", QUICK, path=tmp_path_factory.mktemp("runs") / "digits")


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: f"{spec.kind}-{spec.name}")
def test_components_conform(spec: ComponentSpec) -> None:
    checks = {check.__name__ for check in SUITES[spec.kind]} - {"device_is_kept"}
    needs = dict.fromkeys(checks, "its option 'path' has no default")
    expected = {
        "autoencoder-kl": needs,
        "pca": {"gradient_reaches_all_parameters": "it has none"},
        "conv-autoencoder": {"gradient_reaches_all_parameters": "decoding is no part of forward"},
    }.get(spec.name)
    check_component(spec, expected_failures=expected).raise_for_failures()


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_examples_run(path: Path, tmp_path: Path) -> None:
    table: dict[str, Any] = load_toml(path).values
    table.setdefault("cfdm", {})["samples"] = 24
    if "embedder" in table:
        table["trainer"]["epochs"] = 1
    metrics = run_method("cfdm", table, path=tmp_path / "run").results["metrics"]
    assert 0 <= metrics["dup_rate"] <= 1
    assert 0 <= metrics["recall"] <= 1
    assert metrics["engine_steps"]


def test_a_run_tells_everything(finished: Run) -> None:
    metrics = finished.results["metrics"]
    for name in ("seconds_per_sample", "dup_rate", "kid", "recall", "engine_steps"):
        assert metrics[name] is not None
    assert metrics["max_relative_error"] is None
    assert metrics["sigma_relative"] == pytest.approx(0.25)
    assert len(finished.results["tables"]["steps"]) == 8
    figures = {path.stem for path in (finished.path / "figures").iterdir()}
    assert {"samples", "samples_and_training_items", "effective_sample_size"} <= figures
    samples = finished.read_tensors("samples")
    assert samples["items"].shape == (24, 8, 8)
    assert samples["tuple_index"].shape == (24, 4)


def test_runs_are_repeatable(finished: Run, tmp_path: Path) -> None:
    again = run_method("cfdm", QUICK, path=tmp_path / "again")
    first, second = finished.read_tensors("samples"), again.read_tensors("samples")
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_finished_run_samples_on(finished: Run) -> None:
    sampler = finished.method.sampler(finished)
    drawn = sampler.draw(24, seed=0)
    assert torch.equal(drawn["items"], finished.read_tensors("samples")["items"])


def test_apply_and_export(finished: Run, tmp_path: Path) -> None:
    fitted = finished.load()
    assert isinstance(fitted, Trained)
    assert len(fitted.to_frame()) == len(fitted.items)
    assert fitted.to_frame()["sampled_from"].sum() == len(fitted.train)
    np.save(tmp_path / "new.npy", fitted.data[5:8].numpy())
    found = finished.method.apply(finished, tmp_path / "new.npy")
    assert found["nearest"].tolist() == fitted.train[5:8].tolist()
    assert np.allclose(found["distance"], 0, atol=1e-4)
    assert found["log_density"].shape == (3,)
    assert fitted.apply(str(tmp_path / "new.npy")).equals(found)
    np.save(tmp_path / "one.npy", fitted.data[5:6].numpy())
    assert finished.method.apply(finished, tmp_path / "one.npy")["nearest"].tolist() == [
        int(fitted.train[5])
    ]
    tensors = read_tensors(finished.method.export(finished, tmp_path)[0])
    assert torch.equal(tensors["data"], fitted.data.flatten(1))


def test_changed_data_are_noticed(tmp_path: Path) -> None:
    data = np.random.default_rng(0).standard_normal((60, 3)).astype(np.float32)
    np.save(tmp_path / "x.npy", data)
    table = {**QUICK, "data": {"path": str(tmp_path / "x.npy")}}
    run = run_method("cfdm", table, path=tmp_path / "run")
    np.save(tmp_path / "x.npy", data + 1)
    with pytest.raises(geoframe.RunError, match="has changed since the run"):
        run.load()


def test_any_sampler_serves(tmp_path: Path) -> None:
    table = {**QUICK, "sampler": {"name": "wiener", "steps": 5}}
    metrics = run_method("cfdm", table, path=tmp_path / "run").results["metrics"]
    assert 0 <= metrics["dup_rate"] <= 1
    assert metrics["kid"] is not None


def test_what_samples_are_made_of_are_rows_of_the_data(finished: Run) -> None:
    items = torch.from_numpy(finished.load().items.data)
    samples = finished.read_tensors("samples")
    means = (samples["tuple_weight"][..., None, None] * items[samples["tuple_index"]]).sum(1)
    exact = samples["tuple_weight"].sum(1) > 1 - 1e-6
    assert exact.any()
    torch.testing.assert_close(means[exact], samples["items"][exact], atol=1e-3, rtol=0)


def test_a_folder_of_images_gets_images_and_their_names(images: Path, tmp_path: Path) -> None:
    table = {**QUICK, "data": {"path": str(images)}}
    run = run_method("cfdm", table, path=tmp_path / "run")
    assert len(list((run.path / "samples").glob("*.png"))) == 24
    assert "dog/0.png" in str(run.results["tables"]["provenance"])
    assert "dog/0.png" in (run.path / "provenance.csv").read_text()


def geoframe_command(*arguments: str) -> None:
    """Call the command in this process."""
    with pytest.raises(SystemExit) as caught:
        main(list(arguments))
    assert caught.value.code == 0


@pytest.mark.slow
def test_what_is_drawn_again_is_logged_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from geoframe_cfdm import evaluation

    def stop(*arguments: Any) -> None:
        raise KeyboardInterrupt

    table = {**QUICK, "cfdm": {"samples": 4}}
    monkeypatch.setattr(evaluation, "evaluate", stop)
    with pytest.raises(KeyboardInterrupt):
        run_method("cfdm", table, path=tmp_path / "run")
    monkeypatch.undo()
    run = run_method("cfdm", table, path=tmp_path / "run", resume=True)
    assert [line["step"] for line in run.metrics()] == [4]


def test_a_killed_stream_goes_on_to_the_same_files(finished: Run, tmp_path: Path) -> None:
    def arguments(folder: str) -> list[str]:
        count = ["-n", "600", "--shard-size", "20", "--quiet", "-o", str(tmp_path / folder)]
        return ["sample", str(finished.path), *count]

    # What is equal to the bit needs the same number of threads in both processes.
    environment = {**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())}
    killed = subprocess.Popen(
        [sys.executable, "-m", "geoframe_cli", *arguments("killed")], env=environment
    )
    deadline = time.monotonic() + 120
    while len(list((tmp_path / "killed").glob("*.safetensors"))) < 2:
        assert time.monotonic() < deadline
        assert killed.poll() is None
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert len(list((tmp_path / "killed").glob("*.safetensors"))) < 30
    geoframe_command(*arguments("killed"))
    geoframe_command(*arguments("whole"))
    shards = sorted((tmp_path / "whole").glob("samples-*"))
    assert len(shards) == 30
    for path in shards:
        assert path.read_bytes() == (tmp_path / "killed" / path.name).read_bytes()
