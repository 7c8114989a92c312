"""The answer of a run in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

EXACT = 1e-6
"""Stress below which an embedding is called exact."""


def verdict(rows: Sequence[Mapping[str, Any]], trained: Sequence[str]) -> list[str]:
    """Say how well distances are kept, beside the standard methods.

    Parameters
    ----------
    rows
        The table of all embeddings.
    trained
        Names of the geometries that were trained, the main one first.
    """
    sentences = []
    exact = [row for row in rows if str(row["geometry"]).startswith("power")]
    if exact and exact[0]["stress_pairs"] < EXACT:
        sentences.append(
            f"In {exact[0]['dim']} dimensions the distances are kept exactly, by an equation and "
            "without training."
        )
    main = next((row for row in rows if trained and row["geometry"] == trained[0]), None)
    if main is None:
        return sentences or [_said(rows[0])]
    others = [
        row for row in rows if row is not main and row not in exact and row["dim"] == main["dim"]
    ]
    sentences.append(_said(main))
    if others:
        best = min(others, key=lambda row: row["stress_pairs"])
        sentences.append(
            f"{best['geometry']} reaches stress {best['stress_pairs']:.3g} and Spearman "
            f"{best['spearman_pairs']:.3f} in as many: "
            + (
                "it is the better choice here."
                if best["stress_pairs"] < main["stress_pairs"]
                else "it is behind."
            )
        )
    return sentences


def _said(row: Mapping[str, Any]) -> str:
    return (
        f"In {row['dim']} dimensions {row['geometry']} keeps the distances with stress "
        f"{row['stress_pairs']:.3g} and their order with Spearman {row['spearman_pairs']:.3f}."
    )
