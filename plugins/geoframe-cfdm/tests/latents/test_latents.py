"""Autoencoders."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from geoframe import ConfigError, DataError
from geoframe.training.gradient import GradientTrainer
from geoframe_cfdm.fit import LatentSampler
from geoframe_cfdm.latents.conv import ConvAutoencoder
from geoframe_cfdm.latents.pca import PCA
from geoframe_cfdm.sampling.axes import principal_axes
from geoframe_cfdm.sampling.sampler import ClosedFormDiffusion
from geoframe_cfdm.sampling.standardize import fit_standardizer


def test_all_axes_lose_nothing(digits: Tensor) -> None:
    flat = digits.flatten(1)
    model = PCA(64, 64)
    facts = model.prepare(flat, GradientTrainer(), None)
    assert facts["latent_variance_kept"] == pytest.approx(1, abs=1e-4)
    torch.testing.assert_close(model.decode_all(model.encode_all(flat)), flat, atol=1e-3, rtol=0)


def test_convolutions_learn_to_reconstruct(digits: Tensor) -> None:
    torch.manual_seed(0)
    flat = digits.flatten(1)
    model = ConvAutoencoder(64, 16, width=16, shape=(8, 8))
    trainer = GradientTrainer(epochs=4, batch_size=128, learning_rate=3e-3, device="cpu")
    facts = model.prepare(flat, trainer, None)
    assert facts["latent_reconstruction_rmse"] < 0.7 * float(flat.std())


@pytest.mark.parametrize("shape", [(7, 5), (9, 6, 3)])
def test_odd_images_come_back_in_shape(shape: tuple[int, ...]) -> None:
    size = torch.Size(shape).numel()
    model = ConvAutoencoder(size, 4, width=4, shape=shape).eval()
    assert model.decode_all(model.encode_all(torch.rand(3, size))).shape == (3, size)


def test_latents_are_sampled_and_decoded(digits: Tensor) -> None:
    model = PCA(64, 20)
    model.prepare(digits.flatten(1), GradientTrainer(), None)
    sampler = LatentSampler(ClosedFormDiffusion(sigma=0.0, steps=40), model).fit(digits)
    drawn = sampler.draw(8, seed=0)
    assert drawn["items"].shape == (8, 8, 8)
    expected = model.decode_all(model.encode_all(digits.flatten(1))[drawn["tuple_index"][:, 0]])
    torch.testing.assert_close(drawn["items"].flatten(1), expected, atol=0.01, rtol=0)


def test_a_pretrained_autoencoder_from_a_folder(tmp_path: Path) -> None:
    diffusers = pytest.importorskip("diffusers")
    from geoframe_cfdm.latents.kl import PretrainedKL

    torch.manual_seed(0)
    diffusers.AutoencoderKL(
        in_channels=3, out_channels=3, latent_channels=2, block_out_channels=(8,), norm_num_groups=4
    ).save_pretrained(tmp_path)
    model = PretrainedKL(8 * 8 * 3, 8 * 8 * 2, path=tmp_path, shape=(8, 8, 3))
    items = torch.randint(0, 255, (3, 192)).float()
    assert model.encode_all(items).shape == (3, 128)
    assert model.decode_all(model.encode_all(items)).shape == (3, 192)
    with pytest.raises(ConfigError, match="set it to 128"):
        PretrainedKL(192, 5, path=tmp_path, shape=(8, 8, 3))
    with pytest.raises(ConfigError, match="holds no diffusers model"):
        PretrainedKL(192, 128, path=tmp_path / "nothing")


@pytest.mark.parametrize("n", [30, 90])
def test_whitening_is_the_same_from_either_side(n: int) -> None:
    data = torch.randn(n, 50, generator=torch.Generator().manual_seed(0)) * torch.linspace(1, 3, 50)
    whitener = fit_standardizer(data, "whiten", block=16)
    white = whitener.forward(data)
    assert white.shape[1] == min(n - 1, 50)
    torch.testing.assert_close(
        white.T.cov(correction=0), torch.eye(white.shape[1]), atol=1e-4, rtol=0
    )
    torch.testing.assert_close(whitener.inverse(white), data, atol=1e-4, rtol=0)
    first = fit_standardizer(data, "whiten", keep=3)
    torch.testing.assert_close(first.forward(data), white[:, :3], atol=1e-3, rtol=0)


def test_axes_of_too_much_are_refused() -> None:
    with pytest.raises(DataError, match="too large a problem"):
        principal_axes(lambda: iter(()), 20_000, 30_000, 5)
