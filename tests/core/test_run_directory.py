"""Run directories: claimed once, complete or started over, readable only as data."""

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from matplotlib.figure import Figure

from geoframe import MethodConfig, RunError
from geoframe.config import unstructure
from geoframe.config.toml import dump_toml
from geoframe.method import Method, Result
from geoframe.run.creation import create_run, default_path
from geoframe.run.execute import execute
from geoframe.run.files import read_tensors, write_bytes, write_json, write_tensors
from geoframe.run.report_plugin import write_report


class Toy(Method):
    Config = MethodConfig

    def run(self, config, run):
        run.log(1, 2, {"loss": 2.0})
        run.log(2, 2, {"loss": float("nan")})
        run.write_tensors("model", {"w": torch.ones(2)})
        figure = Figure()
        figure.add_subplot().plot([1, 2])
        run.write_figure("line", figure)
        return Result(
            metrics={"loss": 1.5, "absent": None, "bad": float("inf")},
            tables={"rows": [{"name": "<script>alert(1)</script>", "value": 2}]},
            notes=["a < b"],
        )

    def load(self, run):
        return run.read_tensors("model")


def make(path, resume=False, config=None, method="toy", **more):
    config = config or MethodConfig()
    return create_run(path, method, Toy(), config, manifest={"seed": 0}, resume=resume, **more)


def test_a_run_is_complete_evidence(tmp_path):
    run = make(tmp_path / "run")
    execute(run)
    assert {p.name for p in run.path.iterdir() if p.name != ".lock"} == {
        "config.toml",
        "manifest.json",
        "metrics.jsonl",
        "results.json",
        "model.safetensors",
        "figures",
    }
    results = json.loads((run.path / "results.json").read_text())
    assert results["metrics"] == {"loss": 1.5, "absent": None, "bad": None}
    assert (run.path / "config.toml").read_text() == dump_toml(unstructure(MethodConfig()))
    assert list(run.metrics()) == [{"step": 1, "loss": 2.0}, {"step": 2, "loss": None}]
    assert torch.equal(run.load()["w"], torch.ones(2))


def test_the_report_is_one_safe_file(tmp_path):
    run = make(tmp_path / "run")
    execute(run)
    html = write_report(run).read_text()
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html
    assert "a &lt; b" in html
    assert html.count("data:image/svg+xml;base64,") == 2  # the figure and the curves
    assert "http://" not in html
    assert "https://" not in html
    assert "seed = 0" in html


def test_equal_figures_are_equal_files(tmp_path):
    for name in ("one", "two"):
        execute(make(tmp_path / name))
    first, second = ((tmp_path / n / "figures/line.svg").read_bytes() for n in ("one", "two"))
    assert first == second


def test_an_existing_directory_is_never_taken(tmp_path):
    make(tmp_path / "run").close()
    with pytest.raises(RunError, match="exists already; continue it with --resume"):
        make(tmp_path / "run")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "diary.txt").write_text("mine")
    for resume in (False, True):
        with pytest.raises(RunError, match=r"exists already|holds 'diary.txt'"):
            make(tmp_path / "notes", resume=resume)
    assert (tmp_path / "notes" / "diary.txt").read_text() == "mine"


def test_a_file_is_not_a_directory(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="cannot be written"):
        make(tmp_path / "file")


def test_one_directory_one_process(tmp_path):
    run = make(tmp_path / "run")
    with pytest.raises(RunError, match="another process is using"):
        make(tmp_path / "run", resume=True)
    run.close()
    make(tmp_path / "run", resume=True).close()


def test_a_directory_without_manifest_is_started_over(tmp_path):
    run = make(tmp_path / "run")
    run.log(3, 9, {"loss": 1})
    run.checkpoints.save(3, {"w": torch.ones(1)}, {})
    run.close()
    (run.path / "manifest.json").unlink()
    (run.path / ".tmp-killed").write_bytes(b"half")
    again = make(tmp_path / "run", resume=True)
    assert again.checkpoints.last() is None
    assert list(again.metrics()) == []
    assert not (run.path / ".tmp-killed").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"config": MethodConfig(seed=5)}, "another config; it differs in 'seed = 0'"),
        ({"method": "other"}, "is a run of 'toy'"),
    ],
)
def test_resuming_something_else_is_refused(tmp_path, options, message):
    make(tmp_path / "run").close()
    with pytest.raises(RunError, match=message):
        make(tmp_path / "run", resume=True, **options)


def test_a_line_cut_short_is_passed_over(tmp_path):
    run = make(tmp_path / "run")
    run.log(1, 9, {"loss": 1})
    run.log(2, 9, {"loss": 2})
    with (run.path / "metrics.jsonl").open("a") as file:
        file.write('{"step": 3, "lo')
    run.rewind(1)
    assert (run.path / "metrics.jsonl").read_text() == '{"step": 1, "loss": 1}\n'


def test_lines_without_a_scalar_stay(tmp_path):
    run = make(tmp_path / "run")
    run.log(4, 9, {"loss": 1})
    run.log(4, 9, {"drawn": 2})
    run.rewind(0, of="drawn")
    assert (run.path / "metrics.jsonl").read_text() == '{"step": 4, "loss": 1}\n'


def test_checkpoints_keep_the_newest(tmp_path):
    store = make(tmp_path / "run").checkpoints
    for step in (5, 10, 100):
        store.save(step, {"w": torch.full((2,), step)}, {"note": step})
    assert [p.name[-3:] for p in sorted(store.path.iterdir())] == ["010", "100"]
    last = store.last()
    assert (last.step, last.state["note"], last.tensors["w"].tolist()) == (100, 100, [100, 100])


def test_tied_tensors_and_views_are_kept(tmp_path):
    tied = torch.arange(6.0)
    write_tensors(tmp_path / "t.safetensors", {"a": tied, "b": tied, "c": tied[2:4]})
    back = read_tensors(tmp_path / "t.safetensors")
    assert back["b"].tolist() == tied.tolist()
    assert back["c"].tolist() == [2, 3]


@pytest.mark.parametrize("content", [b"", b"\x80\x04K\x01.", b"\xff" * 100])
def test_damaged_tensors_are_one_error(tmp_path, content):
    (tmp_path / "t.safetensors").write_bytes(content)
    with pytest.raises(RunError, match="cannot be read"):
        read_tensors(tmp_path / "t.safetensors")


def test_a_failed_write_keeps_what_was_there(tmp_path):
    write_json(tmp_path / "x.json", {"a": 1})
    with pytest.raises(TypeError):
        write_json(tmp_path / "x.json", {"a": object()})
    assert json.loads((tmp_path / "x.json").read_text()) == {"a": 1}
    assert len(list(tmp_path.iterdir())) == 1


def test_a_full_disk_keeps_the_last_checkpoint(tmp_path):
    store = make(tmp_path / "run").checkpoints
    store.save(1, {"w": torch.zeros(10)}, {})
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, limits[1]))
    try:
        with pytest.raises(RunError, match="larger than is allowed here; what was written before"):
            store.save(2, {"w": torch.zeros(10_000)}, {})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert store.last().step == 1
    assert len(list(store.path.iterdir())) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_no_space_left_says_so():
    from geoframe.run.files import explained

    with (
        pytest.raises(RunError, match="the disk is full"),
        explained(Path("/dev/full")),
        open("/dev/full", "wb") as file,
    ):
        file.write(b"x" * 10_000)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_no_permission_says_so(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(RunError, match="no permission"):
        write_bytes(tmp_path / "x", b"")


def test_default_paths_differ():
    assert default_path("toy") != default_path("toy")
    assert default_path("toy").parts[:2] == ("runs", "toy")


def test_import_geoframe_is_light():
    code = "import sys, geoframe, geoframe.config; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "numpy", "matplotlib"} & set(done.stdout.split())


def test_what_a_kill_left_in_a_part_is_swept_away(tmp_path):
    run = make(tmp_path / "run")
    part = run.part("seed-1")
    leftover = part.path / "checkpoints" / ".tmp-5-123"
    leftover.mkdir(parents=True)
    (leftover / "state.json").write_text("{")
    (part.path / ".tmp-abc").write_text("half")
    run.close()
    make(tmp_path / "run", resume=True).close()
    assert not list(run.path.rglob(".tmp-*"))
