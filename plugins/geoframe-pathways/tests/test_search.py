from __future__ import annotations

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoframe_data import as_table
from geoframe_pathways.config import ModelConfig
from geoframe_pathways.encoder import fit_encoder
from geoframe_pathways.experts.fitting import Fitted, Rows, fit_each, fit_experts, measure
from geoframe_pathways.experts.model import Pathways
from geoframe_pathways.search import Search, candidates, folds_of, held_out
from geoframe_pathways.trainers.stacked import StackedTrainer

TRAINER = StackedTrainer(steps=60, batch_size=128)
OPTIONS = ModelConfig(width=6, min_rows=20)


def rows_of(count: int, task: str = "regression") -> Rows:
    x = np.random.default_rng(0).uniform(-1, 1, size=(count, 2))
    y = 50.0 + 10.0 * np.sin(3 * x[:, 0]) * x[:, 1]
    labels = np.where(x[:, 0] < 0, "left", "right")
    encoder, _ = fit_encoder(as_table(x), "column")
    return Rows(
        x=encoder.encode(x),
        y=labels if task == "classification" else y,
        task=task,  # type: ignore[arg-type]
        target="y",
        encoder=encoder,
    )


def shifted(fitted: Fitted, by: float) -> Fitted:
    """Add a number to every answer, and so to the error."""
    metadata = fitted.model.metadata
    model = Pathways(
        router=fitted.model.router,
        space=fitted.model.space,
        mean_distance=fitted.model.mean_distance,
        rows=fitted.model.rows,
        metadata=attrs.evolve(metadata, offset=(metadata.offset[0] + by,)),
    )
    return attrs.evolve(fitted, model=model)


def test_few_rows_choose_few_experts() -> None:
    options = ModelConfig(experts=(1, 4, 16), min_rows=300)
    assert candidates(options, 927) == [1]
    assert candidates(options, 1200) == [1, 4]
    assert candidates(options, 10) == [1]
    assert candidates(options, 10**6) == [1, 4, 16]


class Candidates:
    """Stands in for training: the error of a candidate is what it is told to be."""

    def __init__(self, errors: dict[tuple[int, float], float]) -> None:
        self.errors = errors
        self.fitted = fit_experts(
            rows_of(400), 4, OPTIONS, StackedTrainer(steps=600, batch_size=256), seed=0
        )
        self.seen: list[tuple[int, float]] = []
        self.sizes: set[int] = set()

    def __call__(self, number: int, decay: float, parts: list[Rows]) -> list[Fitted]:
        self.seen.append((number, decay))
        self.sizes |= {len(part) for part in parts}
        return [shifted(self.fitted, self.errors[number, decay]) for _ in parts]


def test_numbers_are_chosen_before_decays() -> None:
    rows = rows_of(400)
    errors = {(1, 0.0): 30.0, (4, 0.0): 10.0, (9, 0.0): 10.0, (4, 0.5): 5.0, (4, 2.0): 50.0}
    fit = Candidates(errors)
    search = Search(rows, fit, held_out(rows, 0.25, seed=0))
    assert search.one_by_one([1, 4, 9], [0.0, 0.5, 2.0]) == (4, 0.5)  # of equals the fewest
    assert fit.seen == list(errors)  # each once
    assert fit.sizes == {300}
    assert [row["validation_error"] for row in search.table] == pytest.approx(
        list(errors.values()), rel=0.1
    )
    assert search.one_by_one([7], [0.3]) == (7, 0.3)  # nothing to choose, nothing to train
    assert len(fit.seen) == len(errors)


def test_candidates_are_given_up_when_they_stop_paying() -> None:
    rows = rows_of(400)
    errors = {(1, 0.0): 30.0, (4, 0.0): 10.0, (9, 0.0): 10.0, (4, 0.5): 9.99, (4, 2.0): 1.0}
    fit = Candidates(errors)
    search = Search(rows, fit, held_out(rows, 0.25, seed=0), patience=1)
    assert search.one_by_one([1, 4, 9, 16], [0.0, 0.5, 2.0]) == (4, 0.0)  # 1 % would have paid
    assert fit.seen == [(1, 0.0), (4, 0.0), (9, 0.0), (4, 0.5)]
    patient = Search(rows, fit, held_out(rows, 0.25, seed=0), patience=2)
    assert patient.decay([0.0, 0.5, 2.0], 4) == 2.0


def test_many_experts_have_to_be_ahead_of_one_trained_network() -> None:
    rows = rows_of(400)
    errors = {(1, 0.0): 30.0, (4, 0.0): 10.0, (9, 0.0): 20.0, (1, 0.5): 40.0}
    for in_the_end, chosen in ((9.0, 1), (11.0, 4)):
        pilots = Candidates({**errors, (4, 0.5): 20.0})
        whole = Candidates({(1, 0.0): in_the_end})
        search = Search(rows, pilots, held_out(rows, 0.25, seed=0), patience=1, whole=whole)
        assert search.one_by_one([1, 4, 9, 16], [0.0, 0.5]) == (chosen, 0.0)
        assert pilots.seen == [(1, 0.0), (4, 0.0), (9, 0.0), (chosen, 0.5)]
        assert whole.seen == [(1, 0.0)]
    unasked = Candidates({(1, 0.0): 10.0, (4, 0.0): 20.0})
    search = Search(rows, unasked, held_out(rows, 0.25, seed=0), patience=1, whole=whole)
    assert search.one_by_one([1, 4], [0.0]) == (1, 0.0)
    assert whole.seen == [(1, 0.0)]


def test_pairs_are_chosen_where_the_best_decay_depends_on_the_number() -> None:
    rows = rows_of(402)
    errors = {(1, 0.0): 20.0, (1, 3.0): 15.0, (4, 0.0): 40.0, (4, 3.0): 10.0}
    fit = Candidates(errors)
    search = Search(rows, fit, folds_of(rows, 5, seed=0))
    assert search.jointly([1, 4], [0.0, 3.0]) == (4, 3.0)
    assert search.one_by_one([1, 4], [0.0, 3.0]) == (1, 3.0)
    assert fit.seen == list(errors)
    assert fit.sizes == {321, 322}


@given(count=st.integers(2, 40), folds=st.integers(2, 50), seed=st.integers(0, 5))
def test_folds_share_out_the_rows(count: int, folds: int, seed: int) -> None:
    parts = folds_of(rows_of(count), folds, seed)
    assert sorted(np.concatenate(parts).tolist()) == list(range(count))
    sizes = [len(part) for part in parts]
    assert len(parts) == min(count, folds)
    assert max(sizes) - min(sizes) <= 1


def test_folds_share_out_every_class() -> None:
    rows = rows_of(43, "classification")
    labels = np.array(["a"] * 32 + ["b"] * 10 + ["only one"])
    parts = folds_of(attrs.evolve(rows, y=labels), 5, seed=1)
    shares = [np.count_nonzero(labels[part] == "b") for part in parts]
    assert shares == [2] * 5
    assert sorted(np.count_nonzero(labels[part] == "a") for part in parts) == [6, 6, 6, 7, 7]


def test_the_error_is_that_of_all_held_out_rows_together() -> None:
    rows = rows_of(50)
    fitted: list[Fitted] = []

    def fit(number: int, decay: float, parts: list[Rows]) -> list[Fitted]:
        fitted.extend(fit_each(parts, number, OPTIONS, TRAINER, seed=0))
        return fitted

    held = folds_of(rows, 3, seed=0)
    error = Search(rows, fit, held).error(1, 0.0)
    predicted = np.empty(50)
    for each, part in zip(fitted, held, strict=True):
        predicted[part] = each.model.predict_encoded(rows.x[part]).values
    assert error == pytest.approx(np.sqrt(np.mean((predicted - rows.y) ** 2)))


@pytest.mark.parametrize("task", ["regression", "classification"])
def test_a_fold_is_trained_as_if_its_rows_were_all(task: str) -> None:
    rows = rows_of(90, task)
    first, second = np.arange(60), np.arange(10, 90)
    classes = np.unique(rows.y) if task == "classification" else None
    # A set's experts have the same numbers only if it comes first.
    together = fit_each(
        [rows.take(first), rows.take(second)], 3, OPTIONS, TRAINER, seed=0, classes=classes
    )
    alone = fit_experts(
        rows.take(first),
        3,
        OPTIONS,
        StackedTrainer(steps=60, batch_size=32),
        seed=0,
        classes=classes,
    )
    assert together[0].model.metadata == alone.model.metadata
    np.testing.assert_array_equal(together[0].rows_per_cell, alone.rows_per_cell)
    error = "rmse_relative" if task == "regression" else "log_loss"
    held = rows.take(np.arange(60, 90))
    assert measure(together[0].model, held)[error] == pytest.approx(
        measure(alone.model, held)[error], rel=0.05
    )
    assert len(together[1].rows_per_cell) == together[1].model.experts
    assert together[1].rows_per_cell.sum() == 80
