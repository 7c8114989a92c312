"""Data that the tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from sklearn.datasets import load_digits
from torch import Tensor


@pytest.fixture(scope="session")
def digits() -> Tensor:
    """1797 real images of 8 x 8 pixels."""
    return torch.from_numpy(load_digits().images).float()


@pytest.fixture(scope="session")
def digit_labels() -> Tensor:
    return torch.from_numpy(load_digits().target).long()


@pytest.fixture(scope="session")
def clustered() -> Tensor:
    """6000 points around 600 centres in 96 dimensions: wide windows early, narrow ones late."""
    generator = torch.Generator().manual_seed(0)
    centres = torch.randn(600, 96, generator=generator)
    return centres.repeat(10, 1) + 0.4 * torch.randn(6000, 96, generator=generator)


@pytest.fixture(scope="session")
def data_folder() -> Path:
    folder = os.environ.get("GEOFRAME_DATA")
    if not folder:
        pytest.skip("GEOFRAME_DATA names no data folder")
    return Path(folder)
