"""Predictions of a model, and measures of them."""

from __future__ import annotations

import math

import attrs
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from geoframe_asymlora.lora.rounding import MIXED
from geoframe_asymlora.text.encoding import Encoded
from geoframe_asymlora.text.objective import weight_of

LESS_IS_BETTER = ("rmse", "loss", "perplexity")
DEFAULT_METRIC = {"classification": "accuracy", "regression": "pearson", "causal": "loss"}


@attrs.frozen(eq=False)
class Predictions:
    """What a model says of some examples."""

    outputs: NDArray[np.float32]
    """Logits ``(n, classes)``, numbers ``(n, 1)``, or nothing where tokens are predicted."""
    loss: float
    """Mean loss."""


@torch.no_grad()
def predict(
    model: nn.Module, data: Encoded, batch_size: int, *, logits: bool, precision: str = "float32"
) -> Predictions:
    """Apply a model to examples, sorted by length so that little is padded."""
    training = model.training
    model.eval()
    device = next(model.parameters()).device
    order = data.lengths().argsort(stable=True)
    outputs: list[Tensor] = []
    loss = weight = 0.0
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        batch = data.batch(rows.tolist(), device)
        with torch.autocast(device.type, MIXED.get(precision), enabled=precision in MIXED):
            found = model(**batch)
        count = float(weight_of(batch["labels"]))
        loss, weight = loss + count * float(found.loss), weight + count
        if logits:
            outputs.append(found.logits.float().cpu())
    model.train(training)
    sorted_outputs = torch.cat(outputs) if outputs else torch.zeros(len(order), 0)
    unsorted = torch.empty_like(sorted_outputs)
    unsorted[order] = sorted_outputs
    return Predictions(unsorted.numpy(), loss / max(1.0, weight))


@torch.no_grad()
def token_losses(model: nn.Module, data: Encoded) -> NDArray[np.float32]:
    """Mean loss of the learned tokens of each example, ``(n,)``."""
    device = next(model.parameters()).device
    model.eval()
    found = [model(**data.batch([row], device)).loss for row in range(len(data))]
    return torch.stack(found).float().cpu().numpy()


def measures(predictions: Predictions, data: Encoded, kind: str) -> dict[str, float]:
    """Return every measure of a kind of task; a correlation with a constant is 0."""
    found = {"loss": predictions.loss}
    if kind == "causal":
        return {**found, "perplexity": math.exp(min(predictions.loss, 700.0))}
    assert isinstance(data.targets, Tensor)
    targets = data.targets.numpy()
    if kind == "regression":
        guesses = predictions.outputs[:, 0]
        return {
            **found,
            "pearson": _correlation(guesses, targets),
            "spearman": _correlation(_ranks(guesses), _ranks(targets)),
            "rmse": float(np.sqrt(np.mean((guesses - targets) ** 2))),
        }
    guesses = predictions.outputs.argmax(1)
    classes = predictions.outputs.shape[1]
    table = np.zeros((classes, classes))
    np.add.at(table, (targets, guesses), 1)
    return {
        **found,
        "accuracy": float(np.mean(guesses == targets)),
        "matthews": _matthews(table),
        "f1": _f1(table),
    }


def _matthews(table: NDArray[np.float64]) -> float:
    """Matthews correlation of a confusion table (true x guessed), 0 if one class is always said."""
    count, true, said = table.sum(), table.sum(1), table.sum(0)
    covariance = np.trace(table) * count - true @ said
    spread = (count**2 - said @ said) * (count**2 - true @ true)
    return float(covariance / np.sqrt(spread)) if spread > 0 else 0.0


def _f1(table: NDArray[np.float64]) -> float:
    """F1 of class 1 where there are two, else the mean over classes."""
    both = table.sum(0) + table.sum(1)
    each = np.divide(2 * np.diag(table), both, out=np.zeros(len(table)), where=both > 0)
    return float(each[1] if len(each) == 2 else each.mean())


def _ranks(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Ranks from 0; equal values share their mean rank."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: NDArray[np.float64] = (last - (counts + 1) / 2)[inverse]
    return ranks


def _correlation(x: NDArray[np.floating], y: NDArray[np.floating]) -> float:
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return 0.0
    return float(np.corrcoef(x, y)[0, 1])
