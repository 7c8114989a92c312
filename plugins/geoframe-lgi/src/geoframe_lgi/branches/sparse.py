"""Products with fixed sparse matrices, differentiable in the dense factor."""

from __future__ import annotations

import numpy as np
import torch
from scipy.sparse import csr_array
from torch import Tensor, nn
from torch.nn import functional

from geoframe_lgi.branches.propagation import Rows

DENSE_ABOVE = 0.05
"""Share of entries above which a dense product is the faster one."""


class SparseMatrix(nn.Module):
    """A fixed sparse matrix ``(n, m)``; called with ``(m, d)`` it gives ``(n, d)``."""

    offsets: Tensor
    columns: Tensor
    values: Tensor

    def __init__(self, matrix: csr_array) -> None:
        super().__init__()
        matrix.sort_indices()
        self.shape = matrix.shape
        columns = torch.from_numpy(matrix.indices.astype(np.int64))
        self.register_buffer("columns", columns, persistent=False)
        offsets = torch.from_numpy(matrix.indptr[:-1].astype(np.int64))
        self.register_buffer("offsets", offsets, persistent=False)
        values = torch.from_numpy(matrix.data.astype(np.float32))
        self.register_buffer("values", values, persistent=False)

    def forward(self, x: Tensor, dropout: float = 0.0) -> Tensor:
        """Multiply; a share ``dropout`` of the matrix's entries is left out (training only)."""
        values, factor = left_out(self.values, dropout if self.training else 0.0)
        # The sum of weighted rows of a table is what this kernel computes, without copies.
        return factor * functional.embedding_bag(
            self.columns, x, self.offsets, mode="sum", per_sample_weights=values
        )


class DenseMatrix(nn.Module):
    """A fixed dense matrix with the interface of :class:`SparseMatrix`."""

    values: Tensor

    def __init__(self, matrix: Rows) -> None:
        super().__init__()
        self.shape = matrix.shape
        self.register_buffer("values", torch.from_numpy(matrix), persistent=False)

    def forward(self, x: Tensor, dropout: float = 0.0) -> Tensor:
        """Multiply; a share ``dropout`` of the matrix's entries is left out (training only)."""
        values, factor = left_out(self.values, dropout if self.training else 0.0)
        return factor * (values @ x)


def left_out(values: Tensor, share: float) -> tuple[Tensor, float]:
    """Leave a share of values out, rounded to 1/256 -> the rest, and the factor that it lacks.

    Dropout from one random byte a value: eight values cost one draw, where ``torch.dropout`` draws
    for each of them and takes longer than the product that follows.
    """
    threshold = round(share * 256)
    if not threshold:
        return values, 1.0
    words = torch.empty(values.numel() // 8 + 1, dtype=torch.int64, device=values.device)
    draws = words.random_(-(2**63), None).view(torch.uint8)[: values.numel()]
    return values * (draws.view(values.shape) >= threshold), 256 / (256 - threshold)


def fixed_matrix(matrix: Rows) -> SparseMatrix | DenseMatrix:
    """Keep a matrix in whichever form multiplies faster."""
    if np.count_nonzero(matrix) > DENSE_ABOVE * matrix.size:
        return DenseMatrix(np.ascontiguousarray(matrix, dtype=np.float32))
    return SparseMatrix(csr_array(matrix))
