from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from geoframe import DataError
from geoframe_pathways import streaming
from geoframe_pathways.experts.pack import PACK
from geoframe_registry import runs

ROWS = 3000


@pytest.fixture(autouse=True)
def pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read a few rows at a time."""
    monkeypatch.setattr("geoframe_data.stream.CHUNK_ROWS", 700)


def config(folder: Path, task: str = "regression", steps: int = 150) -> dict[str, Any]:
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.uniform(-1, 1, (ROWS, 2)).round(4), columns=["a", "b"])
    frame["kind"] = random.choice(["p", "q"], ROWS)
    y = np.sin(3 * frame["a"]) * np.cos(2 * frame["b"]) + (frame["kind"] == "p")
    frame["y"] = np.where(y > 0.5, "high", "low") if task == "classification" else y.round(4)
    frame.loc[10, "y"] = None
    frame.to_csv(folder / "rows.csv", index=False)
    path = str(folder / "rows.csv")
    return {
        "data": {"path": path, "target": "y", "stream": True, "sample_rows": 600},
        "pathways": {"experts": [4], "width": 16, "min_rows": 50, "networks": 2, "overlap": 0.05},
        "trainer": {"steps": steps, "batch_size": 256, "learning_rate": 0.01, "weight_decay": 0.0},
        "evaluation": {"baselines": []},
    }


@pytest.mark.parametrize("task", ["regression", "classification"])
def test_experts_learn_from_all_rows(
    task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "HELD_BYTES", 60_000)  # a cell or two at a time
    options = config(tmp_path, task)
    run = runs.finish(runs.prepare("pathways", options, tmp_path / "run"))
    assert run.manifest["data"]["rows"] in (599, 600)  # one has no target
    assert run.manifest["data"]["file_rows"] == ROWS
    assert any("all 3,000 rows of the file" in note for note in run.results["notes"])
    assert not list((run.path / "fits").glob("rows/cells/*"))
    found = run.method.load(run).apply(tmp_path / "rows.csv")["prediction"]
    truth = pd.read_csv(tmp_path / "rows.csv")["y"]
    here = truth.notna()
    if task == "regression":
        error = np.sqrt(((found[here] - truth[here]) ** 2).mean())
        options["data"]["stream"] = False  # the same rows, held in memory
        whole = runs.finish(runs.prepare("pathways", options, tmp_path / "whole"))
        assert error < 2 * whole.results["metrics"]["rmse"]
    else:
        assert (found[here] == truth[here]).mean() > 0.93


def failing(call: Callable[..., Any], calls: list[object], last: int) -> Callable[..., Any]:
    """Stand in for a function that the user interrupts when it is called the ``last`` time."""

    def called(*arguments: Any, **options: Any) -> Any:
        calls.append(arguments)
        if len(calls) == last:
            raise KeyboardInterrupt
        return call(*arguments, **options)

    return called


def test_an_interrupted_stream_goes_on_to_the_same_pack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from geoframe.run.checkpoint import CheckpointStore

    whole = runs.finish(runs.prepare("pathways", config(tmp_path, steps=20), tmp_path / "whole"))
    places = [(streaming, "_encoded", 1), (streaming, "_task", 1), (CheckpointStore, "save", 12)]
    for owner, name, last in places:
        calls: list[object] = []
        path = tmp_path / f"run{name}"
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, failing(getattr(owner, name), calls, last))
            with pytest.raises(KeyboardInterrupt):
                runs.finish(runs.prepare("pathways", config(tmp_path, steps=20), path))
        resumed = runs.finish(runs.prepare("pathways", {}, path, resume=True))
        assert (resumed.path / PACK).read_bytes() == (whole.path / PACK).read_bytes()


def test_what_cannot_be_streamed_is_told(tmp_path: Path) -> None:
    options = config(tmp_path)
    pd.read_csv(tmp_path / "rows.csv").to_json(tmp_path / "rows.json", orient="records")
    for data, said in (
        ({"path": str(tmp_path / "rows.json")}, "save it as csv or parquet"),
        ({"path": None}, "needs a file"),
    ):
        changed = {**options, "data": {**options["data"], **data}}
        if data["path"] is None:
            del changed["data"]["path"]
        with pytest.raises(DataError, match=said):
            runs.finish(runs.prepare("pathways", changed, tmp_path / said.replace(" ", "-")))
