"""Linear maps of vectors extended to multivectors: compound matrices."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence

import torch
from torch import Tensor


def compound_matrices(a: Tensor) -> list[Tensor]:
    """Blocks of the outermorphism of a linear map, one for each grade 0 ... n.

    Block m has the m x m minors det A[I, J], by Laplace expansion along the first row: a
    polynomial, so that gradients are exact at singular matrices too.

    Parameters
    ----------
    a
        ``(n, n)``; the image of e_j is its column j.

    Returns
    -------
    list
        Blocks ``(C(n, m), C(n, m))``; y_I = sum_J block[I, J] x_J.
    """
    n = a.shape[0]
    blocks = [a.new_ones(1, 1)]
    for grade in range(1, n + 1):
        first, rest, factors = (index.to(a.device) for index in _expansion(n, grade))
        # minors[I, J] = sum_k (-1)^k a[I_0, J_k] minors'[I without I_0, J without J_k]
        lower = blocks[-1]
        total = a.new_zeros(len(first), len(first))
        for k in range(grade):
            term = a[first][:, factors[:, k]] * lower[rest[:, 0]][:, rest[:, k]]
            total = total + term if k % 2 == 0 else total - term
        blocks.append(total)
    return blocks


@functools.cache
def _expansion(n: int, grade: int) -> tuple[Tensor, Tensor, Tensor]:
    """Indices of the expansion of all minors of a grade.

    First element of each subset ``(C,)``; position, among the subsets one smaller, of each
    subset without its k-th element ``(C, grade)``; its k-th element ``(C, grade)``.
    """
    subsets = list(itertools.combinations(range(n), grade))
    smaller = {s: at for at, s in enumerate(itertools.combinations(range(n), grade - 1))}
    rest = [[smaller[s[:k] + s[k + 1 :]] for k in range(grade)] for s in subsets]
    return torch.tensor([s[0] for s in subsets]), torch.tensor(rest), torch.tensor(subsets)


def outermorphism(a: Tensor) -> Tensor:
    """Whole block-diagonal matrix ``(D, D)`` of the outermorphism of ``a`` ``(n, n)``."""
    whole: Tensor = torch.block_diag(*compound_matrices(a))
    return whole


def apply_blocks(blocks: Sequence[Tensor], x: Tensor) -> Tensor:
    """Apply an outermorphism, given by its blocks, to multivectors ``(..., D)``."""
    parts = torch.split(x, [block.shape[0] for block in blocks], dim=-1)
    return torch.cat([part @ block.T for part, block in zip(parts, blocks, strict=True)], dim=-1)
