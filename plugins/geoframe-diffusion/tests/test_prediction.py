"""One prediction becomes another, and schedulers are understood or refused."""

from __future__ import annotations

from typing import Any, get_args

import pytest
import torch
from torch import Tensor

from geoframe import DataError
from geoframe_diffusion.prediction import Prediction, clean_of, output_of
from geoframe_diffusion.schedulers import (
    prediction_of,
    refuse_cutting,
    schedule_of,
    signal_and_noise,
    timestep_number,
)

diffusers = pytest.importorskip("diffusers")


def drawn(*shape: int) -> Tensor:
    return torch.randn(shape, dtype=torch.float64)


@pytest.mark.parametrize("kind", get_args(Prediction))
@pytest.mark.parametrize(("alpha", "s"), [(0.8, 0.6), (0.7, 0.3), (1.0, 2.5)])
def test_there_and_back(kind: Prediction, alpha: float, s: float) -> None:
    clean, noise = drawn(2, 3, 4, 4), drawn(2, 3, 4, 4)
    state = alpha * clean + s * noise
    output = output_of(kind, clean, state, alpha, s)
    assert torch.allclose(clean_of(kind, output, state, alpha, s), clean)
    expected = {
        "epsilon": noise,
        "sample": clean,
        "v_prediction": alpha * noise - s * clean,
        "flow_prediction": noise - clean,
    }[kind]
    assert torch.allclose(output, expected)


@pytest.mark.parametrize("kind", ["epsilon", "sample", "v_prediction"])
def test_diffusers_finds_the_same_clean_data(kind: Prediction) -> None:
    scheduler = diffusers.DDIMScheduler(1000, clip_sample=False, prediction_type=kind)
    scheduler.set_timesteps(1000)
    output, state = drawn(2, 1, 4, 4).float(), drawn(2, 1, 4, 4).float()
    alpha, s = signal_and_noise(scheduler, 500)
    theirs = scheduler.step(output, 500, state).pred_original_sample
    assert torch.allclose(clean_of(kind, output, state, alpha, s), theirs, atol=1e-5)


def test_flow_timesteps_are_the_noise() -> None:
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler()
    assert signal_and_noise(scheduler, 250.0) == (0.75, 0.25)
    assert prediction_of(scheduler) == "flow_prediction"
    assert schedule_of(scheduler).family == "flow"
    other = diffusers.DPMSolverMultistepScheduler(
        use_flow_sigmas=True, prediction_type="flow_prediction"
    )
    assert signal_and_noise(other, torch.tensor([250.0, 250.0])) == (0.75, 0.25)


def test_what_is_refused_is_refused_by_name() -> None:
    def refused(scheduler: Any, message: str) -> None:
        with pytest.raises(DataError, match=message):
            prediction_of(scheduler)

    refused(diffusers.DPMSolverMultistepScheduler(use_flow_sigmas=True), "use_flow_sigmas=True")
    refused(diffusers.UniPCMultistepScheduler(use_flow_sigmas=True), "use_flow_sigmas=True")
    zero_snr = {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}
    refused(diffusers.DDIMScheduler(**zero_snr), "rescale_betas_zero_snr")
    odd = diffusers.DDIMScheduler()
    odd.register_to_config(prediction_type="velocity")
    refused(odd, "'velocity' is not supported")
    with pytest.raises(DataError, match="clip_sample=False"):
        refuse_cutting(diffusers.DDIMScheduler())
    with pytest.raises(DataError, match="EDMEulerScheduler is not supported"):
        schedule_of(diffusers.EDMEulerScheduler())


def test_a_batch_is_at_one_timestep() -> None:
    assert timestep_number(torch.tensor([3, 3])) == 3
    with pytest.raises(DataError, match="one timestep"):
        timestep_number(torch.tensor([3.0, 4.0]))
