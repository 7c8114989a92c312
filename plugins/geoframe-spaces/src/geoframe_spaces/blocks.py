"""All pairs within a memory budget.

``torch.cdist`` with explicit differences needs no memory beyond its result and is as accurate as
the differences themselves; its matrix-product form is neither (equal points end up about 1e-3
apart in float32).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def euclidean_pairs(x: Tensor, y: Tensor) -> Tensor:
    """Euclidean distances between rows: ``(n, d)`` and ``(m, d)`` -> ``(n, m)``."""
    return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")


def by_rows(
    of_rows: Callable[[Tensor], Tensor],
    x: Tensor,
    columns: int,
    *,
    buffers: int,
    memory_budget: int,
) -> Tensor:
    """Apply ``of_rows`` to blocks of rows of ``x`` and stack the results -> ``(n, columns)``.

    Parameters
    ----------
    buffers
        How many ``(rows, columns)`` tensors ``of_rows`` holds at a time.
    memory_budget
        Bytes that they may take together.
    """
    row_bytes = max(1, columns * x.element_size() * buffers)
    blocks = torch.split(x, max(1, memory_budget // row_bytes))
    return torch.cat([of_rows(block) for block in blocks])
