"""The answer of a run in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def verdict(
    headline: str, own: float, rivals: Mapping[str, float], experts: int, networks: int
) -> list[str]:
    """Say how good the predictions are, and whether another model is better.

    Parameters
    ----------
    headline
        ``"rmse"``, of which less is better, or ``"accuracy"``.
    own
        Of the chosen experts, on rows that they never saw.
    rivals
        Of the models beside them, by name.
    experts
        How many there are.
    networks
        How many an expert consists of.
    """
    one = "one network" if networks == 1 else f"the mean of {networks} networks"
    size = one if experts == 1 else f"{experts} experts, of which one answers a row,"
    said = f"{own:.1%} of new rows are classified right" if headline == "accuracy" else ""
    said = said or f"Predictions of new rows are off by {own:.4g} (root of the mean square)"
    sentences = [f"{said}, with {size.rstrip(',')}."]
    if rivals:
        better = max if headline == "accuracy" else min
        name = better(rivals, key=lambda each: rivals[each])
        best = rivals[name]
        wins = own >= best if headline == "accuracy" else own <= best
        shown = f"{best:.1%}" if headline == "accuracy" else f"{best:.4g}"
        sentences.append(
            f"The best of the others, {name}, reaches {shown}: "
            + ("it is behind." if wins else "take it unless memory per answer matters.")
        )
    return sentences


def names(compared: Sequence[Any], headline: str) -> dict[str, float]:
    """Headline measure of the models beside, by name."""
    return {each.name: float(each.measures[headline]) for each in compared}
