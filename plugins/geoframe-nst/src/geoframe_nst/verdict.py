"""The answer of a run in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any, Literal

from geoframe_nst.config import NSTConfig

GOOD = 0.1
"""Mean relative error below which lengths are called right."""
FAITHFUL = 0.9
"""Rank correlation with path lengths from which distances off the edges are called faithful."""


def verdict(
    metrics: Mapping[str, Any],
    comparison: Sequence[Mapping[str, Any]],
    distances: Literal["edges", "paths"],
) -> list[str]:
    """Say how well order and lengths are represented, beside the baseline."""
    recall, false = metrics["closure_recall"], metrics["false_causality"]
    others = isfinite(false)  # there may be none
    if recall == 1 and (false == 0 or not others):
        order = "The order is exact: it is told for every connected pair, and for no other."
    else:
        rest = (
            f"and for {false:.1%} of the others, where there is none"
            if others
            else "and there are no others"
        )
        order = f"The order is told for {recall:.1%} of the connected pairs, {rest}."
    over = "edges" if distances == "edges" else "pairs"
    error = metrics.get(f"relative_error_mean_{over}", 0.0)
    where = "Along edges" if over == "edges" else "Between nodes that no edge joins"
    lengths = (
        f"{where} distances are right within {error:.1%} in the mean, the worst by a factor of "
        f"{metrics.get(f'distortion_symmetric_max_{over}', 1.0):.3g}"
    )
    rivals = [row for row in comparison[1:] if row.get(f"relative_error_mean_{over}") is not None]
    if rivals:
        rival = rivals[0]
        name = next(value for value in rival.values() if isinstance(value, str))
        lengths += f"; {name} is off by {rival[f'relative_error_mean_{over}']:.1%}"
    sentences = [order, f"{lengths}."]
    off = metrics.get("spearman_pairs")
    if off is not None and isfinite(off):
        asked = ", which nothing was fitted to," if distances == "edges" else ""
        sentence = f"Off the edges{asked} they rank pairs as paths do by {off:.2f} (1 is all)"
        if (kept := metrics.get("neighbors_kept_10")) is not None:
            sentence += f", and {kept:.0%} of the ten nearest nodes are the nearest along paths"
        sentences.append(f"{sentence}.")
    if error > GOOD:
        sentences.append("Trust the order, not the lengths.")
    return sentences


def advice(metrics: Mapping[str, Any], config: NSTConfig) -> list[str]:
    """Say what to change if something falls short."""
    found = []
    steps = getattr(config.trainer.options, "steps", None)
    over = "edges" if config.nst.distances == "edges" else "pairs"
    if metrics.get(f"relative_error_mean_{over}", 0.0) > GOOD and steps:
        found.append(
            f"For better lengths: --set trainer.steps={2 * steps} or a larger geometry.dim."
        )
    if config.nst.distances == "edges" and metrics.get("spearman_pairs", 1.0) < FAITHFUL:
        found.append(
            "For distances and nearest nodes off the edges: --set nst.distances=paths, which fits "
            "the lengths of paths."
        )
    if metrics["closure_recall"] < 1 or metrics["false_causality"] > 0:
        found.append("For a better order: a larger nst.time_work or nst.time_dim.")
    return found
