"""How alike adapters are: canonical correlations of the spaces that their factors span.

For factors with orthonormal bases Q₁ (d, r₁) and Q₂ (d, r₂) of the columns of B, or of the rows
of A, the similarity is |Q₁ᵀQ₂|² / min(r₁, r₂): the mean squared canonical correlation (Zhu et al.
2024, appendix A). It is 1 for equal spaces and does not change if B C and C⁻¹ A stand for B and A.
Independent random spaces have max(r₁, r₂) / d on average: the base line of every comparison.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs
import torch
from torch import Tensor

from geoframe.errors import DataError
from geoframe_asymlora.files.stored import StoredAdapter

RANK_TOLERANCE = 1e-6
"""Singular values below this share of the largest do not count as a direction."""


def span(factor: Tensor) -> Tensor:
    """Return an orthonormal basis ``(d, r)`` of the columns of ``factor``, float64.

    Directions that the factor does not have (it is still zero, or of lower rank) are left out.
    """
    u, s, _ = torch.linalg.svd(factor.double(), full_matrices=False)
    kept = s > RANK_TOLERANCE * s[0] if s.numel() and s[0] > 0 else torch.zeros_like(s).bool()
    basis: Tensor = u[:, kept]
    return basis


def subspace_similarity(first: Tensor, second: Tensor) -> float:
    """Return the similarity of two spaces given by bases ``(d, r)``; NaN if one is empty."""
    smaller = min(first.shape[1], second.shape[1])
    if smaller == 0:
        return math.nan
    return float((first.T @ second).square().sum() / smaller)


def random_similarity(d: int, first: int, second: int) -> float:
    """Return what two independent random spaces of these dimensions have on average."""
    return max(first, second) / d


@attrs.frozen(kw_only=True, eq=False)
class Similarities:
    """Similarities of several adapters, in all layers that they have in common."""

    names: tuple[str, ...]
    """Names of the layers."""
    a: Tensor
    """``(layers, n, n)``, of the rows of A."""
    b: Tensor
    """``(layers, n, n)``, of the columns of B."""
    random_a: Tensor
    """``(layers,)``: what random spaces of the same dimensions have."""
    random_b: Tensor
    """``(layers,)``."""

    def mean(self, factor: str) -> Tensor:
        """Mean over the layers, ``(n, n)``; layers without a value do not count."""
        return (self.a if factor == "A" else self.b).nanmean(0)

    def random(self, factor: str) -> float:
        """Mean base line over the layers."""
        return float((self.random_a if factor == "A" else self.random_b).nanmean())


def compare_adapters(adapters: Sequence[StoredAdapter]) -> Similarities:
    """Compare every two of the adapters, layer by layer.

    Raises
    ------
    DataError
        If they have no layer of the same name and width in common.
    """
    names = [
        name
        for name in adapters[0].layers
        if all(
            name in each.layers and _widths(each, name) == _widths(adapters[0], name)
            for each in adapters
        )
    ]
    if not names:
        raise DataError("the adapters have no layers of the same names and widths in common")
    found: dict[str, list[Tensor]] = {"A": [], "B": []}
    random: dict[str, list[float]] = {"A": [], "B": []}
    for name in names:
        for factor in ("A", "B"):
            layers = [each.layers[name] for each in adapters]
            bases = [span(layer.a.T if factor == "A" else layer.b) for layer in layers]
            values = [[subspace_similarity(first, second) for second in bases] for first in bases]
            found[factor].append(torch.tensor(values, dtype=torch.float64))
            ranks = sorted((basis.shape[1] for basis in bases), reverse=True)
            random[factor].append(
                random_similarity(len(bases[0]), ranks[0], ranks[-1]) if ranks[-1] else math.nan
            )
    return Similarities(
        names=tuple(names),
        a=torch.stack(found["A"]),
        b=torch.stack(found["B"]),
        random_a=torch.tensor(random["A"], dtype=torch.float64),
        random_b=torch.tensor(random["B"], dtype=torch.float64),
    )


def _widths(adapter: StoredAdapter, name: str) -> tuple[int, int]:
    layer = adapter.layers[name]
    return len(layer.b), layer.a.shape[1]
