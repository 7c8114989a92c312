"""Posterior weights from tables of inner products."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor

from geoframe_cfdm.engines.base import sharpness

CACHE = 2**21
"""Bytes of a softmax slab: small enough to stay in a core's cache."""
NEGLIGIBLE = 1e-30
"""Weights below this become 0: products with denormal numbers are many times slower."""


@attrs.frozen(eq=False)
class Averaged:
    """Weights averaged over the perturbations."""

    weights: Tensor
    """``(B, N)``."""
    ess: Tensor
    """``(B,)``."""
    tuples: Tensor | None
    """``(B, M)`` index of each perturbation's heaviest point."""
    tuple_weights: Tensor | None


def averaged_weights(
    products: Tensor,
    perturbed: Tensor | None,
    half_norms: Tensor,
    t: float,
    log_weights: Tensor | None = None,
    *,
    tuples: bool = False,
) -> Averaged:
    """Softmax over the points for each perturbation, averaged over the perturbations.

    The average comes before any product with the points, so that one product serves all M.

    Parameters
    ----------
    products
        ``<z, x_i>``, ``(B, N)``.
    perturbed
        ``<e_m, x_i>``, ``(B or 1, M, N)``, or None without perturbations.
    half_norms
        ``|x_i|^2 / 2``, ``(N,)``.
    t
        Time, in (0, 1).
    log_weights
        Prior log-weights ``(N,)``.
    tuples
        Also find the heaviest point of each perturbation.
    """
    c = sharpness(t)
    b, n = products.shape
    m = 1 if perturbed is None else perturbed.shape[1]
    offset = half_norms * (-c * t)
    if log_weights is not None:
        offset = offset + log_weights
    weights = torch.empty_like(products)
    ess = products.new_empty(b)
    heaviest = torch.empty(b, m, dtype=torch.long, device=products.device) if tuples else None
    heaviest_weights = products.new_empty(b, m) if tuples else None
    rows = max(1, CACHE // (4 * m * n)) if products.device.type == "cpu" else b
    for start in range(0, b, rows):
        part = slice(start, min(b, start + rows))
        logits = torch.add(offset, products[part], alpha=c)[:, None]
        if perturbed is not None:
            shared = len(perturbed) == 1
            logits = logits.add(perturbed if shared else perturbed[part], alpha=c)
        soft = torch.softmax(logits, -1)
        if heaviest is not None and heaviest_weights is not None:
            torch.max(soft, -1, out=(heaviest_weights[part], heaviest[part]))
        mean = soft[:, 0] if m == 1 else soft.mean(1)
        torch.nn.functional.threshold(mean, NEGLIGIBLE, 0.0, inplace=True)
        weights[part] = mean
        ess[part] = 1 / torch.linalg.vecdot(mean, mean)
    return Averaged(weights, ess, heaviest, heaviest_weights)
