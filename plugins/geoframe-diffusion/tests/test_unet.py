"""The small network learns from images and can be put away."""

from __future__ import annotations

import pytest
import torch
from sklearn.datasets import load_digits
from torch import Tensor

import geoframe
from geoframe import ConfigError, DataError
from geoframe.training.gradient import GradientTrainer
from geoframe_diffusion.unet.sampler import SmallUNet

pytest.importorskip("diffusers")


@pytest.fixture(scope="module")
def digits() -> tuple[Tensor, Tensor]:
    found = load_digits()
    return torch.from_numpy(found.images[:400]).float(), torch.from_numpy(found.target[:400]).long()


@pytest.fixture(scope="module")
def trained(digits: tuple[Tensor, Tensor]) -> SmallUNet:
    return SmallUNet(channels=(16, 32), epochs=12, ema=0.9).fit(*digits)


def test_it_learns(trained: SmallUNet, digits: tuple[Tensor, Tensor]) -> None:
    images, labels = digits
    sigma = 8.0  # one unit of the inner range
    noisy = images + sigma * torch.randn(images.shape, generator=torch.Generator().manual_seed(0))

    def error(clean: Tensor) -> float:
        return float((clean - images).square().mean().sqrt())

    # The best answer that ignores neighbours: every pixel's own linear regression.
    mean, variance = images.mean(0), images.var(0)
    linear = mean + variance / (variance + sigma**2) * (noisy - mean)
    assert error(trained.denoise(noisy, sigma, labels)) < 0.95 * error(linear)
    wrong = trained.denoise(noisy, sigma, (labels + 5) % 10)
    assert error(trained.denoise(noisy, sigma, labels)) < error(wrong)


def test_it_can_be_put_away(trained: SmallUNet) -> None:
    other = SmallUNet(channels=(16, 32)).restore(trained.fitted())
    noisy = torch.randn(2, 8, 8)
    assert torch.equal(other.denoise(noisy, 3.0), trained.denoise(noisy, 3.0))
    drawn = [each.draw(4, seed=3)["items"] for each in (trained, other)]
    assert torch.equal(*drawn)
    later = other.draw(2, seed=3, first=2)["items"]
    assert torch.allclose(later, drawn[0][2:], atol=1e-4)


@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 3), (3, 8, 8)])
def test_layouts_of_images(shape: tuple[int, ...]) -> None:
    images = torch.rand(12, *shape)
    made = SmallUNet(channels=(8, 8), epochs=1, steps=2).fit(images)
    assert made.item_shape == shape
    assert made.sample(2).shape == (2, *shape)
    back = made._outside(made._inside(images))
    assert torch.allclose(back, images, atol=1e-6)


def test_training_is_repeatable(digits: tuple[Tensor, Tensor]) -> None:
    def trainer(steps: int) -> GradientTrainer:
        return GradientTrainer(steps=steps, batch_size=16, device="cpu")

    whole, again = SmallUNet(channels=(8, 8)), SmallUNet(channels=(8, 8))
    torch.manual_seed(0)
    whole.train_with(trainer(3), *digits)
    torch.manual_seed(0)
    again.train_with(trainer(3), *digits)
    assert all(torch.equal(value, again.fitted()[name]) for name, value in whole.fitted().items())


def test_mistakes_are_told() -> None:
    with pytest.raises(DataError, match="no images yet"):
        _ = SmallUNet().item_shape
    with pytest.raises(DataError, match="needs images"):
        SmallUNet().fit(torch.rand(5, 4))
    with pytest.raises(DataError, match="not all of one value"):
        SmallUNet().fit(torch.zeros(5, 8, 8))
    with pytest.raises(ConfigError, match="sides that 2 divides"):
        SmallUNet().fit(torch.rand(5, 7, 7))
    with pytest.raises(ConfigError, match="multiples of 8"):
        SmallUNet(channels=(12,)).fit(torch.rand(5, 8, 8))
    assert geoframe.build("sampler", "small-unet", epochs=1).options.epochs == 1
