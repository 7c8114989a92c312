"""Both ways between diffusers and us."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from geoframe import DataError
from geoframe_cfdm.engines.check import float64_mean
from geoframe_cfdm.sampling.diffusers import ClosedFormModel, network_denoiser
from geoframe_cfdm.sampling.sampler import ClosedFormDiffusion

diffusers = pytest.importorskip("diffusers")


def run(model: ClosedFormModel, scheduler: Any, n: int, shape: tuple[int, ...]) -> Tensor:
    scheduler.set_timesteps(60)
    y = torch.randn(n, *shape, generator=torch.Generator().manual_seed(0))
    for step in scheduler.timesteps:
        y = scheduler.step(model(y, step).sample, step, y).prev_sample
    return model.items(y)


@pytest.mark.parametrize("kind", ["epsilon", "sample", "v_prediction", "flow"])
def test_schedulers_reach_training_items_without_smoothing(digits: Tensor, kind: str) -> None:
    sampler = ClosedFormDiffusion(sigma=0.0).fit(digits)
    scheduler = (
        diffusers.FlowMatchEulerDiscreteScheduler(1000)
        if kind == "flow"
        else diffusers.DDIMScheduler(1000, clip_sample=False, prediction_type=kind)
    )
    model = ClosedFormModel(sampler, scheduler, batch=12)
    items = run(model, scheduler, 12, sampler.item_shape)
    gaps = torch.cdist(items.flatten(1), digits.flatten(1)).amin(1)
    assert gaps.median() < 0.5  # neighbours are 16 apart
    smoothed = ClosedFormModel(
        ClosedFormDiffusion(sigma_relative=0.4).fit(digits), scheduler, batch=12
    )
    other = run(smoothed, scheduler, 12, sampler.item_shape)
    assert torch.cdist(other.flatten(1), digits.flatten(1)).amin(1).median() > 5


@pytest.mark.filterwarnings("ignore::DeprecationWarning:diffusers")
def test_flow_sigmas_and_expanded_timesteps(digits: Tensor) -> None:
    sampler = ClosedFormDiffusion(sigma=0.0).fit(digits)
    scheduler = diffusers.DPMSolverMultistepScheduler(
        use_flow_sigmas=True, prediction_type="flow_prediction"
    )
    model = ClosedFormModel(sampler, scheduler, batch=12)
    items = run(model, scheduler, 12, sampler.item_shape)
    gaps = torch.cdist(items.flatten(1), digits.flatten(1)).amin(1)
    assert gaps.median() < 0.5
    y, step = torch.randn(12, 8, 8), scheduler.timesteps[20]
    assert torch.equal(model(y, step.expand(12)).sample, model(y, step).sample)
    with pytest.raises(DataError, match="one timestep"):
        model(y, torch.arange(12))


class _TrueNoise(nn.Module):
    """A 'network' that predicts the noise exactly, from the formula."""

    def __init__(self, sampler: ClosedFormDiffusion, scheduler: Any, gain: float, shift: float):
        super().__init__()
        self.sampler, self.scheduler, self.gain, self.shift = sampler, scheduler, gain, shift

    def forward(self, y: Tensor, step: Tensor, return_dict: bool) -> tuple[Tensor]:
        product = float(self.scheduler.alphas_cumprod[int(step)])
        alpha, s = product**0.5, (1 - product) ** 0.5
        points, standardizer = self.sampler.points, self.sampler.standardizer
        unit = self.gain * float(standardizer.scale[0])
        centre = self.gain * standardizer.mean + self.shift
        flat = (y[:, 0].flatten(1) - alpha * centre) / (alpha * unit)  # x_std + noise
        ratio = s / (alpha * unit)
        t = 1 / (1 + ratio)
        clean = float64_mean(points, flat * t, None, t).float() * unit + centre
        return (((y[:, 0].flatten(1) - alpha * clean) / s).reshape(y.shape),)


def test_a_network_finishes_our_trajectory(digits: Tensor) -> None:
    scheduler = diffusers.DDIMScheduler(1000)
    options: dict[str, Any] = {
        "sigma": 0.0,
        "steps": 40,
        "grid": "uniform",
        "precision": "float32",
    }
    alone = ClosedFormDiffusion(**options).fit(digits)
    helped = ClosedFormDiffusion(**options).fit(digits)
    network = _TrueNoise(helped, scheduler, 1 / 8, -1)
    helped.finish_with(
        network_denoiser(network, scheduler, helped, gain=1 / 8, shift=-1), since=0.6, name="net"
    )
    ours, theirs = alone.draw(12, seed=0)["items"], helped.draw(12, seed=0)
    assert helped.records.engine_steps()["net"] == 16
    same = (ours - theirs["items"]).abs().amax((1, 2)) < 0.5
    assert same.float().mean() > 0.8
    assert (theirs["tuple_index"] == -1).all()


def test_a_real_unet_fits_in(digits: Tensor) -> None:
    torch.manual_seed(0)
    network = diffusers.UNet2DModel(
        sample_size=8,
        in_channels=1,
        out_channels=1,
        block_out_channels=(16, 16),
        down_block_types=("DownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "UpBlock2D"),
        norm_num_groups=8,
    ).eval()
    sampler = ClosedFormDiffusion(steps=5).fit(digits)
    denoiser = network_denoiser(network, diffusers.DDIMScheduler(1000), sampler, gain=1 / 8)
    drawn = sampler.finish_with(denoiser, since=0.7).draw(2, seed=0)["items"]
    assert drawn.shape == (2, 8, 8)
    assert drawn.isfinite().all()


def test_what_does_not_fit(digits: Tensor) -> None:
    sampler = ClosedFormDiffusion(standardize="feature").fit(digits)
    with pytest.raises(DataError, match="one scale"):
        network_denoiser(nn.Identity(), diffusers.DDIMScheduler(1000), sampler)
    model = ClosedFormModel(sampler, diffusers.EDMEulerScheduler(), batch=1)
    with pytest.raises(DataError, match="not supported"):
        model(torch.zeros(1, 8, 8), 3.0)
    confused = diffusers.DPMSolverMultistepScheduler(use_flow_sigmas=True)
    with pytest.raises(DataError, match="prediction_type='flow_prediction'"):
        ClosedFormModel(sampler, confused, batch=1)
    with pytest.raises(DataError, match="make it with clip_sample=False"):
        ClosedFormModel(sampler, diffusers.DDIMScheduler(1000), batch=1)
    model = ClosedFormModel(sampler, diffusers.DDIMScheduler(1000, clip_sample=False), batch=2)
    with pytest.raises(DataError, match=r"states must be \(2, 64\)"):
        model(torch.zeros(3, 8, 8), 3.0)
