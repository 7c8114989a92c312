"""Denoisers that are formulas: of a finite set of points, and of data smoothed by a Gaussian."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from geoframe_diffusion.schedule import by_row

if TYPE_CHECKING:
    from geoframe.capabilities import Denoises


def posterior_mean(
    noisy: Tensor,
    sigma: float | Tensor,
    blocks: Iterable[tuple[Tensor, Tensor | None]],
) -> Tensor:
    """Mean of the points given noisy ones: ``sum_i softmax_i(-|noisy - x_i|^2 / 2 sigma^2) x_i``.

    The softmax is taken block by block with a running maximum, so that points need not be in
    memory at once; differentiable in ``noisy``.

    Parameters
    ----------
    noisy
        ``(B, d)``; its dtype is that of the arithmetic.
    sigma
        Above 0; one number, or one for each row ``(B,)``.
    blocks
        Points ``(n, d)``, or for each row its own ``(B, n, d)``, with the logarithms of their
        weights ``(n,)`` or ``(B, n)``, None for equal ones; -inf leaves a point out.
    """
    squares = by_row(sigma, noisy) ** 2
    top = noisy.new_full((len(noisy), 1), -torch.inf)
    total, sums = torch.zeros_like(top), torch.zeros_like(noisy)
    for points, log_weights in blocks:
        exact = points.to(noisy)
        products = (exact @ noisy[..., None])[..., 0] if exact.ndim == 3 else noisy @ exact.T
        logits = (products - exact.square().sum(-1) / 2) / squares
        if log_weights is not None:
            logits = logits + log_weights.to(noisy)
        # The maximum cancels, so no gradient goes through it. A floor keeps rows finite of which
        # this block has no point at all.
        risen = torch.maximum(top, logits.detach().amax(1, keepdim=True))
        floor = risen.clamp_min(torch.finfo(noisy.dtype).min)
        weights, fade = (logits - floor).exp(), (top - floor).exp()
        total = total * fade + weights.sum(1, keepdim=True)
        own = (weights[:, None] @ exact)[:, 0] if exact.ndim == 3 else weights @ exact
        sums = sums * fade + own
        top = risen
    return sums / total


class GaussianDenoiser(nn.Module):
    """Data ``N(mean, std^2 I)``, for each condition a mean of its own: everything in closed form.

    Parameters
    ----------
    means
        ``(classes, *item_shape)``; without condition the data are the equal mixture of them.
    std
        Standard deviation of every class.
    """

    means: Tensor

    def __init__(self, means: Tensor, std: float) -> None:
        super().__init__()
        self.register_buffer("means", means)
        self.std = std

    def denoise(
        self, noisy: Tensor, sigma: float | Tensor, condition: Tensor | None = None
    ) -> Tensor:
        """Posterior mean ``(B, *item_shape)``; labels ``(B,)``, -1 for the mixture."""
        means = self.means.to(noisy)
        labels = torch.arange(len(means), device=noisy.device)
        weights: Tensor | None = None
        if condition is not None:
            other = (condition[:, None] != labels) & (condition[:, None] >= 0)
            weights = noisy.new_zeros(other.shape).masked_fill(other, -torch.inf)
        return smoothed(noisy, sigma, self.std, means.flatten(1), weights)


def smoothed(
    noisy: Tensor, sigma: float | Tensor, std: float, points: Tensor, log_weights: Tensor | None
) -> Tensor:
    """Posterior mean of points with Gaussians of ``std`` around them.

    Parameters
    ----------
    noisy
        ``(B, *item_shape)``.
    points, log_weights
        As one block of :func:`posterior_mean`.
    """
    wide = (sigma**2 + std**2) ** 0.5
    centre = posterior_mean(noisy.flatten(1), wide, [(points, log_weights)]).reshape(noisy.shape)
    share = std**2 / by_row(wide, noisy) ** 2
    return centre + share * (noisy - centre)


class Smoothed(nn.Module):
    """A denoiser of the same data with noise of standard deviation ``bandwidth`` added to them.

    An exact denoiser of a finite set pulls every state onto an item of it; with a bandwidth its
    score stays moderate away from the items. Tweedie: with ``sigma' = sqrt(sigma^2 + h^2)`` and m
    the other's answer at sigma', the mean is ``m + h^2 / sigma'^2 (noisy - m)``.
    """

    def __init__(self, prior: Denoises, bandwidth: float) -> None:
        super().__init__()
        self.prior, self.bandwidth = prior, bandwidth

    def denoise(
        self, noisy: Tensor, sigma: float | Tensor, condition: Tensor | None = None
    ) -> Tensor:
        """Posterior mean of the smoothed data."""
        wide = (sigma**2 + self.bandwidth**2) ** 0.5
        centre: Tensor = self.prior.denoise(noisy, wide, condition)
        return centre + self.bandwidth**2 / by_row(wide, noisy) ** 2 * (noisy - centre)
