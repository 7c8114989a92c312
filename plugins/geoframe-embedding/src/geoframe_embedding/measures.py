"""How faithful embedded distances of pairs are: one name, one meaning, for every method.

The ratio of a pair is embedded / given, both in the unit of the data (an embedding's ``scale``
states it). Keys end in the pairs that were measured: ``_edges`` of a graph, or ``_pairs``, all
of them or a sample. Torch-free.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Literal

import attrs
import numpy as np
from scipy.stats import rankdata

from geoframe_embedding.distances import Floats
from geoframe_embedding.pairs import Pairs

BINS = 12
"""Rows of the table of ratios by distance, at most."""

PairKind = Literal["edges", "pairs"]

MEANINGS: Mapping[str, str] = {
    "distortion_mean": "mean of embedded / given distance; 1 is right, errors up and down cancel",
    "distortion_min": "least embedded / given distance",
    "distortion_max": "largest embedded / given distance",
    "distortion_worst": "largest over least ratio, whatever the unit; 1 is perfect",
    "distortion_symmetric_mean": "mean of the larger of ratio and inverse; 1 is perfect",
    "distortion_symmetric_max": "largest of all ratios and inverses; 1 is perfect",
    "relative_error_mean": "mean of |embedded / given - 1|; 0 is perfect",
    "relative_error_max": "largest |embedded / given - 1|",
    "stress": "root of sum (given - c embedded)^2 / sum given^2, best c; 0 is perfect",
    "spearman": "rank correlation of embedded and given distances; 1 keeps the whole order",
    "triplets": "share of triplets whose nearer of two items is the nearer one in the data",
    "neighbors_kept_10": "share of an item's 10 nearest that are among its 10 nearest in the data",
    "map": "mean average precision with which an item's neighbours come first; 1 is perfect",
    "mean_rank": "mean place of a neighbour among the items that are none; 1 is perfect",
}
"""Measure -> what its number means, in words."""


@attrs.frozen(kw_only=True, eq=False)
class Ratios:
    """Embedded against given distances of the same pairs ``(p,)``."""

    given: Floats
    embedded: Floats

    @property
    def ratio(self) -> Floats:
        """Embedded / given ``(q,)`` of the pairs that are given at a positive distance."""
        positive = self.given > 0
        found: Floats = self.embedded[positive] / self.given[positive]
        return found

    @property
    def worst(self) -> float:
        """Largest over least ratio, whatever the unit; infinite if one is not positive."""
        ratio = self.ratio
        if not len(ratio):
            return 1.0
        least, largest = float(ratio.min()), float(ratio.max())
        return largest / least if least > 0 else float("inf")

    @property
    def relative_error(self) -> float:
        """Mean of |ratio - 1|; 0 without pairs."""
        ratio = self.ratio
        return float(np.abs(ratio - 1.0).mean()) if len(ratio) else 0.0

    @property
    def stress(self) -> float:
        """Root of sum (D - c d)^2 / sum D^2 with the best factor c: 0 if exact up to the unit."""
        total = float(self.given @ self.given)
        length = float(self.embedded @ self.embedded)
        if total == 0.0 or not np.isfinite(length):
            return 0.0 if total == 0.0 else float("nan")
        factor = float(self.embedded @ self.given) / length if length > 0 else 0.0
        rest = self.given - factor * self.embedded
        return float(np.sqrt(rest @ rest / total))

    @property
    def spearman(self) -> float:
        """Rank correlation; NaN where all distances are the same.

        Embedded distances that agree to nine digits are ties, as the given ones may be: else an
        exact embedding of hop counts would be ranked by its rounding.
        """
        mantissa, exponent = np.frexp(self.embedded)
        return spearman(self.given, np.ldexp(np.round(mantissa, 9), exponent))

    def measures(self, pairs: PairKind) -> dict[str, float]:
        """Every measure of pairs under its name; NaN where the pairs do not allow it."""
        if not len(self.given):
            return {}
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = self.ratio if (self.given > 0).any() else np.full(1, np.nan)
            symmetric = np.maximum(np.abs(ratio), 1.0 / np.abs(ratio))
        found = {
            "distortion_mean": float(ratio.mean()),
            "distortion_min": float(ratio.min()),
            "distortion_max": float(ratio.max()),
            "distortion_worst": self.worst,
            "distortion_symmetric_mean": float(symmetric.mean()),
            "distortion_symmetric_max": float(symmetric.max()),
            "relative_error_mean": float(np.abs(ratio - 1.0).mean()),
            "relative_error_max": float(np.abs(ratio - 1.0).max()),
            "stress": self.stress,
            "spearman": self.spearman,
        }
        return {f"{name}_{pairs}": value for name, value in found.items()}

    @cached_property
    def by_distance(self) -> Sequence[dict[str, float | int]]:
        """Rows of a table: ratios in bins of the given distance, near to far.

        Up to ``BINS`` different distances have a row each; more are put together by quantiles.
        """
        given, ratios = self.given[self.given > 0], self.ratio
        if not len(given):
            return []
        values = np.unique(given)
        if len(values) > BINS:
            values = np.unique(np.quantile(given, np.linspace(0, 1, BINS + 1)[:-1]))
        which = np.searchsorted(values, given, side="right") - 1
        rows: list[dict[str, float | int]] = []
        for index in np.unique(which):  # a quantile between two values has no pairs of its own
            inside = which == index
            ratio = ratios[inside]
            rows.append(
                {
                    "from": float(given[inside].min()),
                    "to": float(given[inside].max()),
                    "pairs": int(inside.sum()),
                    "least_ratio": float(ratio.min()),
                    "mean_ratio": float(ratio.mean()),
                    "greatest_ratio": float(ratio.max()),
                }
            )
        return rows

    def furthest_off(self, count: int) -> list[int]:
        """Positions among the pairs of those with the worst ratio, the worst first.

        A pair embedded at a distance of 0 or below is as wrong as can be.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            off = np.abs(np.log(np.abs(self.embedded) / self.given))
        off = np.where(self.embedded > 0, off, np.inf)
        positive = np.flatnonzero(self.given > 0)
        order = positive[np.argsort(-off[positive], kind="stable")[:count]]
        return [int(pair) for pair in order]


def worst_pairs(
    names: Sequence[str], pairs: Pairs, embedded: Floats, count: int
) -> list[dict[str, Any]]:
    """Rows for the pairs whose embedded distance is furthest off, as a ratio."""
    ratios = Ratios(given=pairs.given, embedded=embedded)
    return [
        {
            "first": names[pairs.first[pair]],
            "second": names[pairs.second[pair]],
            "given": float(pairs.given[pair]),
            "embedded": float(embedded[pair]),
            "ratio": float(embedded[pair] / pairs.given[pair]),
        }
        for pair in ratios.furthest_off(count)
    ]


def spearman(x: Floats, y: Floats) -> float:
    """Rank correlation of ``(p,)`` and ``(p,)``; NaN if one of them is constant."""
    x, y = rankdata(x) - (len(x) + 1) / 2, rankdata(y) - (len(y) + 1) / 2
    norm = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / norm if norm > 0 else float("nan")
