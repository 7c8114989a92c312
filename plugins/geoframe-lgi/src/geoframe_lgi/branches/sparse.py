"""Products with fixed sparse matrices, differentiable in the dense factor."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from scipy.sparse import csr_array
from torch import Tensor, nn
from torch.nn import functional

from geoframe_lgi.branches.propagation import Rows

DENSE_ABOVE = 0.4
"""Share of entries above which a dense product is the faster one."""


class SparseMatrix(nn.Module):
    """A fixed sparse matrix ``(n, m)``; called with ``(m, d)`` it gives ``(n, d)``."""

    offsets: Tensor
    columns: Tensor
    values: Tensor
    back_offsets: Tensor
    back_columns: Tensor
    order: Tensor

    def __init__(self, matrix: csr_array) -> None:
        super().__init__()
        matrix.sort_indices()
        self.shape = matrix.shape
        # The numbers of the entries, transposed: where each entry stands in the backward product.
        numbers = np.arange(matrix.nnz)
        back = csr_array((numbers, matrix.indices, matrix.indptr), shape=matrix.shape).T.tocsr()
        for name, array in (
            ("columns", matrix.indices),
            ("offsets", matrix.indptr[:-1]),
            ("back_columns", back.indices),
            ("back_offsets", back.indptr[:-1]),
            ("order", back.data),
        ):
            indices = torch.from_numpy(array.astype(np.int64))
            self.register_buffer(name, indices, persistent=False)
        values = torch.from_numpy(matrix.data.astype(np.float32))
        self.register_buffer("values", values, persistent=False)

    def forward(self, x: Tensor, dropout: float = 0.0) -> Tensor:
        """Multiply; a share ``dropout`` of the matrix's entries is left out."""
        values, factor = left_out(self.values, dropout)
        product: Tensor = _Product.apply(x, values, self)  # type: ignore[no-untyped-call]
        return factor * product


class _Product(torch.autograd.Function):
    """A x with the entries of A given; backward multiplies by A^T in the same way."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, values: Tensor, matrix: SparseMatrix) -> Tensor:
        ctx.save_for_backward(values)
        ctx.matrix = matrix
        return _weighted_sums(x, matrix.columns, matrix.offsets, values)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        (values,) = ctx.saved_tensors
        matrix, (grad,) = ctx.matrix, grads
        back = values[matrix.order]
        found = _weighted_sums(grad.contiguous(), matrix.back_columns, matrix.back_offsets, back)
        return found, None, None


def _weighted_sums(x: Tensor, columns: Tensor, offsets: Tensor, values: Tensor) -> Tensor:
    """Sums of weighted rows of ``x``: what this kernel computes without copies."""
    return functional.embedding_bag(columns, x, offsets, mode="sum", per_sample_weights=values)


class DenseMatrix(nn.Module):
    """A fixed dense matrix with the interface of :class:`SparseMatrix`."""

    values: Tensor

    def __init__(self, matrix: Rows) -> None:
        super().__init__()
        self.shape = matrix.shape
        self.register_buffer("values", torch.from_numpy(matrix), persistent=False)

    def forward(self, x: Tensor, dropout: float = 0.0) -> Tensor:
        """Multiply; a share ``dropout`` of the matrix's entries is left out."""
        values, factor = left_out(self.values, dropout)
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
