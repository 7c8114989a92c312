"""Starting values of the factors: drawn from a seed and a name, or from the layer's weight."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from typing import Literal

import attrs
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from geoframe.errors import ConfigError

GRID = 2.0**20
"""Orthonormal factors are rounded to multiples of 1 / GRID: two LAPACKs differ in the last bits
of float64, and after rounding they practically never do. A Aᵀ = 1 holds to about 1e-6 then."""

Factor = Literal["A", "B"]
DRAWN = ("orthonormal", "kaiming", "gaussian")
"""Starts that need nothing but a seed."""


@attrs.frozen(kw_only=True)
class Draw:
    """How a random factor came about, so that it can be drawn again instead of being stored.

    The stream is numpy's ``RandomState``, whose numbers are frozen for ever (NEP 19). It depends
    on ``seed`` and ``name`` alone, not on the order or number of adapted layers.
    """

    seed: int
    name: str
    """Name of the layer, or of the group of layers that share the factor."""
    init: str
    norm: float | None = None
    """Norm of each row of A, or column of B; None leaves what the start gives."""

    def make(self, factor: Factor, rank: int, width: int, experts: int = 0) -> Tensor:
        """Draw A of shape ``(rank, width)``, or B of shape ``(width, rank)``; float32.

        For ``experts`` one after the other, put together as :func:`stacked` says.
        """
        words = [self.seed & 0xFFFFFFFF, self.seed >> 32, zlib.crc32(self.name.encode())]
        stream = np.random.RandomState(words)
        drawn = [self._drawn(stream, factor, rank, width) for _ in range(max(experts, 1))]
        return stacked(drawn, factor) if experts else drawn[0]

    def _drawn(
        self, stream: np.random.RandomState, factor: Factor, rank: int, width: int
    ) -> Tensor:
        if self.init == "orthonormal":
            rows = orthonormal_rows(stream, rank, width)
        elif self.init == "gaussian":
            rows = stream.standard_normal((rank, width)) / np.sqrt(width)
        else:  # kaiming: what torch's Linear does, bound 1 / sqrt(fan_in)
            bound = 1 / np.sqrt(width if factor == "A" else rank)
            rows = stream.uniform(-bound, bound, (rank, width))
        return finished(torch.from_numpy(rows), factor, self.norm)


def orthonormal_rows(stream: np.random.RandomState, rank: int, width: int) -> NDArray[np.float64]:
    """Draw ``rank`` orthonormal rows of length ``width``, uniform on the Stiefel manifold.

    The QR decomposition of a Gaussian matrix, with the signs of R's diagonal moved into Q;
    without that step the law depends on the LAPACK in use.
    """
    q, r = np.linalg.qr(stream.standard_normal((width, rank)))
    signs = np.where(np.diag(r) < 0, -1.0, 1.0)
    rows: NDArray[np.float64] = np.round((q * signs).T * GRID) / GRID
    return rows


def singular_rows(weight: Tensor, factor: Factor, rank: int, *, last: bool) -> Tensor:
    """Return singular vectors of a weight ``(out, in)`` as rows ``(rank, width)``, float64.

    Right ones for A (the first rows of Vh), left ones for B; of the largest singular values, or
    of the smallest if ``last``. Signs are fixed by the largest entry.
    """
    u, _, vh = torch.linalg.svd(weight.detach().double(), full_matrices=False)
    vectors = vh if factor == "A" else u.T
    rows = vectors[-rank:] if last else vectors[:rank]
    largest = rows.gather(1, rows.abs().argmax(1, keepdim=True))
    signed: Tensor = rows * largest.sign()
    return signed


def finished(rows: Tensor, factor: Factor, norm: float | None) -> Tensor:
    """Give rows ``(rank, width)`` the wanted norm and shape: A as they are, B transposed."""
    if norm is not None:
        rows = rows * (norm / torch.linalg.vector_norm(rows, dim=1, keepdim=True))
    return (rows if factor == "A" else rows.T).to(torch.float32).contiguous()


def stacked(factors: Sequence[Tensor], factor: Factor) -> Tensor:
    """Put the factors of experts together as peft keeps them.

    A is ``(experts rank, in)``, expert by expert; B is ``(out, rank experts)``, in which the
    expert is the last of the two axes that are one.
    """
    return torch.cat(list(factors)) if factor == "A" else torch.stack(list(factors), 2).flatten(1)


def check_rank(name: str, rank: int, width: int) -> None:
    """Raise :class:`ConfigError` if there are no ``rank`` orthonormal vectors of this width."""
    if rank > width:
        raise ConfigError(
            [f"adapter.rank: {rank} is more than the width {width} of layer '{name}'; lower it"]
        )


def fingerprint(factor: Tensor) -> str:
    """SHA-256 of a factor's float32 numbers, little-endian, row by row."""
    numbers = factor.detach().cpu().to(torch.float32).contiguous().numpy().astype("<f4")
    return hashlib.sha256(numbers.tobytes()).hexdigest()
