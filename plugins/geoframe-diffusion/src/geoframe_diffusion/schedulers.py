"""Schedulers of diffusers: what they say of signal, noise and prediction, or why not.

Every scheduler of diffusers noises data as ``y = alpha x + s e``; they differ in how alpha and s
hang on the timestep, and some options change that silently. Those that are not understood here are
refused by name, never guessed.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor

from geoframe import DataError
from geoframe_diffusion.prediction import Prediction, prediction_kind
from geoframe_diffusion.schedule import Schedule, flow, of_products

CUTTING = ("clip_sample", "thresholding")
"""Options by which a scheduler changes clean data that leave [-1, 1]."""


def option(scheduler: Any, name: str) -> Any:
    """Value of an option of a scheduler, None if it has no such option."""
    return getattr(scheduler.config, name, None)


def is_flow(scheduler: Any) -> bool:
    """Whether the scheduler interpolates ``(1 - s) x + s e`` (rectified flow)."""
    return type(scheduler).__name__.startswith("FlowMatch") or bool(
        option(scheduler, "use_flow_sigmas")
    )


def prediction_of(scheduler: Any) -> Prediction:
    """What the scheduler expects its network to predict.

    Raises
    ------
    DataError
        If that is not known here, or contradicts the scheduler's other options.
    """
    name = type(scheduler).__name__
    if name.startswith("FlowMatch"):
        return "flow_prediction"
    kind = prediction_kind(str(option(scheduler, "prediction_type")), name)
    if is_flow(scheduler) and kind != "flow_prediction":
        raise DataError(
            f"{name}: use_flow_sigmas=True needs prediction_type='flow_prediction', not '{kind}', "
            "which it would read in another parametrisation"
        )
    if kind == "epsilon" and option(scheduler, "rescale_betas_zero_snr"):
        raise DataError(
            f"{name}: rescale_betas_zero_snr=True begins without any signal, where epsilon says "
            "nothing of the data; use prediction_type='v_prediction'"
        )
    return kind


def refuse_cutting(scheduler: Any) -> None:
    """Raise :class:`DataError` if the scheduler cuts clean data off at 1."""
    for name in CUTTING:
        if option(scheduler, name):
            raise DataError(
                f"{type(scheduler).__name__} cuts samples off at 1, and standardised items go "
                f"beyond; make it with {name}=False"
            )


def timestep_number(timestep: Tensor | float) -> float:
    """One timestep from a number, or from a tensor of equal ones (pipelines pass ``t.expand(B)``).

    Raises
    ------
    DataError
        If the rows of a batch are at different timesteps.
    """
    if not isinstance(timestep, Tensor) or timestep.ndim == 0:
        return float(timestep)
    flat = timestep.flatten()
    if not len(flat) or bool((flat != flat[0]).any()):
        raise DataError(f"the rows of a batch must be at one timestep, not at {flat.tolist()}")
    return float(flat[0])


def signal_and_noise(scheduler: Any, timestep: Tensor | float) -> tuple[float, float]:
    """Return (alpha, s) of a scheduler at a timestep.

    Raises
    ------
    DataError
        If the scheduler is of another kind.
    """
    number = timestep_number(timestep)
    if is_flow(scheduler):
        count = option(scheduler, "num_train_timesteps")
        s = number / float(count)
        return 1 - s, s
    product = float(_products(scheduler)[round(number)])
    return product**0.5, (1 - product) ** 0.5


def schedule_of(scheduler: Any) -> Schedule:
    """Levels of a scheduler that its network was trained with.

    Raises
    ------
    DataError
        If it has none.
    """
    if is_flow(scheduler):
        return flow(int(option(scheduler, "num_train_timesteps")))
    return of_products(type(scheduler).__name__, _products(scheduler))


def _products(scheduler: Any) -> Tensor:
    """``alpha^2`` of each level."""
    if not hasattr(scheduler, "alphas_cumprod"):
        raise DataError(
            f"{type(scheduler).__name__} is not supported; use a scheduler with alphas_cumprod or "
            "FlowMatchEulerDiscreteScheduler"
        )
    products: Tensor = scheduler.alphas_cumprod
    return products
