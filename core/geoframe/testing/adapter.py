"""Conformance of an Adapter."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from geoframe.adapter import Adapter
from geoframe.testing._modules import disturb
from geoframe.testing._report import Check, Report, ensure, maker, run_checks, title

Make = Callable[[], Adapter]

PICKLED = {".pt", ".pth", ".bin", ".pkl", ".pickle", ".ckpt"}


def example_model(adapter: type) -> tuple[nn.Module, Tensor]:
    """Build a pretrained model to adapt, and inputs for it.

    They are what the static method ``example_model`` of the adapter's class returns; without
    one, a small multilayer perceptron and 5 vectors.
    """
    if own := getattr(adapter, "example_model", None):
        given: tuple[nn.Module, Tensor] = own()
        return given
    model = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 4))
    return model, torch.randn(5, 6)


def only_the_adapter_is_trained(make: Make, model: nn.Module, inputs: Tensor) -> None:
    """After ``attach`` parameters of the adapter require gradients, the model's do not."""
    model = copy.deepcopy(model)
    pretrained = dict(model.named_parameters())
    adapter = make()
    adapted = adapter.attach(model)
    ensure(adapter.adapted is adapted, "'adapted' is not what attach returned")
    for name, parameter in pretrained.items():
        ensure(not parameter.requires_grad, f"the model's own '{name}' is still trained")
    ensure(_trained(adapted), "nothing is left to train")


def gradient_reaches_the_adapter(make: Make, model: nn.Module, inputs: Tensor) -> None:
    """Every trained parameter gets a finite gradient that is not zero."""
    adapted = make().attach(copy.deepcopy(model)).eval()
    _move(adapted)
    adapted(inputs).square().sum().backward()
    for name, parameter in _trained(adapted).items():
        ensure(parameter.grad is not None, f"no gradient reaches '{name}'")
        assert parameter.grad is not None
        ensure(parameter.grad.isfinite().all(), f"the gradient for '{name}' is not finite")
        ensure(parameter.grad.any(), f"the gradient for '{name}' is zero")


def attaching_keeps_pretrained_weights(make: Make, model: nn.Module, inputs: Tensor) -> None:
    """Attaching and training leave the values of the model's own parameters alone."""
    model = copy.deepcopy(model)
    pretrained = dict(model.named_parameters())
    before = {name: parameter.detach().clone() for name, parameter in pretrained.items()}
    _move(make().attach(model))
    for name, parameter in pretrained.items():
        ensure(torch.equal(parameter, before[name]), f"the model's own '{name}' has changed")


def merged_model_gives_the_same_outputs(make: Make, model: nn.Module, inputs: Tensor) -> None:
    """``merge`` folds a trained adapter into plain weights without changing outputs."""
    adapter = make()
    adapted = adapter.attach(copy.deepcopy(model)).eval()
    _move(adapted)
    expected = adapted(inputs).detach()
    merged = adapter.merge().eval()
    ensure(
        torch.allclose(merged(inputs), expected, rtol=1e-4, atol=1e-5),
        f"outputs differ by up to {(merged(inputs) - expected).abs().max():.1e} after merging",
    )
    plain = {name: value.shape for name, value in model.state_dict().items()}
    got = {name: value.shape for name, value in merged.state_dict().items()}
    ensure(got == plain, "the merged model has other parameters than the pretrained one")


def saved_adapter_gives_the_same_outputs(make: Make, model: nn.Module, inputs: Tensor) -> None:
    """``load`` on a fresh copy of the model restores what ``save`` wrote, without pickles."""
    adapter = make()
    adapted = adapter.attach(copy.deepcopy(model)).eval()
    _move(adapted)
    expected = adapted(inputs).detach()
    loaded = _saved_and_loaded(adapter, copy.deepcopy(model)).adapted.eval()
    ensure(
        torch.allclose(loaded(inputs), expected, rtol=1e-4, atol=1e-5),
        "outputs differ after save and load",
    )


def loaded_adapter_trains_the_same_parameters(make: Make, model: nn.Module, inputs: Tensor) -> None:
    """After ``load`` just those parameters require gradients that did after ``attach``."""
    adapter = make()
    before = _trained(adapter.attach(copy.deepcopy(model)))
    after = _trained(_saved_and_loaded(adapter, copy.deepcopy(model)).adapted)
    different = sorted(before.keys() ^ after.keys())
    ensure(not different, f"'{different[0] if different else ''}' is trained before or after only")


def _saved_and_loaded(adapter: Adapter, fresh: nn.Module) -> Adapter:
    """Save an adapter into a folder and load it from there into ``fresh``."""
    with tempfile.TemporaryDirectory() as folder:
        adapter.save(Path(folder))
        files = [path for path in Path(folder).rglob("*") if path.is_file()]
        ensure(files, "save writes no file")
        for path in files:
            ensure(path.suffix not in PICKLED, f"save writes '{path.name}', which is unpickled")
        return type(adapter).load(fresh, Path(folder))


def _trained(model: nn.Module) -> dict[str, nn.Parameter]:
    return {n: p for n, p in model.named_parameters() if p.requires_grad}


def _move(adapted: nn.Module) -> None:
    """Put every trained parameter somewhere else, as training would."""
    trained = nn.ParameterList(_trained(adapted).values())
    for _ in range(10):  # adapters that start at zero need more than a small step
        disturb(trained)


ADAPTER_CHECKS: tuple[Check, ...] = (
    only_the_adapter_is_trained,
    gradient_reaches_the_adapter,
    attaching_keeps_pretrained_weights,
    merged_model_gives_the_same_outputs,
    saved_adapter_gives_the_same_outputs,
    loaded_adapter_trains_the_same_parameters,
)
"""Each takes what builds an adapter, a pretrained model, and inputs of the model."""


def check_adapter(
    adapter: Adapter | Make,
    model: nn.Module | None = None,
    inputs: Tensor | None = None,
    *,
    expected_failures: Mapping[str, str] | None = None,
) -> Report:
    """Hold an adapter to the :class:`~geoframe.Adapter` interface.

    Other parameters, and errors, are those of :func:`~geoframe.testing.check_geometry`.

    Parameters
    ----------
    adapter
        What builds an adapter, or one that is not attached to anything yet.
    model, inputs
        A pretrained model, which is copied, and inputs for it; by default those of
        :func:`example_model` for the adapter's class.
    """
    make = maker(adapter, Adapter)
    if model is None or inputs is None:
        model, inputs = example_model(type(make()))
    return run_checks(
        title(make, Adapter),
        ADAPTER_CHECKS,
        make,
        model,
        inputs,
        expected_failures=expected_failures,
    )
