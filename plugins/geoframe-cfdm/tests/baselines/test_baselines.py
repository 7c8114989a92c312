"""Sibling samplers against closed forms."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from geoframe_cfdm.baselines.samplers import Optimal, PCALocality, Wiener
from geoframe_cfdm.engines.check import float64_mean
from geoframe_cfdm.engines.points import Points


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
    options = {"threshold": 1e-12, "standardize": "none", "minibatch": 0}
    sampler = PCALocality(**options).fit(digits[:200, :3, 2:5] / 4)
    z = torch.randn(3, 9, generator=torch.Generator().manual_seed(0))
    exact = float64_mean(sampler.points, z, None, 0.3)
    torch.testing.assert_close(sampler.denoiser(z, 0.3).double(), exact, atol=1e-3, rtol=1e-3)


def test_minibatches_count_alike(digits: Tensor) -> None:
    data = digits[:200, :3, 2:5] / 4
    options = {"threshold": 1e-12, "standardize": "none"}
    sampler = PCALocality(**options, minibatch=120).fit(data)
    z = torch.randn(3, 9, generator=torch.Generator().manual_seed(0))
    both = [
        float64_mean(Points(part.flatten(1), sampler.standardizer), z, None, 0.3)
        for part in (data[:120], data[120:])
    ]
    torch.testing.assert_close(
        sampler.denoiser(z, 0.3).double(), (both[0] + both[1]) / 2, atol=1e-3, rtol=1e-3
    )


def test_minibatches_lead_away_from_the_data(digits: Tensor) -> None:
    data, gaps = digits[:400], {}
    for minibatch in (0, 64):
        drawn = PCALocality(minibatch=minibatch).fit(data).draw(4, seed=0)["items"]
        gaps[minibatch] = torch.cdist(drawn.flatten(1), data.flatten(1)).amin(1).median()
    assert gaps[64] > 5
    assert gaps[64] > gaps[0]


def test_times_of_locality_are_those_of_ddim() -> None:
    diffusers = pytest.importorskip("diffusers")
    scheduler = diffusers.DDIMScheduler(beta_start=1e-4, beta_end=0.02, beta_schedule="linear")
    scheduler.set_timesteps(10)
    signal = scheduler.alphas_cumprod[scheduler.timesteps].double()
    expected = signal.sqrt() / (signal.sqrt() + (1 - signal).sqrt())
    times = PCALocality()._times()
    assert times[-1] == 1
    torch.testing.assert_close(torch.tensor(times[:-1]), expected.float(), atol=1e-5, rtol=1e-4)
