"""Sibling samplers against closed forms."""

from __future__ import annotations

import torch
from torch import Tensor

from geoframe_cfdm.baselines.samplers import Optimal, PCALocality, Wiener
from geoframe_cfdm.engines.check import float64_mean


def test_optimal_with_all_neighbours_is_the_exact_denoiser(digits: Tensor) -> None:
    sampler = Optimal(nearest=300).fit(digits[:300])
    z = torch.randn(4, 64, generator=torch.Generator().manual_seed(0))
    exact = float64_mean(sampler.points, z, None, 0.2)
    torch.testing.assert_close(sampler.denoiser(z, 0.2).double(), exact, atol=1e-4, rtol=1e-3)


def test_wiener_keeps_mean_and_covariance() -> None:
    generator = torch.Generator().manual_seed(0)
    mix = torch.tensor([[2.0, 0.0], [1.5, 0.4]])
    data = torch.randn(4000, 2, generator=generator) @ mix.T + torch.tensor([5.0, -3.0])
    drawn = Wiener(steps=200).fit(data).draw(4000, seed=0)["items"]
    torch.testing.assert_close(drawn.mean(0), data.mean(0), atol=0.1, rtol=0)
    torch.testing.assert_close(drawn.T.cov(), data.T.cov(), atol=0.25, rtol=0.08)


def test_locality_with_full_masks_is_the_exact_denoiser(digits: Tensor) -> None:
    sampler = PCALocality(threshold=1e-12, standardize="none").fit(digits[:200, :3, 2:5] / 4)
    z = torch.randn(3, 9, generator=torch.Generator().manual_seed(0))
    exact = float64_mean(sampler.points, z, None, 0.3)
    torch.testing.assert_close(sampler.denoiser(z, 0.3).double(), exact, atol=1e-3, rtol=1e-3)


def test_locality_does_not_memorise(digits: Tensor) -> None:
    data = digits[:300]
    gaps = {}
    for sampler in (Optimal(steps=15).fit(data), PCALocality(steps=15, threshold=0.3).fit(data)):
        drawn = sampler.draw(4, seed=0)["items"]
        gaps[type(sampler).__name__] = torch.cdist(drawn.flatten(1), data.flatten(1)).amin(1)
    assert gaps["Optimal"].max() < 0.5
    assert gaps["PCALocality"].median() > 5
