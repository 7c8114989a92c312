"""Least squares with a low-rank update: what training B, A or both can reach, in closed form.

Inputs have covariance Σ; outputs are y = (W + Δ) x + noise of variance σ² each; the model is
(W + B A) x. The loss is L(A, B) = d_out σ² + tr (Δ - BA) Σ (Δ - BA)ᵀ. Zhu et al. 2024, section 4.

Shapes: Δ ``(d_out, d_in)``, Σ ``(d_in, d_in)``, A ``(r, d_in)``, B ``(d_out, r)``; use float64.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor


def loss(delta: Tensor, sigma: Tensor, a: Tensor, b: Tensor, noise: float = 0.0) -> Tensor:
    """Return L(A, B); with ``noise`` = σ²."""
    rest = delta - b @ a
    missed: Tensor = (rest @ sigma * rest).sum()
    return delta.shape[0] * noise + missed


def best_b(delta: Tensor, sigma: Tensor, a: Tensor) -> Tensor:
    """Return the B that is best for a frozen A: Δ Σ Aᵀ (A Σ Aᵀ)⁻¹ (lemma 4.1)."""
    seen = a @ sigma @ a.T
    b: Tensor = torch.linalg.solve(seen, a @ sigma @ delta.T).T
    return b


def best_a(delta: Tensor, b: Tensor) -> Tensor:
    """Return the A that is best for a frozen B, (BᵀB)⁻¹ Bᵀ Δ; Σ has no part in it (lemma 4.2)."""
    a: Tensor = torch.linalg.lstsq(b, delta).solution
    return a


def best_both(delta: Tensor, sigma: Tensor, rank: int) -> tuple[Tensor, Tensor]:
    """Return the best A and B (reduced-rank regression)."""
    values, vectors = torch.linalg.eigh(sigma)
    values = values.clamp_min(values[-1] * 1e-14)
    root = vectors * values.sqrt() @ vectors.T
    inverse_root = vectors / values.sqrt() @ vectors.T
    u, s, vh = torch.linalg.svd(delta @ root, full_matrices=False)
    return vh[:rank] @ inverse_root, u[:, :rank] * s[:rank]


def gain_of_b(delta: Tensor, sigma: Tensor, a: Tensor) -> Tensor:
    """Return how much of L(0, 0) the best B removes: tr (AΣAᵀ)⁻¹ AΣΔᵀΔΣAᵀ."""
    cross = delta @ sigma @ a.T
    b: Tensor = torch.linalg.solve(a @ sigma @ a.T, cross.T).T
    return (b * cross).sum()


def gain_of_a(delta: Tensor, sigma: Tensor, b: Tensor) -> Tensor:
    """Return how much of L(0, 0) the best A removes: tr UᵀΔΣΔᵀU with U a basis of B's columns."""
    seen: Tensor = torch.linalg.qr(b)[0].T @ delta
    return (seen @ sigma * seen).sum()


def gain_of_both(delta: Tensor, sigma: Tensor, rank: int) -> Tensor:
    """Return how much of L(0, 0) the best A and B remove: the ``rank`` largest squares."""
    variances, vectors = torch.linalg.eigh(sigma)
    root = vectors * variances.clamp_min(0).sqrt()
    largest: Tensor = torch.linalg.svdvals(delta @ root)[:rank]
    return largest.square().sum()


def expected_gain_of_b(delta: Tensor, sigma: Tensor, rank: int) -> Tensor:
    """Return r tr ΔΣ²Δᵀ / tr Σ: the mean of :func:`gain_of_b` over random A as d/r grows."""
    return rank * (delta @ sigma).square().sum() / sigma.trace()


def expected_gain_of_a(delta: Tensor, sigma: Tensor, rank: int) -> Tensor:
    """Return (r / d_out) tr ΔΣΔᵀ: the exact mean of :func:`gain_of_a` over random B."""
    return rank / delta.shape[0] * (delta @ sigma * delta).sum()


def generalization_bound(
    shapes: Iterable[tuple[int, int]],
    rank: int,
    samples: int,
    *,
    train: str,
    bits: int = 32,
    sigma: float = 1.0,
) -> float:
    """Bound the expected gap between training and test loss (lemma 4.5).

    The trained numbers carry at most ``bits`` ln 2 nats each, and Xu and Raginsky bound the gap by
    √(2 σ² I / n). A frozen factor that was drawn without the data carries none.

    Parameters
    ----------
    shapes
        ``(d_out, d_in)`` of the adapted layers.
    train
        ``"B"``, ``"A"`` or ``"both"``.
    bits
        Bits in which a trained number is stored.
    sigma
        Sub-Gaussian constant of the loss.

    Returns
    -------
    float
        In the units of ``sigma``. Vacuous for the networks of practice; the ratios are not.
    """
    total = sum((train != "A") * d_out + (train != "B") * d_in for d_out, d_in in shapes)
    return sigma * math.sqrt(2 * rank * bits * math.log(2) * total / samples)
