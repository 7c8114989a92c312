"""The answer of a run in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

BALL, HYPERBOLOID = "float32 poincare", "float32 lorentz"
"""What the table calls the coordinates that are exported."""
PRECISIONS = {"map_edges": "neighbours", "map_pairs": "neighbours", "map_ancestors": "ancestors"}
"""Measure -> whom it ranks."""


def verdict(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Say how far tree distances are kept, beside the other embeddings of the table.

    Parameters
    ----------
    rows
        The table of embeddings, the construction first.
    """
    first = rows[0]
    error, worst = first["relative_error_mean_pairs"], first["distortion_worst_pairs"]
    kept = (
        f"Distances between nodes are right within {error:.2%} in the mean in {first['dim']} "
        f"hyperbolic dimensions; no pair is off by more than a factor of {worst:.4g}"
    )
    if first["certified_distortion"] is not None:
        kept += f", and {first['certified_distortion']:.4g} is proven"
    sentences = [f"{kept}."]
    for row in rows[1:]:
        if row["embedding"] in (BALL, HYPERBOLOID):
            continue
        if row.get("relative_error_mean_pairs") is not None:
            sentences.append(
                f"{str(row['embedding']).capitalize()} in {row['dim']} dimensions is off by "
                f"{row['relative_error_mean_pairs']:.1%} in the mean."
            )
    for row in rows:
        if row["embedding"] == BALL:
            for key in PRECISIONS:
                if None not in (first.get(key), row.get(key)):
                    sentences.append(
                        f"The {PRECISIONS[key]} of a node come first with a precision of "
                        f"{first[key]:.3g} (1 is perfect), by the float32 coordinates that export "
                        f"writes with {row[key]:.3g}."
                    )
    return sentences
