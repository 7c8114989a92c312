"""The log-density: a kernel density whose gradient is the score."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.neighbors import KernelDensity
from torch import Tensor

from geoframe import DataError
from geoframe_cfdm.engines.check import float64_mean
from geoframe_cfdm.engines.points import Points
from geoframe_cfdm.sampling.density import log_density
from geoframe_cfdm.sampling.sampler import ClosedFormDiffusion
from geoframe_cfdm.sampling.standardize import fit_standardizer


def test_it_is_a_kernel_density(digits: Tensor) -> None:
    data = digits[:200, :3, 2:5]
    sampler = ClosedFormDiffusion(standardize="none").fit(data)
    ours = sampler.log_density(data[:20] + 0.5, bandwidth=0.8)
    flat = data.flatten(1).double().numpy()
    expected = KernelDensity(bandwidth=0.8).fit(flat).score_samples(flat[:20] + 0.5)
    np.testing.assert_allclose(ours.numpy(), expected, rtol=1e-5)


@pytest.mark.parametrize("kind", ["scale", "feature", "whiten"])
def test_it_integrates_to_one_in_units_of_the_data(kind: str) -> None:
    data = torch.randn(40, 1, generator=torch.Generator().manual_seed(0)) * 3 + 5
    sampler = ClosedFormDiffusion(standardize=kind).fit(data)
    at = torch.linspace(-25, 35, 6001)[:, None]
    density = sampler.log_density(at, bandwidth=0.3).exp()
    assert float(density.sum() * 0.01) == pytest.approx(1, abs=1e-3)


def test_its_gradient_is_the_score() -> None:
    generator = torch.Generator().manual_seed(1)
    data = torch.randn(50, 4, generator=generator)
    data -= data.mean(0)  # sampling takes the mean off, which would move the states
    points = Points(data, fit_standardizer(data, "none"))
    z = torch.randn(6, 4, generator=generator, dtype=torch.float64).requires_grad_()
    t = 0.6
    width = (1 - t) / t
    # rho_t(z) is this density at z / t, up to a constant factor
    gradient = torch.autograd.grad(log_density(points, z / t, width).sum(), z)[0]
    mean = float64_mean(points, z.detach(), None, t)
    score = (t * mean - z.detach()) / (1 - t) ** 2
    torch.testing.assert_close(gradient, score, atol=1e-5, rtol=1e-4)
    sampler = ClosedFormDiffusion(standardize="none", sigma=0.0).fit(data)
    denoiser, state = sampler.posterior_mean(n=6), z.detach().float()
    torch.testing.assert_close(denoiser.score(state, t).double(), score, atol=1e-3, rtol=1e-3)
    velocity = (state + (1 - t) * denoiser.score(state, t)) / t
    torch.testing.assert_close(denoiser.velocity(state, t), velocity, atol=1e-4, rtol=1e-4)


def test_repeated_items_need_a_bandwidth(digits: Tensor) -> None:
    sampler = ClosedFormDiffusion().fit(digits[:5].repeat(4, 1, 1))
    with pytest.raises(DataError, match="there is no default"):
        sampler.log_density(digits[:2])
    assert sampler.log_density(digits[:2], bandwidth=1.0).isfinite().all()


def test_training_items_are_likelier_than_noise(digits: Tensor) -> None:
    sampler = ClosedFormDiffusion().fit(digits[:1500])
    held_out = sampler.log_density(digits[1500:1600])
    shuffled = digits[1500:1600].flatten(1)[:, torch.randperm(64)].reshape(-1, 8, 8)
    assert held_out.median() > sampler.log_density(shuffled).median() + 10


def test_what_cannot_be_scored(digits: Tensor) -> None:
    sampler = ClosedFormDiffusion().fit(digits[:20])
    for width in (0.0, -1.0, float("nan")):
        with pytest.raises(DataError, match="bandwidth must be above 0"):
            sampler.log_density(digits[:2], bandwidth=width)
    with pytest.raises(DataError, match=r"shape \(8, 8\), not \(8,\)"):
        sampler.log_density(digits[0])
    assert sampler.log_density(digits[:0]).shape == (0,)


def test_blocks_of_items_and_points_change_nothing() -> None:
    generator = torch.Generator().manual_seed(2)
    data = torch.randn(5000, 3, generator=generator) * 4 + 100
    weights = torch.randn(5000, generator=generator)
    points = Points(data, fit_standardizer(data, "feature"), log_weights=weights)
    z = torch.randn(1100, 3, generator=generator)
    squares = torch.cdist(z.double(), points.rows(torch.arange(5000)).double()).square()
    logs = weights.double().log_softmax(0) - squares / (2 * 0.4**2)
    expected = logs.logsumexp(1) - 3 * np.log(0.4 * np.sqrt(2 * np.pi))
    torch.testing.assert_close(log_density(points, z, 0.4), expected, rtol=1e-6, atol=1e-6)
