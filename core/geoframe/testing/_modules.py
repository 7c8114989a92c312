"""Checks that every component which is an ``nn.Module`` has to pass."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from typing import Any, TypeVar

import safetensors.torch
import torch
from torch import Tensor, nn

from geoframe.testing._report import Check, CheckSkipped, Copies, ensure

M = TypeVar("M", bound=nn.Module)


def disturb(module: nn.Module) -> None:
    """Move every parameter a little, as training would."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(0.01 * torch.randn_like(parameter))


def state_dict_round_trip(make: Callable[[], M], output: Callable[[M], Tensor]) -> None:
    """``load_state_dict`` of another object's state gives that object's outputs."""
    first, second = _two(make)
    second.load_state_dict(first.state_dict())
    _same(output(first), output(second), "state_dict does not hold the whole state")


def safetensors_round_trip(make: Callable[[], M], output: Callable[[M], Tensor]) -> None:
    """The state survives a safetensors file, so its tensors share no memory."""
    first, second = _two(make)
    content = safetensors.torch.save(dict(first.state_dict()))
    second.load_state_dict(safetensors.torch.load(content))
    _same(output(first), output(second), "the state differs after a safetensors file")


def deepcopy_is_independent(make: Callable[[], M], output: Callable[[M], Tensor]) -> None:
    """A deep copy gives the same outputs and shares no parameter or buffer."""
    original = make()
    twin = copy.deepcopy(original)
    before = output(original)
    _same(before, output(twin), "the copy's outputs differ")
    disturb(twin)
    for buffer in twin.buffers():
        buffer.zero_()
    _same(before, output(original), "changing the copy changes the original")


def outputs_follow_the_parameters(make: Callable[[], M], output: Callable[[M], Tensor]) -> None:
    """After other parameters were loaded nothing of the old ones is left, in a cache say."""
    first, second = _two(make)
    output(second)
    second.load_state_dict(first.state_dict())
    _same(output(first), output(second), "outputs are those of parameters that were replaced")


def construction_is_deterministic(make: Callable[[], M], output: Callable[[M], Tensor]) -> None:
    """Two objects that are built from the same seed are equal."""
    if isinstance(make, Copies):
        raise CheckSkipped("needs what builds the object, was given the object")
    torch.manual_seed(5)
    first = make()
    torch.manual_seed(5)
    second = make()
    mine, other = first.state_dict(), second.state_dict()
    ensure(mine.keys() == other.keys(), "the states have different names")
    for name in mine:
        ensure(torch.equal(mine[name], other[name]), f"'{name}' differs at the same seed")
    _same(output(first), output(second), "outputs differ at the same seed")


def module_checks(output: Callable[[Any], Tensor]) -> tuple[Check, ...]:
    """Return the checks of this module, given what is compared: ``output(module)``."""

    def bound(check: Callable[..., None]) -> Check:
        @functools.wraps(check)
        def check_of_output(make: Callable[[], Any]) -> None:
            check(make, output)

        return check_of_output

    return tuple(
        bound(check)
        for check in (
            state_dict_round_trip,
            safetensors_round_trip,
            deepcopy_is_independent,
            outputs_follow_the_parameters,
            construction_is_deterministic,
        )
    )


def accelerator() -> torch.device:
    """Return the GPU of this machine; without one the check does not apply."""
    if torch.cuda.is_available():
        return torch.device("cuda", torch.cuda.current_device())
    if torch.backends.mps.is_available():
        return torch.device("mps", 0)
    raise CheckSkipped("no GPU here")


MIXED = ("same device", "on the expected device", "device type", "on device cpu")
"""Parts of what torch says where tensors of two devices meet."""


def elsewhere(run: Callable[[], Tensor]) -> None:
    """Fail the check if ``run``, whose inputs are on the ``meta`` device, makes tensors on the CPU.

    That device needs no hardware: it knows shapes alone. What looks at values cannot run on it,
    and the check does not apply then.
    """
    try:
        result = run()
    except (RuntimeError, NotImplementedError, TypeError) as error:
        message = str(error)
        ensure(
            not any(part in message for part in MIXED),
            f"it makes tensors on another device than its inputs': {message.splitlines()[0]}",
        )
        raise CheckSkipped("looks at the values of its inputs") from None
    ensure(result.device.type == "meta", f"the result is on {result.device}, not with the inputs")


def _two(make: Callable[[], M]) -> tuple[M, M]:
    first = make()
    torch.manual_seed(1)
    second = make()
    disturb(first)
    return first, second


def _same(x: Tensor, y: Tensor, message: str) -> None:
    ensure(torch.equal(x, y), message)
