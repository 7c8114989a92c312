"""The exact score as a denoiser for other methods."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from geoframe import DataError
from geoframe_cfdm.engines.check import float64_mean
from geoframe_cfdm.sampling.sampler import ClosedFormDiffusion
from geoframe_diffusion.ddim import descend
from geoframe_diffusion.exact import Smoothed
from geoframe_diffusion.guidance import predicted_noise
from geoframe_diffusion.schedule import schedule


@pytest.fixture
def fitted(digits: Tensor, digit_labels: Tensor) -> ClosedFormDiffusion:
    return ClosedFormDiffusion().fit(digits, digit_labels)


def test_it_is_the_posterior_of_the_closed_form(fitted: ClosedFormDiffusion) -> None:
    noisy, sigma = 8 + 6 * torch.randn(5, 8, 8, dtype=torch.float64), 3.0
    standardizer = fitted.standardizer
    unit = standardizer.one_scale
    assert unit is not None
    t = 1 / (1 + sigma / unit)
    states = t * (noisy.flatten(1) - standardizer.mean) / unit
    expected = float64_mean(fitted.points, states, None, t) * unit + standardizer.mean
    assert torch.allclose(fitted.denoise(noisy, sigma).flatten(1), expected, atol=1e-9)


def test_each_row_has_a_condition_of_its_own(
    fitted: ClosedFormDiffusion, digits: Tensor, digit_labels: Tensor
) -> None:
    noisy = 8 + 6 * torch.randn(3, 8, 8, dtype=torch.float64)
    mixed = fitted.denoise(noisy, 2.0, torch.tensor([4, -1, 7]))
    for row, label in ((0, 4), (2, 7)):
        alone = ClosedFormDiffusion().fit(digits[digit_labels == label])
        assert torch.allclose(mixed[row], alone.denoise(noisy[row : row + 1], 2.0)[0], atol=1e-4)
    assert torch.allclose(mixed[1], fitted.denoise(noisy, 2.0)[1])
    rows = torch.tensor([2.0, 0.5, 9.0], dtype=torch.float64)
    each = torch.cat([fitted.denoise(noisy[i : i + 1], float(rows[i])) for i in range(3)])
    assert torch.allclose(fitted.denoise(noisy, rows), each)


def test_it_is_differentiable_and_takes_blocks(fitted: ClosedFormDiffusion) -> None:
    noisy = (8 + 6 * torch.randn(2, 8, 8, dtype=torch.float64)).requires_grad_()
    in_blocks = ClosedFormDiffusion(memory=0.001).fit(fitted.collection.flat.reshape(-1, 8, 8))
    assert torch.allclose(fitted.denoise(noisy, 4.0), in_blocks.denoise(noisy, 4.0), atol=1e-5)
    assert torch.autograd.gradcheck(lambda y: in_blocks.denoise(y, 4.0), noisy, eps=1e-4, atol=1e-4)


def test_ddim_on_it_ends_at_items_of_the_label(
    fitted: ClosedFormDiffusion, digits: Tensor, digit_labels: Tensor
) -> None:
    labels = torch.tensor([3, 5, 8])
    sigmas = [8 * sigma for sigma in schedule("scaled-linear").ladder(40, 14.0, 0.03)]
    drawn = descend(
        lambda noisy, sigma: predicted_noise(fitted, noisy, sigma, labels),
        8 + sigmas[0] * torch.randn(3, 8, 8),
        sigmas,
    )
    gap, nearest = torch.cdist(drawn.flatten(1), digits.flatten(1)).min(1)
    assert gap.max() < 1
    assert digit_labels[nearest].tolist() == labels.tolist()
    # With a bandwidth the noise it predicts is no larger than that of the items' own scatter.
    noise = predicted_noise(Smoothed(fitted, 2.0), drawn + 5, 0.1, labels)
    assert noise.abs().max() < predicted_noise(fitted, drawn + 5, 0.1, labels).abs().max() / 10


def test_mistakes_are_told(fitted: ClosedFormDiffusion, digits: Tensor) -> None:
    noisy = torch.zeros(2, 8, 8)
    with pytest.raises(DataError, match="no training item has label 11"):
        fitted.denoise(noisy, 1.0, torch.tensor([0, 11]))
    with pytest.raises(DataError, match="one label for each of 2 rows"):
        fitted.denoise(noisy, 1.0, torch.zeros(2))
    with pytest.raises(DataError, match="no labels"):
        ClosedFormDiffusion().fit(digits).denoise(noisy, 1.0, torch.tensor([0, 1]))
    with pytest.raises(DataError, match="one scale"):
        ClosedFormDiffusion(standardize="feature").fit(digits).denoise(noisy, 1.0)
