"""Predicted noise of a denoiser, with classifier-free guidance.

**Convention.** ``eps^g = eps(none) + g (eps(y) - eps(none))``: scale 0 is unconditional, 1 is
conditional (and both then cost half). threestudio and the original code of Stable Diffusion's
paper write ``eps(y) + w (eps(y) - eps(none))``; their w is our scale minus 1.

**No condition.** A row of -1 (integers: labels, prompts) or of nan (floats: poses) asks a denoiser
without condition; ``None`` does so for all rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

import attrs
import torch
from torch import Tensor

from geoframe import DataError
from geoframe_diffusion.schedule import by_row

if TYPE_CHECKING:
    from geoframe.capabilities import Denoises


@attrs.frozen(eq=False)
class Others:
    """Conditions to go away from as far as they are not the wanted one (:func:`perp_neg`)."""

    conditions: Tensor
    """``(B, k, ...)``, of the dtype of the wanted ones."""
    weights: Tensor
    """``(B, k)``, negative numbers to go away."""

    def rows(self, chosen: Tensor) -> Self:
        """Those of some rows."""
        return type(self)(self.conditions[chosen], self.weights[chosen])


def no_condition(condition: Tensor) -> Tensor:
    """Rows like those of ``condition`` that ask for no condition."""
    return torch.full_like(condition, torch.nan if condition.is_floating_point() else -1)


def unguided_noise(
    prior: Denoises, noisy: Tensor, sigma: float | Tensor, condition: Tensor | None = None
) -> Tensor:
    """Return ``(noisy - denoise(noisy, sigma)) / sigma``; 0 at sigma 0, its limit.

    Parameters
    ----------
    noisy
        ``(B, *item_shape)``, in the units of the data.
    sigma
        One number, or one for each row ``(B,)``.
    """
    if not isinstance(sigma, Tensor) and sigma == 0:
        return torch.zeros_like(noisy)
    noise: Tensor = (noisy - prior.denoise(noisy, sigma, condition)) / by_row(sigma, noisy)
    return noise


def predicted_noise(
    prior: Denoises,
    noisy: Tensor,
    sigma: float | Tensor,
    condition: Tensor | None = None,
    *,
    scale: float = 1.0,
    negative: Tensor | None = None,
    others: Others | None = None,
) -> Tensor:
    """Return the guided noise ``eps^scale`` ``(B, *item_shape)``.

    All predictions come from one call of the prior, with twice the rows, or 2 + k times.

    Parameters
    ----------
    condition
        Rows ``(B, ...)``, or None, for which every scale is the same.
    scale
        Guidance scale, as stated above.
    negative
        Condition to go away from, in the place of none ``(B, ...)``.
    others
        Other views' conditions, for Perp-Neg.
    """
    if condition is None or (scale == 0 and negative is None):
        return unguided_noise(prior, noisy, sigma)
    if others is not None:
        away = no_condition(condition) if negative is None else negative
        asked = [away, condition, *others.conditions.unbind(1)]
        base, towards, *apart = _predicted(prior, noisy, sigma, asked)
        return perp_neg(base, towards, apart, others.weights.to(base), scale)
    if scale == 1:
        return unguided_noise(prior, noisy, sigma, condition)
    away = no_condition(condition) if negative is None else negative
    base, towards = predicted_pair(prior, noisy, sigma, away, condition)
    return base + scale * (towards - base)


def predicted_pair(
    prior: Denoises, noisy: Tensor, sigma: float | Tensor, first: Tensor, second: Tensor
) -> tuple[Tensor, Tensor]:
    """Predicted noise under two conditions, from one call with twice the rows."""
    one, two = _predicted(prior, noisy, sigma, [first, second])
    return one, two


def _predicted(
    prior: Denoises, noisy: Tensor, sigma: float | Tensor, conditions: Sequence[Tensor]
) -> Sequence[Tensor]:
    """Predicted noise under several conditions, from one call with as many times the rows."""
    times = len(conditions)
    wide = torch.cat([sigma] * times) if isinstance(sigma, Tensor) and sigma.ndim else sigma
    found = unguided_noise(prior, torch.cat([noisy] * times), wide, torch.cat(list(conditions)))
    return found.chunk(times)


def perp_neg(
    base: Tensor, positive: Tensor, negatives: Sequence[Tensor], weights: Tensor, scale: float
) -> Tensor:
    """Guidance away from other views only as far as they are not the wanted one (Perp-Neg).

    ``eps = base + scale (e_pos + sum_i w_i perp(e_i, e_pos))`` with ``e = eps(.) - base`` and
    ``perp(a, b) = a - <a, b> / <b, b> b`` (Armandpour et al. 2023).

    Parameters
    ----------
    base, positive, negatives
        Predicted noise ``(B, *item_shape)`` without condition, with the wanted one, and with each
        of the others.
    weights
        ``(B, number of negatives)``, negative numbers to go away.

    Raises
    ------
    DataError
        If there is not a weight for each.
    """
    if weights.shape != (len(base), len(negatives)):
        raise DataError(
            f"Perp-Neg needs weights {(len(base), len(negatives))}, got {tuple(weights.shape)}"
        )
    towards = positive - base
    square = towards.flatten(1).square().sum(1).clamp_min(torch.finfo(base.dtype).tiny)
    total = towards
    for index, negative in enumerate(negatives):
        other = negative - base
        along = (other * towards).flatten(1).sum(1) / square
        total = total + by_row(weights[:, index], base) * (other - by_row(along, base) * towards)
    return base + scale * total
