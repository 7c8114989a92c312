"""Measures of distilled images. Names say what they are; none needs a pretrained network."""

from __future__ import annotations

import torch
from torch import Tensor

HIGH = 0.25
"""Cycles per pixel from which a frequency is high."""
SATURATED = 0.98


def spectrum(images: Tensor) -> Tensor:
    """Mean power ``(h, w // 2 + 1)`` of images ``(n, c, h, w)``, each without its mean."""
    centred = images.double() - images.double().mean((-2, -1), keepdim=True)
    power: Tensor = torch.fft.rfft2(centred).abs().square().mean((0, 1))
    return power


def high_frequency(images: Tensor) -> float:
    """Power above 0.25 cycles a pixel, summed over frequencies."""
    power = spectrum(images)
    height, width = images.shape[-2:]
    fy = torch.fft.fftfreq(height, dtype=torch.float64)[:, None]
    fx = torch.fft.rfftfreq(width, dtype=torch.float64)[None]
    twice = torch.where((fx > 0) & (fx < 0.5), 2.0, 1.0)
    high = (fx**2 + fy**2).sqrt() > HIGH
    return float((power * twice * high).sum())


def saturation(images: Tensor) -> float:
    """Share of values at the ends of their range."""
    return float((images.abs() > SATURATED).double().mean())


def psnr(images: Tensor, truth: Tensor) -> Tensor:
    """Peak signal-to-noise ratio in dB over the last three axes, for values in [-1, 1]."""
    error = (images.double() - truth.double()).square().mean((-3, -2, -1))
    return 10 * torch.log10(4 / error.clamp_min(1e-12))


def agreement(modes: Tensor) -> float:
    """Share of views ``(n,)`` that show the commonest mode."""
    return float(torch.bincount(modes).max() / len(modes))


def diversity(images: Tensor, labels: Tensor | None) -> float | None:
    """Mean distance of images of one label; None if no two share one."""
    flat = images.flatten(1).double()
    same = torch.ones(len(flat), len(flat), dtype=torch.bool)
    if labels is not None:
        same = labels[:, None] == labels
    same.fill_diagonal_(False)
    if not bool(same.any()):
        return None
    return float(torch.cdist(flat, flat)[same].mean())
