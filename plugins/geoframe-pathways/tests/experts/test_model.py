from __future__ import annotations

from pathlib import Path

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoframe import DataError
from geoframe_data import as_table
from geoframe_pathways.config import ModelConfig
from geoframe_pathways.encoder import fit_encoder
from geoframe_pathways.experts.fitting import Fitted, Rows, fit_experts
from geoframe_pathways.experts.model import ALONE, Pathways
from geoframe_pathways.measures import regression_measures
from geoframe_pathways.trainers.stacked import StackedTrainer

TRAINER = StackedTrainer(steps=150, batch_size=256)
OPTIONS = ModelConfig(width=8, min_rows=10)


def rows_of(x: np.ndarray, y: np.ndarray, task: str = "regression") -> Rows:
    encoder, _ = fit_encoder(as_table(x), "column")
    return Rows(x=encoder.encode(x), y=y, task=task, target="y", encoder=encoder)  # type: ignore[arg-type]


def surface(x: np.ndarray) -> np.ndarray:
    return 50.0 + 10.0 * np.sin(3 * x[:, 0]) * x[:, 1]


@pytest.fixture(scope="module")
def points() -> np.ndarray:
    return np.random.default_rng(0).uniform(-1, 1, size=(1200, 2))


@pytest.fixture(scope="module")
def fitted(points: np.ndarray) -> Fitted:
    return fit_experts(rows_of(points, surface(points)), 30, OPTIONS, TRAINER, seed=0)


def test_it_learns(fitted: Fitted, points: np.ndarray) -> None:
    new = np.random.default_rng(1).uniform(-1, 1, size=(500, 2))
    predictions = fitted.model.predict(new)
    assert regression_measures(predictions.values, surface(new))["rmse_relative"] < 0.2
    assert fitted.rows_per_cell.sum() == len(points)


SIZES = [0, 1, 2, 3, ALONE - 1, ALONE, ALONE + 1, 3 * ALONE]
"""Rows of a cell at which batches are answered in different ways."""


@given(counts=st.lists(st.sampled_from(SIZES), min_size=8, max_size=8), seed=st.integers(0, 9))
@settings(max_examples=25)
def test_batches_are_answered_as_single_queries_are(
    fitted: Fitted, counts: list[int], seed: int
) -> None:
    model = fitted.model
    cells = np.random.default_rng(seed).permutation(np.repeat(np.arange(8), counts))
    x = np.random.default_rng(seed).normal(size=(len(cells), 2)).astype(np.float32)
    expected = [
        model._read(model.shape.apply_row(model.rows.row(int(cell)), one[None]))[0]
        for cell, one in zip(cells, x, strict=True)
    ]
    found = model.answers(x, cells)
    np.testing.assert_allclose(found, np.array(expected).reshape(-1, 1), rtol=1e-4, atol=1e-3)


def test_a_saved_model_answers_the_same(fitted: Fitted, points: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "experts.safetensors"
    fitted.model.save(path)
    opened = Pathways.open(path, cache_bytes=2**20)
    for model in (fitted.model, opened):
        predictions = model.predict(points)
        np.testing.assert_array_equal(predictions.values, fitted.model.predict(points).values)
        x = model.metadata.encoder.encode(points[:40])
        queried = np.array([model.query(one)[0] for one in x])
        np.testing.assert_allclose(queried, predictions.values[:40], rtol=1e-5)
    assert opened.metadata == fitted.model.metadata


def test_far_inputs_are_flagged(fitted: Fitted, points: np.ndarray) -> None:
    assert fitted.model.predict(points).extrapolated.mean() <= 0.002
    far = fitted.model.predict([[4.0, 0.0], [0.1, 0.1], [-3.0, -3.0]])
    assert far.extrapolated.tolist() == [True, False, True]
    assert far.relative_distance[0] > far.relative_distance[1]
    with pytest.raises(DataError, match="rows and columns"):
        fitted.model.predict([4.0, 0.0])


def crossing(model: Pathways, points: np.ndarray) -> float:
    """Largest jump of the prediction between close points on lines through the square."""
    jumps = []
    for height in np.linspace(-0.9, 0.9, 7):
        line = np.stack([np.linspace(-1, 1, 20_001), np.full(20_001, height)], axis=1)
        jumps.append(np.quantile(np.abs(np.diff(model.predict(line).values)), 0.9998))
    return float(max(jumps))


def test_blending_takes_the_jumps_away(fitted: Fitted, points: np.ndarray) -> None:
    hard = fitted.model
    soft = Pathways(
        router=hard.router,
        space=hard.space,
        mean_distance=hard.mean_distance,
        rows=hard.rows,
        metadata=attrs.evolve(hard.metadata, blend=0.2),
    )
    assert crossing(soft, points) < 0.2 * crossing(hard, points)
    x = hard.metadata.encoder.encode(points[:30])
    queried = np.array([soft.query(one)[0] for one in x])
    np.testing.assert_allclose(queried, soft.predict(points[:30]).values, rtol=1e-5)


def test_an_expert_that_never_saw_a_class_gives_it_a_share(points: np.ndarray) -> None:
    labels = np.where(points[:, 0] < 0, "left", np.where(points[:, 1] < 0, "low", "high"))
    rows = rows_of(points, labels, "classification")
    model = fit_experts(rows, 12, OPTIONS, TRAINER, seed=0).model
    predictions = model.predict(points)
    assert predictions.probabilities is not None
    assert (predictions.values == labels).mean() > 0.95
    np.testing.assert_allclose(predictions.probabilities.sum(axis=1), 1.0, rtol=1e-5)
    assert predictions.probabilities.min() >= 0.9 * OPTIONS.smoothing * min(model.metadata.prior)
    few = rows.take(np.flatnonzero(labels != "high"))
    without = fit_experts(few, 4, OPTIONS, TRAINER, seed=0, classes=np.unique(labels)).model
    assert without.metadata.classes == ("high", "left", "low")


def test_several_outputs(points: np.ndarray) -> None:
    y = np.stack([surface(points), 1e3 * points[:, 0]], axis=1)
    model = fit_experts(rows_of(points, y), 8, OPTIONS, TRAINER, seed=0).model
    predicted = model.predict(points).values
    assert predicted.shape == y.shape
    assert (np.abs(predicted - y).mean(axis=0) < 0.25 * y.std(axis=0)).all()


def test_centring_matters(points: np.ndarray) -> None:
    rows = rows_of(points, surface(points))
    errors = {
        centred: regression_measures(
            fit_experts(rows, 30, attrs.evolve(OPTIONS, centred=centred), TRAINER, seed=0)
            .model.predict_encoded(rows.x)
            .values,
            rows.y,
        )["rmse"]
        for centred in (True, False)
    }
    assert errors[True] < 0.7 * errors[False]


@pytest.mark.parametrize("router", ["flat", "tree"])
def test_other_seeds_and_orders(points: np.ndarray, router: str) -> None:
    options = attrs.evolve(OPTIONS, router=router)
    rows = rows_of(points, surface(points))
    quick = StackedTrainer(steps=20)
    first, again, other = (
        fit_experts(rows, 6, options, quick, seed=seed).model.predict(points).values
        for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
