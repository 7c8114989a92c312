"""The answer of a run in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

GOOD = 0.1
"""Mean relative error below which lengths are called right."""


def verdict(metrics: Mapping[str, Any], comparison: Sequence[Mapping[str, Any]]) -> list[str]:
    """Say how well order and lengths are represented, beside the baseline."""
    recall, false = metrics["closure_recall"], metrics["false_causality"]
    if recall == 1 and false == 0:
        order = "The order is exact: it is told for every connected pair, and for no other."
    else:
        order = (
            f"The order is told for {recall:.1%} of the connected pairs, and for {false:.1%} of "
            "the others, where there is none."
        )
    error, worst = metrics["relative_error_mean_edges"], metrics["distortion_symmetric_max_edges"]
    lengths = (
        f"Along edges distances are right within {error:.1%} in the mean, the worst by a factor of "
        f"{worst:.3g}"
    )
    rivals = [row for row in comparison[1:] if row.get("relative_error_mean_edges") is not None]
    if rivals:
        rival = rivals[0]
        name = next(value for value in rival.values() if isinstance(value, str))
        lengths += f"; {name} is off by {rival['relative_error_mean_edges']:.1%}"
    sentences = [order, f"{lengths}."]
    if error > GOOD:
        sentences.append("Trust the order, not the lengths.")
    return sentences


def advice(metrics: Mapping[str, Any], trainer: Any) -> list[str]:
    """Say what to change if something falls short."""
    found = []
    steps = getattr(trainer.options, "steps", None)
    if metrics["relative_error_mean_edges"] > GOOD and steps:
        found.append(
            f"For better lengths: --set trainer.steps={2 * steps} or a larger geometry.dim."
        )
    if metrics["closure_recall"] < 1 or metrics["false_causality"] > 0:
        found.append("For a better order: a larger nst.time_work or nst.time_dim.")
    return found
