"""Both ways between closed-form diffusion and diffusers.

A scheduler of diffusers noises data as ``y = alpha x + s e``. Dividing by ``alpha + s`` gives our
state ``z = t x + (1 - t) e`` with ``t = alpha / (alpha + s)``, so either side's denoiser serves
the other.
"""

from __future__ import annotations

from typing import Any

import attrs
import torch
from torch import Tensor, nn

from geoframe import DataError
from geoframe_cfdm.engines.denoised import Denoiser
from geoframe_cfdm.sampling.sampler import ClosedFormDiffusion
from geoframe_diffusion.prediction import clean_of, output_of
from geoframe_diffusion.schedulers import prediction_of, refuse_cutting, signal_and_noise


@attrs.frozen
class ModelOutput:
    """What a model of diffusers returns."""

    sample: Tensor


class ClosedFormModel(nn.Module):
    """The closed-form denoiser where diffusers expects a network.

    Its states are standardised items ``(B, *item_shape)``; start from standard normal ones
    (times ``scheduler.init_noise_sigma``) and give the final ones to :meth:`items`.

    Parameters
    ----------
    sampler
        A fitted sampler; its perturbations smooth this model too.
    scheduler
        A scheduler with ``alphas_cumprod`` (DDIMScheduler and its relatives, with any prediction
        type), also with ``use_flow_sigmas``, or FlowMatchEulerDiscreteScheduler.
    batch
        Number of states B of every call.
    seed
        Seed of the perturbations.

    Raises
    ------
    DataError
        If the scheduler cuts samples off at 1 (standardised items go beyond), is of another kind,
        or its options contradict one another.

    Examples
    --------
    >>> model = ClosedFormModel(sampler, scheduler, batch=8)      # doctest: +SKIP
    >>> scheduler.set_timesteps(50)                                # doctest: +SKIP
    >>> y = torch.randn(8, *sampler.item_shape)                    # doctest: +SKIP
    >>> for step in scheduler.timesteps:                           # doctest: +SKIP
    ...     y = scheduler.step(model(y, step).sample, step, y).prev_sample
    >>> items = model.items(y)                                     # doctest: +SKIP
    """

    def __init__(
        self, sampler: ClosedFormDiffusion, scheduler: Any, *, batch: int, seed: int = 0
    ) -> None:
        super().__init__()
        refuse_cutting(scheduler)
        self.sampler, self.scheduler = sampler, scheduler
        self.prediction = prediction_of(scheduler)
        self._mean = sampler.posterior_mean(seed=seed, n=batch)

    def forward(
        self, sample: Tensor, timestep: Tensor | float, return_dict: bool = True, **_: Any
    ) -> ModelOutput | tuple[Tensor]:
        """Predict what the scheduler asks for at states ``(B, *item_shape)``."""
        alpha, s = signal_and_noise(self.scheduler, timestep)
        y = sample.flatten(1)
        z, t = y / (alpha + s), alpha / (alpha + s)
        # At t = 1 there is no noise left, and nothing to denoise.
        mean = self._mean(z, t).to(y) if s > 0 else y / alpha
        predicted = output_of(self.prediction, mean, y, alpha, s).reshape(sample.shape)
        return ModelOutput(predicted) if return_dict else (predicted,)

    def items(self, states: Tensor) -> Tensor:
        """Final states ``(B, *item_shape)`` in the units of the data."""
        flat = self.sampler.standardizer.inverse(states.flatten(1).float())
        return flat.reshape(len(states), *self.sampler.item_shape)


def network_denoiser(
    network: nn.Module,
    scheduler: Any,
    sampler: ClosedFormDiffusion,
    *,
    gain: float = 1.0,
    shift: float = 0.0,
    channels_first: bool = True,
) -> Denoiser:
    """Make a network of diffusers (UNet2DModel, ...) a denoiser of our flow.

    Use it with :meth:`ClosedFormDiffusion.finish_with`. The network is asked at the timestep whose
    noise is nearest to ours.

    Parameters
    ----------
    network
        Trained on items times ``gain`` plus ``shift``.
    scheduler
        The one it was trained with, with ``alphas_cumprod``; prediction types epsilon, sample and
        v_prediction.
    sampler
        Fitted with ``standardize = "scale"`` or ``"none"``.
    channels_first
        Whether the network takes images ``(B, channels, h, w)``; ours are ``(h, w, channels)``.

    Raises
    ------
    DataError
        If the items were standardised feature by feature.
    """
    standardizer, unit = sampler.standardizer, sampler.standardizer.one_scale
    if unit is None:
        raise DataError("a network needs data standardised by one scale: sampler.standardize")
    kind = prediction_of(scheduler)
    products = scheduler.alphas_cumprod.double()
    ratios = ((1 - products) / products).sqrt()
    shape = sampler.item_shape

    @torch.inference_mode()
    def denoise(z: Tensor, t: float) -> Tensor:
        wanted = gain * unit * (1 - t) / max(t, 1e-6)
        step = int((ratios.log() - torch.tensor(wanted).double().log()).abs().argmin())
        alpha, s = float(products[step]) ** 0.5, float(1 - products[step]) ** 0.5
        offset = gain * standardizer.mean.float() + shift
        y = (s / (1 - t)) * z + alpha * offset
        images = _to_network(y, shape) if channels_first else y.reshape(-1, *shape)
        output = network(images, torch.tensor(step), return_dict=False)[0]
        flat = _from_network(output, shape) if channels_first else output.flatten(1)
        clean = clean_of(kind, flat, y, alpha, s)
        standardised: Tensor = (clean - offset) / (gain * unit)
        return standardised

    return denoise


def _to_network(flat: Tensor, shape: tuple[int, ...]) -> Tensor:
    images = flat.reshape(-1, *shape)
    return images[:, None] if len(shape) == 2 else images.permute(0, 3, 1, 2)


def _from_network(images: Tensor, shape: tuple[int, ...]) -> Tensor:
    return (images if len(shape) == 2 else images.permute(0, 2, 3, 1)).flatten(1)
