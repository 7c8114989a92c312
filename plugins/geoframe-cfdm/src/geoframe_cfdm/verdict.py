"""The answer of a run in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MANY = 0.02
"""Share of near-copies that is worth a warning."""


def verdict(metrics: Mapping[str, Any], compared: str) -> list[str]:
    """Say how like the data the samples are, and how many merely repeat them."""
    copies = metrics["dup_rate"]
    sentences = [
        f"{metrics['samples']} samples; {copies:.1%} lie as near to a training item as the nearest "
        "training items to one another"
        + (" and count as copies." if copies > MANY else ", which is what the data do themselves.")
    ]
    sentences.append(
        f"Their kernel distance to {compared} items is {metrics['kid']:.3g} (0 is the same "
        f"distribution), and {metrics['recall']:.0%} of these have a sample among their neighbours."
    )
    return sentences
