"""The exact prior of a mesh's views, and measures."""

from __future__ import annotations

import os

import numpy as np
import pytest
import torch

from geoframe import DataError
from geoframe_diffusion.ddim import descend
from geoframe_diffusion.guidance import predicted_noise
from geoframe_sdi.measures import agreement, diversity, high_frequency, psnr, saturation, spectrum
from geoframe_sdi.priors.views import MeshViews
from geoframe_sdi.scenes.cameras import random_orbit


@pytest.fixture(scope="module")
def views() -> MeshViews:
    return MeshViews(size=16, points=30_000, details=2)


def test_it_is_the_mixture_it_says(views: MeshViews) -> None:
    cameras = random_orbit(2, torch.Generator().manual_seed(0))
    noisy, sigma, width = torch.randn(2, 3, 16, 16, dtype=torch.float64), 0.9, views.bandwidth
    found = views.denoise(noisy, sigma, cameras)
    modes = views.renders(cameras).double()
    assert modes.shape == (2, 6, 3, 16, 16)
    total = sigma**2 + width**2
    for row in range(2):
        square = (noisy[row] - modes[row]).square().sum((1, 2, 3))
        weights = torch.softmax(-square / (2 * total), 0)
        each = modes[row] + width**2 / total * (noisy[row] - modes[row])
        expected = (weights[:, None, None, None] * each).sum(0)
        assert torch.allclose(found[row], expected, atol=1e-10)
    some = torch.cat([cameras[:1], torch.full((1, 7), torch.nan)])
    mixed = views.denoise(noisy, sigma, some)
    assert torch.allclose(mixed[0], found[0])
    assert torch.allclose(mixed[1], views.denoise(noisy, sigma)[1])


def test_ddim_on_it_ends_at_one_of_the_modes(views: MeshViews) -> None:
    cameras = random_orbit(4, torch.Generator().manual_seed(1))
    sigmas = views.schedule.ladder(40, 14.0, 0.03)
    drawn = descend(
        lambda noisy, sigma: predicted_noise(views, noisy, sigma, cameras),
        sigmas[0] * torch.randn(4, 3, 16, 16),
        sigmas,
    )
    error = (drawn[:, None] - views.renders(cameras)).square().mean((2, 3, 4)).amin(1).sqrt()
    assert error.max() < 1.3 * views.bandwidth


def test_without_other_views_there_is_no_unconditional(views: MeshViews) -> None:
    alone = MeshViews(size=8, points=2000, others=0)
    with pytest.raises(DataError, match="others = 0"):
        alone.denoise(torch.zeros(1, 3, 8, 8), 1.0)


def test_the_stored_mesh() -> None:
    if not os.environ.get("GEOFRAME_DATA"):
        pytest.skip("GEOFRAME_DATA names no data folder")
    spot = MeshViews(dataset=True, size=16, points=30_000)
    renders = spot.renders(random_orbit(1, torch.Generator().manual_seed(0)))
    assert 0.05 < float((renders < 0.99).double().mean()) < 0.9
    assert psnr(renders[0, 0], renders[0, 1]) < 30


def test_measures() -> None:
    images = torch.randn(5, 1, 16, 16)
    total = float(spectrum(images).sum())
    assert total > 0
    # White noise has as much power in every frequency, so its share is that of the area.
    fy = np.fft.fftfreq(16)[:, None]
    fx = np.fft.fftfreq(16)[None]
    share = float((np.hypot(fx, fy) > 0.25).mean())
    centred = images.double() - images.double().mean((-2, -1), keepdim=True)
    whole = float(torch.fft.fft2(centred).abs().square().mean((0, 1)).sum())
    assert high_frequency(images) / whole == pytest.approx(share, rel=0.05)
    blurred = torch.nn.functional.avg_pool2d(images, 3, 1, 1)
    assert high_frequency(blurred) < high_frequency(images) / 3
    assert saturation(torch.tensor([[[[1.0, 0.0, -1.0, 0.5]]]])) == 0.5
    assert float(psnr(torch.zeros(1, 2, 2), torch.full((1, 2, 2), 2.0))) == pytest.approx(0)
    assert agreement(torch.tensor([0, 0, 1, 0])) == 0.75
    assert diversity(images, torch.arange(5)) is None
    assert diversity(torch.zeros(3, 1, 2, 2), torch.zeros(3)) == 0
