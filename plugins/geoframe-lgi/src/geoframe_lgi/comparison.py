"""Several models on several splits: who is best on held-out rows, and by how much on test rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from geoframe_lgi.held_out import Predictions
from geoframe_lgi.measures import HEADLINE, measure, row_losses, sign_test
from geoframe_lgi.task import Mask, NodeTask, Split

CALIBRATED = ("nll", "calibration_error", "auc", "rmse", "mae", "subset_accuracy")
"""Measures that stand in the table besides the headline."""


@attrs.frozen(kw_only=True, eq=False)
class Outcome:
    """What every model said on one split, the main one first."""

    split: Split
    predictions: Sequence[Predictions]


@attrs.frozen(kw_only=True)
class Verdict:
    """The main model against the peer that held-out rows chose, over splits."""

    peer: str
    main: float
    """Mean headline measure on test rows."""
    other: float
    difference: float
    """Mean of main - other, paired by split."""
    error: float
    """Standard error of that mean: over splits, or over test rows of a single split."""
    p_value: float
    """Sign test over splits; 1 for a single one."""

    @property
    def worse(self) -> bool:
        """Whether the main model is more than one standard error below."""
        return self.difference < -self.error

    @property
    def better(self) -> bool:
        """Whether it is more than one standard error above."""
        return self.difference > self.error


def table_of(task: NodeTask, outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """One row per model: mean and spread of its measures over the splits."""
    headline = HEADLINE[task.kind]
    rows = []
    for place, first in enumerate(outcomes[0].predictions):
        tests = [
            measure(task, each.predictions[place].scores, each.split.test) for each in outcomes
        ]
        held = [_held_measure(task, each.predictions[place]) for each in outcomes]
        values = np.array([test[headline] for test in tests])
        row: dict[str, Any] = {
            "model": first.name,
            headline: float(values.mean()),
            f"{headline}_sd": float(values.std(ddof=1)) if len(values) > 1 else None,
            f"{headline}_held_out": _mean(held),
        }
        for name in CALIBRATED:
            if all(name in test for test in tests):
                row[name] = float(np.mean([test[name] for test in tests]))
        row["seconds"] = sum(each.predictions[place].seconds for each in outcomes)
        rows.append(row)
    return rows


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if len(known) == len(values) else None


def judged(predictions: Predictions) -> Mask:
    """Rows on which a model was judged without having trained on them ``(n,)``."""
    rows: Mask = np.asarray(np.isfinite(predictions.held).all(axis=1))
    return rows


def _held_measure(task: NodeTask, predictions: Predictions) -> float | None:
    return measure(task, predictions.held, judged(predictions)).get(HEADLINE[task.kind])


def best_peer(task: NodeTask, outcome: Outcome, among: Sequence[str]) -> Predictions:
    """Return the peer with the least loss on rows that it did not train on."""

    def loss(predictions: Predictions) -> float:
        rows = judged(predictions)
        return float(row_losses(task, predictions.held, rows).mean()) if rows.any() else np.inf

    return min((each for each in outcome.predictions if each.name in among), key=loss)


def verdict(task: NodeTask, outcomes: Sequence[Outcome], peers: Sequence[str]) -> Verdict:
    """Compare the main model with the peer that each split's held-out rows chose."""
    headline = HEADLINE[task.kind]
    chosen = [best_peer(task, outcome, peers) for outcome in outcomes]
    main = [measure(task, o.predictions[0].scores, o.split.test)[headline] for o in outcomes]
    other = [
        measure(task, peer.scores, o.split.test)[headline]
        for peer, o in zip(chosen, outcomes, strict=True)
    ]
    differences = np.array(main) - np.array(other)
    names = sorted({peer.name for peer in chosen})
    return Verdict(
        peer=names[0] if len(names) == 1 else "chosen per split: " + ", ".join(names),
        main=float(np.mean(main)),
        other=float(np.mean(other)),
        difference=float(differences.mean()),
        error=_standard_error(task, outcomes, chosen, differences),
        p_value=sign_test(differences) if len(outcomes) > 1 else 1.0,
    )


def _standard_error(
    task: NodeTask,
    outcomes: Sequence[Outcome],
    chosen: Sequence[Predictions],
    differences: NDArray[np.float64],
) -> float:
    if len(outcomes) > 1:
        return float(differences.std(ddof=1) / np.sqrt(len(differences)))
    (outcome,), (peer,) = outcomes, chosen
    test = outcome.split.test
    apart = success(task, outcome.predictions[0], test) - success(task, peer, test)
    return float(apart.std(ddof=1) / np.sqrt(len(apart))) if len(apart) > 1 else np.inf


def success(task: NodeTask, predictions: Predictions, rows: NDArray[np.bool_]) -> Any:
    """How right each row's prediction is ``(m,)``: what the headline measure is a mean of."""
    target, given = task.target[rows], predictions.scores[rows]
    if task.kind == "classification":
        return (given.argmax(axis=1) == target[:, 0]).astype(float)
    if task.kind == "multi-label":
        return ((given > 0.5) == (target > 0)).mean(axis=1)
    variance = np.maximum(target.var(axis=0), 1e-12)
    return 1 - ((given - target) ** 2 / variance).mean(axis=1)


def sentence(name: str, found: Verdict, measure_name: str) -> str:
    """Say how the main model did, in words."""
    size = f"{abs(found.difference):.3f} (standard error {found.error:.3f})"
    against = f"the best peer on held-out rows ({found.peer})"
    if found.better:
        return f"{name} is above {against} by {size} in {measure_name}"
    if found.worse:
        return f"{name} is below {against} by {size} in {measure_name}: use the peer"
    return f"{name} and {against} are level: they differ by {size} in {measure_name}"


def answer(name: str, measure_name: str, value: float, sentences: Sequence[str]) -> list[str]:
    """Begin a report: what the main model reached on held-out rows, and what to think of it."""
    said = [f"{name} reaches {value:.3f} in {measure_name} on held-out rows", *sentences]
    return [f"{each[0].upper()}{each[1:]}." for each in said]


def per_split(task: NodeTask, outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """One row per split with every model's headline measure on test rows."""
    headline = HEADLINE[task.kind]
    rows: list[dict[str, Any]] = []
    for outcome in outcomes:
        row: dict[str, Any] = {"split": outcome.split.name}
        for each in outcome.predictions:
            measures: Mapping[str, float] = measure(task, each.scores, outcome.split.test)
            row[each.name] = measures[headline]
        rows.append(row)
    return rows
