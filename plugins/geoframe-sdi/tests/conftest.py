"""Priors in closed form that the tests share."""

from __future__ import annotations

import pytest
import torch
from sklearn.datasets import load_digits
from torch import Tensor

from geoframe_cfdm.sampling.sampler import ClosedFormDiffusion
from geoframe_diffusion.exact import GaussianDenoiser


@pytest.fixture
def gaussian() -> GaussianDenoiser:
    """N(0.3, 0.5^2) on images of 1 x 2 x 2, in float64."""
    return GaussianDenoiser(torch.full((1, 1, 2, 2), 0.3, dtype=torch.float64), 0.5)


@pytest.fixture
def classes() -> GaussianDenoiser:
    """Two classes around -0.6 and 0.6."""
    means = torch.tensor([-0.6, 0.6], dtype=torch.float64).reshape(2, 1, 1, 1)
    return GaussianDenoiser(means.expand(2, 1, 2, 2).contiguous(), 0.3)


@pytest.fixture(scope="session")
def digits() -> tuple[Tensor, Tensor]:
    """1797 images ``(n, 1, 8, 8)`` in [-1, 1] and their classes."""
    found = load_digits()
    images = torch.from_numpy(found.images).float() / 8 - 1
    return images[:, None], torch.from_numpy(found.target).long()


@pytest.fixture(scope="session")
def digit_prior(digits: tuple[Tensor, Tensor]) -> ClosedFormDiffusion:
    return ClosedFormDiffusion().fit(*digits)
