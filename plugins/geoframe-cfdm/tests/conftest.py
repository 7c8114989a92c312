"""Data that the tests share."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_digits
from torch import Tensor


@pytest.fixture(scope="session")
def digits() -> Tensor:
    """1797 real images of 8 x 8 pixels."""
    return torch.from_numpy(load_digits().images).float()


@pytest.fixture(scope="session")
def digit_labels() -> Tensor:
    return torch.from_numpy(load_digits().target).long()


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A folder with 6 coloured images of 8 x 10 pixels, of cats and dogs in turn."""
    generator = np.random.default_rng(0)
    for index in range(6):
        folder = tmp_path / "images" / ("cat" if index % 2 else "dog")
        folder.mkdir(parents=True, exist_ok=True)
        pixels = generator.integers(0, 255, (10, 8, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{index}.png")
    return tmp_path / "images"


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
