"""Pictures of a run of ames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

BAR = 0.38


def branches(rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw every branch's ablation value beside its attention, with spread over trainings."""
    figure = Figure(figsize=(7, 1 + 0.35 * len(rows)), layout="constrained")
    names = [row["branch"] for row in rows][::-1]
    for place, (key, label) in enumerate(
        (("ablation", "lost on held-out rows without it"), ("attention", "attention"))
    ):
        axes = figure.add_subplot(1, 2, place + 1)
        values = [row[key] for row in rows][::-1]
        spread = [row[f"{key}_sd"] or 0.0 for row in rows][::-1]
        axes.barh(range(len(rows)), values, 2 * BAR, xerr=spread, color="#3b6fb6", ecolor="#9aa5b1")
        axes.set_yticks(range(len(rows)), names if place == 0 else [""] * len(rows))
        axes.set_xlabel(label)
    return figure
