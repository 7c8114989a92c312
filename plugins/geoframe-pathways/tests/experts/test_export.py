from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geoframe_data import as_table, read_table
from geoframe_pathways.categories import fit_statistics
from geoframe_pathways.config import ModelConfig
from geoframe_pathways.encoder import fit_encoder
from geoframe_pathways.experts.fitting import Rows, fit_experts
from geoframe_pathways.experts.model import Pathways
from geoframe_pathways.experts.reader import Pack
from geoframe_pathways.export import export_model, onnx_expert
from geoframe_pathways.trainers.stacked import StackedTrainer

TRAINER = StackedTrainer(steps=40)


def a_model(
    router: str, task: str, width: int = 6, inputs: int = 3
) -> tuple[Pathways, pd.DataFrame]:
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.normal(size=(400, 3)), columns=["c0", "c1", "c2"])
    frame["kind"] = random.choice(["a", "b", None], 400)
    frame["when"] = pd.date_range("2020-01-01", periods=400, freq="7h").astype(str)
    frame.loc[3, ["c0", "when"]] = [1e9, None]
    frame.loc[::9, "c1"] = np.nan
    y = frame["c0"].to_numpy() ** 2 + (frame["kind"] == "a").to_numpy()
    labels = np.where(y > 1, "high", "low")
    target = labels if task == "classification" else y
    frame["place"] = [f"p{k}" for k in random.integers(0, 90, 400)]
    table = as_table(frame)
    statistics, _ = fit_statistics(table, target, task, seed=0)  # type: ignore[arg-type]
    frame.loc[5, "place"] = "elsewhere"
    encoder, _ = fit_encoder(table, "column", statistics)
    rows = Rows(
        x=encoder.encode(frame),
        y=target,
        task=task,  # type: ignore[arg-type]
        target="y",
        encoder=encoder,
    )
    options = ModelConfig(width=6, min_rows=10, router=router, valency=3, route_dims=4)  # type: ignore[arg-type]
    return fit_experts(rows, 9, options, TRAINER, seed=0).model, frame


@pytest.mark.parametrize("task", ["regression", "classification"])
@pytest.mark.parametrize("router", ["flat", "tree"])
def test_the_small_reader_agrees(router: str, task: str, tmp_path: Path) -> None:
    model, frame = a_model(router, task)
    written = export_model(model, tmp_path)
    pack = Pack(str(written[0]))
    predictions = model.predict(frame)
    rows = frame.head(60).to_dict("records")
    found = [pack.predict(row) for row in rows]
    cells = [pack.route(pack.encode(row)) for row in rows]
    assert cells == predictions.cells[:60].tolist()
    if task == "regression":
        np.testing.assert_allclose(found, predictions.values[:60], rtol=1e-4, atol=1e-4)
    else:
        assert found == predictions.values[:60].tolist()


def test_the_small_reader_takes_rows_as_csv_and_json_give_them(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    texts = pd.DataFrame(
        {
            "price": [
                f"{1234 + 7.5 * k:,.2f}".translate(str.maketrans(",.", ".,")) for k in range(80)
            ],
            "size": random.normal(size=80).round(3),
            "sold": random.choice(["true", "false"], 80),
            "when": pd.date_range("2020-01-01", periods=80, freq="9h").astype(str),
            "kind": random.choice(["a", "b", ""], 80),
        }
    ).astype(str)
    texts.loc[3, ["size", "when", "kind"]] = ["NA", "", "NaN"]
    texts.loc[4, "size"] = " "
    texts.to_csv(tmp_path / "rows.csv", index=False)
    table = read_table(tmp_path / "rows.csv")
    encoder, _ = fit_encoder(table, "column")
    assert encoder.schema["price"].decimal == ","
    x = encoder.encode(table)
    rows = Rows(x=x, y=np.arange(80.0), task="regression", target="y", encoder=encoder)
    fit_experts(rows, 2, ModelConfig(width=3, min_rows=10), TRAINER, seed=0).model.save(
        tmp_path / "pack"
    )
    pack = Pack(str(tmp_path / "pack"))
    found = list(csv.DictReader(io.StringIO(texts.to_csv(index=False))))
    np.testing.assert_allclose([pack.encode(row) for row in found], x, atol=1e-5)
    plain = {"price": 1249.0, "size": None, "sold": True, "when": None, "kind": None}
    as_text = {"price": "1.249,00", "size": "", "sold": "true", "when": "", "kind": " "}
    decoded = json.loads(json.dumps(plain))
    np.testing.assert_array_equal(pack.encode(decoded), pack.encode(as_text))
    for wrong, said in (({"size": "big"}, "'big' is no number"), ({"when": "soon"}, "no date")):
        with pytest.raises(ValueError, match=said):
            pack.encode(plain | wrong)
    with pytest.raises(ValueError, match="lacks column 'price'"):
        pack.encode({})


def test_the_small_reader_needs_numpy_alone(tmp_path: Path) -> None:
    model, frame = a_model("flat", "regression")
    export_model(model, tmp_path)
    code = f"""
        import sys
        from pathways_reader import Pack
        row = {frame.iloc[0].to_dict()!r}
        print(Pack("experts.safetensors").predict(row))
        assert not {{"torch", "geoframe", "geoframe_pathways", "pandas"}} & set(sys.modules)
    """.replace("nan", "float('nan')")
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    expected = float(model.predict(frame.head(1)).values[0])
    assert float(done.stdout) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("task", ["regression", "classification"])
def test_onnx_runs_the_same_expert(task: str) -> None:
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    model, frame = a_model("flat", task)
    x = model.metadata.encoder.encode(frame)
    cell = 3
    image = onnx_expert(model, cell).SerializeToString()
    session = runtime.InferenceSession(image, providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"x": x})
    expected = model.answers(x, np.full(len(x), cell))
    if task == "classification":  # probabilities before smoothing
        prior, weight = np.array(model.metadata.prior), model.metadata.smoothing
        found = (1 - weight) * found + weight * prior
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)
