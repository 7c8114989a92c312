"""A trained network of diffusers as a denoiser."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from geoframe import DataError
from geoframe_diffusion.networks.low_rank import with_low_rank
from geoframe_diffusion.prediction import Prediction, clean_of
from geoframe_diffusion.schedule import Schedule, by_row
from geoframe_diffusion.schedulers import is_flow, prediction_of, schedule_of

Arguments = Callable[[Tensor], Mapping[str, Tensor]]
"""Conditions ``(B, ...)`` -> keyword arguments of the network."""


class NetworkDenoiser(nn.Module):
    """Asks a network in its own parametrisation and answers with clean data.

    Parameters
    ----------
    network
        Called as ``network(state, timestep=..., **arguments, return_dict=False)[0]``.
    schedule, prediction
        What it was trained with.
    arguments
        Its keyword arguments for given conditions; None if it takes no condition.
    """

    def __init__(
        self,
        network: nn.Module,
        schedule: Schedule,
        prediction: Prediction,
        arguments: Arguments | None = None,
    ) -> None:
        super().__init__()
        self.network, self.schedule = network, schedule
        self.prediction, self.arguments = prediction, arguments
        names = list(inspect.signature(network.forward).parameters)
        self._state = "hidden_states" if "hidden_states" in names else "sample"

    def denoise(
        self, noisy: Tensor, sigma: float | Tensor, condition: Tensor | None = None
    ) -> Tensor:
        """Posterior mean ``(B, C, H, W)`` of ``noisy``; differentiable."""
        levels = self._levels(sigma, len(noisy)).to(noisy.device)
        wide = by_row(sigma, noisy)
        alpha = self.schedule.signal(wide)
        state = alpha * noisy
        given: Mapping[str, Tensor] = {}
        if self.arguments is not None:
            rows = condition
            if rows is None:
                rows = torch.full((len(noisy),), -1, device=noisy.device)
            given = self.arguments(rows)
        kind = next((p.dtype for p in self.network.parameters()), noisy.dtype)
        output = self.network(
            **{self._state: state.to(kind)},
            timestep=levels,
            **{name: _cast(value, kind) for name, value in given.items()},
            return_dict=False,
        )[0].to(noisy.dtype)
        if output.shape[1] == 2 * noisy.shape[1]:
            output = output[:, : noisy.shape[1]]  # the rest is a learned variance
        return clean_of(self.prediction, output, state, alpha, alpha * wide)

    def copy_to_train(self, rank: int = 0) -> nn.Module:
        """A copy that denoises and whose network trains, or additions of a rank to its weights."""
        copied = copy.copy(self)
        copied._modules = dict(self._modules)
        copied.network = (
            with_low_rank(self.network, rank)
            if rank
            else copy.deepcopy(self.network).requires_grad_(True)
        ).train()
        return copied

    def _levels(self, sigma: float | Tensor, rows: int) -> Tensor:
        each = sigma.flatten().tolist() if isinstance(sigma, Tensor) else [sigma]
        if self.schedule.family == "flow":  # its timestep is s itself, 1000 for noise alone
            found = [len(self.schedule) * one / (1 + one) for one in each]
        else:
            found = [self.schedule.level(one) for one in each]
        levels = torch.tensor(found, dtype=torch.float32).expand(rows)
        whole = bool((levels == levels.round()).all()) and self.schedule.family != "flow"
        return levels.long() if whole else levels


def _cast(value: Tensor, kind: torch.dtype) -> Tensor:
    return value.to(kind) if value.is_floating_point() else value


def class_arguments(network: nn.Module) -> Arguments | None:
    """Arguments of a ``UNet2DModel`` for labels; None if it knows no classes.

    Its last class embedding stands for no condition, as in classifier-free training.
    """
    config: Any = network.config
    classes: int | None = getattr(config, "num_class_embeds", None)
    if classes is None:
        return None

    def arguments(labels: Tensor) -> Mapping[str, Tensor]:
        if bool((labels >= classes).any()):
            raise DataError(f"labels must be below {classes - 1}, got {int(labels.max())}")
        return {"class_labels": torch.where(labels < 0, classes - 1, labels).long()}

    return arguments


def unet_denoiser(network: nn.Module, scheduler: Any) -> NetworkDenoiser:
    """Wrap an unconditional or class-conditional ``UNet2DModel``.

    Raises
    ------
    DataError
        If the scheduler is not understood.
    """
    known = class_arguments(network)
    return NetworkDenoiser(network, schedule_of(scheduler), prediction_of(scheduler), known)


def text_denoiser(
    network: nn.Module, scheduler: Any, prompts: Mapping[str, Tensor]
) -> NetworkDenoiser:
    """Wrap a ``UNet2DConditionModel`` or a transformer that attends to texts.

    Parameters
    ----------
    prompts
        Argument of the network -> its value for each prompt ``(prompts + 1, ...)``; the last is
        the negative one, or the empty text, which stands for no condition. A condition is a
        prompt's number ``(B,)``, or shares of the prompts ``(B, prompts)``, whose embeddings are
        mixed.

    Raises
    ------
    DataError
        If the network takes other arguments, or scheduler and network are of two families.
    """
    known = set(inspect.signature(network.forward).parameters)
    name = type(network).__name__
    if {"hidden_states", "img_ids"} <= known:
        raise DataError(f"{name} packs its latents in a way of its own and is not supported")
    if "hidden_states" in known and not is_flow(scheduler):
        raise DataError(
            f"{name} was trained as a flow, but {type(scheduler).__name__} is none; use "
            "FlowMatchEulerDiscreteScheduler"
        )
    if unknown := prompts.keys() - known:
        raise DataError(f"{name} takes no '{min(unknown)}'")

    def arguments(numbers: Tensor) -> Mapping[str, Tensor]:
        count = len(next(iter(prompts.values()))) - 1
        if numbers.is_floating_point():
            return _mixed(prompts, numbers)
        if bool((numbers >= count).any()):
            raise DataError(f"there are {count} prompts, and no number {int(numbers.max())}")
        rows = torch.where(numbers < 0, count, numbers).long()
        return {key: value[rows.to(value.device)] for key, value in prompts.items()}

    return NetworkDenoiser(network, schedule_of(scheduler), prediction_of(scheduler), arguments)


def _mixed(prompts: Mapping[str, Tensor], shares: Tensor) -> Mapping[str, Tensor]:
    """Embeddings mixed by shares of the prompts ``(B, prompts)``; rows of nan take the last."""
    count = len(next(iter(prompts.values()))) - 1
    if shares.ndim != 2 or shares.shape[1] != count:
        raise DataError(f"shares of {count} prompts are needed, not rows {tuple(shares.shape[1:])}")
    none = shares.isnan().any(1, keepdim=True)
    whole = torch.cat([shares.masked_fill(none, 0), none.to(shares)], 1)
    return {key: torch.tensordot(whole.to(value), value, dims=1) for key, value in prompts.items()}
