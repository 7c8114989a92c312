"""The answer of a run in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MANY = 0.02
"""Share of near-copies that is worth a warning."""


LEAST_COMPARED = 20
"""Items that a measure of likeness needs to compare with."""


def verdict(metrics: Mapping[str, Any], compared: str, count: int) -> list[str]:
    """Say how like the data the samples are, and how many merely repeat them.

    Parameters
    ----------
    compared, count
        What items they are compared with, in a word, and how many.
    """
    copies = metrics["dup_rate"]
    sentences = [
        f"{metrics['samples']} samples; {copies:.1%} lie as near to a training item as the nearest "
        "training items to one another"
        + (" and count as copies." if copies > MANY else ", which is what the data do themselves.")
    ]
    if count < LEAST_COMPARED:
        sentences.append(
            f"How like the data they are, {count} {compared} items are too few to say: kid and "
            "recall mean little here."
        )
        return sentences
    sentences.append(
        f"Their kernel distance to {compared} items is {metrics['kid']:.3g} (0 is the same "
        f"distribution), and {metrics['recall']:.0%} of these have a sample among their neighbours."
    )
    return sentences
