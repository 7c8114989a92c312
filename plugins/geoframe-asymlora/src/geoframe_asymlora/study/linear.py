"""Random problems of least squares on which frozen factors are compared exactly."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import attrs
import numpy as np
import torch
from torch import Tensor

from geoframe.errors import ConfigError
from geoframe_asymlora.lora.factors import orthonormal_rows
from geoframe_asymlora.study import theory

TINY = 1e-9
"""Eigenvalues of directions that the low-rank covariance lacks: they let Δ act there."""


@attrs.frozen(kw_only=True)
class LinearProblem:
    """As :class:`~geoframe_asymlora.datasets.linear.LinearRegression` describes it."""

    dim: int
    rank: int
    spectrum: str
    change: str
    draws: int

    def __attrs_post_init__(self) -> None:
        if self.rank >= self.dim:
            raise ConfigError([f"data.dataset.rank: {self.rank} must be below dim {self.dim}"])

    def fingerprint(self) -> str:
        """SHA-256 of the options, which the problem follows from."""
        return hashlib.sha256(repr(attrs.astuple(self)).encode()).hexdigest()

    def variances(self) -> Tensor:
        """Eigenvalues of Σ, largest first; ``(dim,)``, float64."""
        index = torch.arange(1, self.dim + 1, dtype=torch.float64)
        if self.spectrum == "low-rank":
            return torch.where(index <= self.rank, 1.0, TINY).double()
        return index ** -{"equal": 0.0, "1/i": 1.0, "1/i^2": 2.0}[self.spectrum]

    def solve(self, seed: int) -> Iterator[dict[str, float]]:
        """Yield for each draw the shares of tr ΔΣΔᵀ that each way of training removes.

        Σ is diagonal: a rotation of the inputs changes nothing, since frozen factors are drawn
        uniformly.
        """
        stream = np.random.RandomState(seed % 2**32)
        variances = self.variances()
        sigma = torch.diag(variances)
        principal = torch.eye(self.dim, dtype=torch.float64)[: self.rank]
        for _ in range(self.draws):
            delta = torch.from_numpy(stream.standard_normal((self.dim, self.dim)))
            if self.change == "inverse":
                delta = delta / variances
            a = torch.from_numpy(orthonormal_rows(stream, self.rank, self.dim))
            b = torch.from_numpy(orthonormal_rows(stream, self.rank, self.dim)).T
            total = (delta @ sigma * delta).sum()
            gains = {
                "b_only": theory.gain_of_b(delta, sigma, a),
                "a_only": theory.gain_of_a(delta, sigma, b),
                "b_only_pca": theory.gain_of_b(delta, sigma, principal),
                "both": theory.gain_of_both(delta, sigma, self.rank),
                "b_only_expected": theory.expected_gain_of_b(delta, sigma, self.rank),
                "a_only_expected": theory.expected_gain_of_a(delta, sigma, self.rank),
            }
            yield {name: float(gain / total) for name, gain in gains.items()}
