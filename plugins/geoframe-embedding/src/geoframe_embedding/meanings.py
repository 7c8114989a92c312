"""What the measures mean, in half a sentence each: for reports. Torch-free."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

MEANINGS: Mapping[str, str] = {
    "distortion_mean": "embedded over given distance, in the mean; 1 is right",
    "distortion_min": "the pair that came out too short by most; 1 is right",
    "distortion_max": "the pair that came out too long by most; 1 is right",
    "distortion_worst": "largest stretch times largest shrinking; 1 is exact",
    "distortion_symmetric_mean": "factor by which distances are off, in the mean; 1 is right",
    "distortion_symmetric_max": "factor by which the worst distance is off; 1 is right",
    "relative_error_mean": "share by which distances are off, in the mean; 0 is right",
    "relative_error_max": "share by which the worst distance is off; 0 is right",
    "stress": "error of all distances beside their size; below 0.1 is good, 0 is exact",
    "spearman": "agreement of near and far with the data; 1 is the same order",
    "triplets": "share of triples whose nearer pair is the nearer one here too",
    "neighbors_kept_10": "share of the ten nearest items that are among the ten nearest here",
    "map": "mean average precision of neighbours by nearness; 1 is perfect",
    "mean_rank": "place of true neighbours among the nearest; 1 is perfect",
    "closure_recall": "share of connected pairs whose order is told; 1 is all",
    "false_causality": "share of unconnected pairs that are ordered all the same; 0 is none",
    "order_precision": "share of ordered pairs that are connected; 1 is all",
    "directionality": "share of edges that point forward in time",
    "directionality_ceiling": "the most that any order can reach on these edges",
}
"""Measure, without the pairs it is over -> what it says and what is good."""
OVER = ("_edges", "_pairs", "_paper")


def meanings(names: Iterable[str]) -> dict[str, str]:
    """Explain those of the named metrics that are known."""
    found = {}
    for name in names:
        base = next((name.removesuffix(end) for end in OVER if name.endswith(end)), name)
        if base in MEANINGS:
            found[name] = MEANINGS[base]
    return found
