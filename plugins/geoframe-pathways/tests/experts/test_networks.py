"""Experts of several networks, whose mean answers."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import attrs
import numpy as np
import pytest

from geoframe import RunError
from geoframe_data import as_table
from geoframe_pathways.config import ModelConfig
from geoframe_pathways.encoder import fit_encoder
from geoframe_pathways.experts.fitting import Rows, fit_experts
from geoframe_pathways.experts.model import Pathways
from geoframe_pathways.experts.reader import Pack
from geoframe_pathways.export import onnx_expert
from geoframe_pathways.trainers.stacked import StackedTrainer

TRAINER = StackedTrainer(steps=60, batch_size=256)
NETWORKS = 3
OPTIONS = ModelConfig(width=6, min_rows=20, networks=NETWORKS)
X = np.random.default_rng(0).uniform(-1, 1, size=(300, 2))


@pytest.fixture(scope="module", params=["regression", "classification"])
def model(request: pytest.FixtureRequest) -> Pathways:
    y = 5.0 + np.sin(3 * X[:, 0]) * X[:, 1]
    encoder, _ = fit_encoder(as_table(X), "column")
    rows = Rows(
        x=encoder.encode(X),
        y=y if request.param == "regression" else np.where(y > 5, "high", "low"),
        task=request.param,
        target="y",
        encoder=encoder,
    )
    return fit_experts(rows, 4, OPTIONS, TRAINER, seed=0).model


def network(model: Pathways, which: int) -> Pathways:
    """Return the model that one network of each expert makes."""
    rows = model.rows.rows(NETWORKS * np.arange(model.experts) + which)

    class Chosen:
        def row(self, expert: int) -> np.ndarray:
            return rows[expert]

        def rows(self, experts: np.ndarray) -> np.ndarray:
            return rows[experts]

    return Pathways(
        router=model.router,
        space=model.space,
        mean_distance=model.mean_distance,
        rows=Chosen(),
        metadata=attrs.evolve(model.metadata, networks=1),
    )


def test_the_mean_of_the_networks_answers(model: Pathways) -> None:
    x = model.metadata.encoder.encode(X)
    _, cells = model.predict_encoded(x), model.router.two_nearest(x.astype(float))[0][:, 0]
    answers = [network(model, which).answers(x, cells) for which in range(NETWORKS)]
    assert np.abs(answers[0] - answers[1]).max() > 1e-3  # they started differently
    mean = model.answers(x, cells)
    np.testing.assert_allclose(mean, np.mean(answers, axis=0), rtol=1e-5)
    queried = np.array([model.query(each) for each in x[:20]])
    np.testing.assert_allclose(queried, mean[:20], rtol=1e-4, atol=1e-5)
    assert model.parameters == NETWORKS * model.shape.parameters


def test_a_pack_of_several_networks_is_read(model: Pathways, tmp_path: Path) -> None:
    path = tmp_path / "experts.safetensors"
    model.save(path)
    opened, small = Pathways.open(path), Pack(str(path))
    x = model.metadata.encoder.encode(X[:40])
    expected = model.answers(x, model.predict_encoded(x).cells)
    np.testing.assert_array_equal(opened.answers(x, model.predict_encoded(x).cells), expected)
    found = np.array([small.predict_encoded(each) for each in x])
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_a_pack_whose_pieces_do_not_fit_is_refused(model: Pathways, tmp_path: Path) -> None:
    path = tmp_path / "experts.safetensors"
    model.save(path)
    image = path.read_bytes()
    assert image.count(b'\\"networks\\": 3') == 1
    path.write_bytes(image.replace(b'\\"networks\\": 3', b'\\"networks\\": 2'))
    with pytest.raises(RunError, match="do not fit together"):
        Pathways.open(path)


def test_damaged_packs_are_refused_or_read(model: Pathways, tmp_path: Path) -> None:
    path = tmp_path / "experts.safetensors"
    model.save(path)
    image = path.read_bytes()
    header = 8 + int.from_bytes(image[:8], "little")
    random = np.random.default_rng(0)
    damaged = [image[:size] for size in (0, 4, 8, header - 1, header, len(image) - 1)]
    damaged += [header.to_bytes(8, "little") + b" " * header, bytes(1000), b"PK\x03\x04" * 100]
    damaged += [len(text).to_bytes(8, "little") + text for text in (b"null", b"[]", b"{", b'"x"')]
    for place in random.integers(0, header, 60):
        damaged.append(image[:place] + bytes([random.integers(33, 127)]) + image[place + 1 :])
    refused = []
    for content in damaged:
        path.write_bytes(content)
        try:
            Pathways.open(path).query(np.zeros(2, dtype=np.float32))
        except RunError as error:
            refused.append(str(error))
        with suppress(ValueError):
            Pack(str(path))
    assert len(refused) > 20
    assert all(each.startswith(str(path)) and "\n" not in each for each in refused)


def test_onnx_holds_all_networks(model: Pathways) -> None:
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    x = model.metadata.encoder.encode(X)
    image = onnx_expert(model, 1).SerializeToString()
    session = runtime.InferenceSession(image, providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"x": x})
    if model.metadata.task == "classification":  # probabilities before smoothing
        prior, weight = np.array(model.metadata.prior), model.metadata.smoothing
        found = (1 - weight) * found + weight * prior
    np.testing.assert_allclose(found, model.answers(x, np.full(len(x), 1)), rtol=1e-3, atol=1e-4)
