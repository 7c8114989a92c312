"""What a layer sees: second moments of its inputs and, if wanted, the gradient of its weight."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import attrs
import torch
from torch import Tensor, nn

from geoframe.adapter import Passes
from geoframe.errors import DataError
from geoframe_asymlora.lora.factors import Factor
from geoframe_asymlora.lora.targets import Target

BUDGET = 2**30
"""Bytes of second moments and gradients that are held at once; layers beyond wait for a pass of
their own over the batches."""


@attrs.frozen(kw_only=True)
class LayerStatistics:
    """Sums over the tokens of some batches."""

    moment: Tensor
    """Mean of x xᵀ over tokens, ``(d_in, d_in)``, float64."""
    gradient: Tensor | None
    """Mean gradient of the weight over batches, ``(d_out, d_in)``, float64."""


def collect(
    model: nn.Module, targets: Sequence[Target], passes: Passes, *, gradients: bool
) -> Iterator[tuple[Target, LayerStatistics]]:
    """Yield the statistics of each target; the model is left as it was.

    Raises
    ------
    DataError
        If ``passes`` yields no batch.
    """
    for chunk in _chunks(targets, gradients=gradients):
        layers = [model.get_submodule(target.name) for target in chunk]
        with _watched(model, layers, gradients=gradients) as sums:
            batches = 0
            for loss in passes(model):
                batches += 1
                if gradients:
                    loss.backward()
            if batches == 0:
                raise DataError("the adapter needs batches of data to look at, and there are none")
            gradient_of = [layer.get_parameter("weight").grad for layer in layers]
        for target, (moment, tokens), gradient in zip(chunk, sums, gradient_of, strict=True):
            if gradient is not None:
                oriented = gradient.T if target.transposed else gradient
                gradient = oriented.double().cpu() / batches
            mean = moment.cpu() / max(1, tokens)
            yield target, LayerStatistics(moment=mean, gradient=gradient)


def _chunks(targets: Sequence[Target], *, gradients: bool) -> Iterator[list[Target]]:
    chunk: list[Target] = []
    held = 0
    for target in targets:
        size = 8 * target.d_in**2 + (4 * target.d_in * target.d_out if gradients else 0)
        if chunk and held + size > BUDGET:
            yield chunk
            chunk, held = [], 0
        chunk.append(target)
        held += size
    if chunk:
        yield chunk


@contextmanager
def _watched(
    model: nn.Module, layers: Sequence[nn.Module], *, gradients: bool
) -> Iterator[list[tuple[Tensor, int]]]:
    """Sum x xᵀ at the input of each layer; with ``gradients`` only their weights require any."""
    sums: list[tuple[Tensor, int]] = [(torch.zeros(()), 0) for _ in layers]

    def hook_of(index: int) -> object:
        def hook(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            rows = inputs[0].detach().reshape(-1, inputs[0].shape[-1]).float()
            moment, tokens = sums[index]
            product = (rows.T @ rows).double()
            sums[index] = (moment.to(product) + product, tokens + len(rows))

        return hook

    required = {name: p.requires_grad for name, p in model.named_parameters()}
    training = model.training
    handles = [
        layer.register_forward_pre_hook(hook_of(index))  # type: ignore[arg-type]
        for index, layer in enumerate(layers)
    ]
    model.eval().requires_grad_(False)
    if gradients:
        for layer in layers:
            layer.get_parameter("weight").requires_grad_(True)
    try:
        with torch.set_grad_enabled(gradients):
            yield sums
    finally:
        for handle in handles:
            handle.remove()
        model.train(training)
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(required[name])
            parameter.grad = None


def principal_rows(moment: Tensor, rank: int, scale: str) -> Tensor:
    """Return the ``rank`` principal directions of inputs with second moment Σ, as rows of A.

    Parameters
    ----------
    moment
        Σ ``(d, d)``, float64.
    scale
        ``"orthonormal"`` leaves rows of norm 1. ``"matched"`` multiplies all by one number so
        that E|A x|² is (r/d) tr Σ, as for a random orthonormal A. ``"whitened"`` does that with
        equal variance in all rows.
    """
    values, vectors = torch.linalg.eigh(moment)
    values = values[-rank:].flip(0).clamp_min(values[-1] * 1e-12)
    rows: Tensor = vectors[:, -rank:].flip(1).T
    largest = rows.gather(1, rows.abs().argmax(1, keepdim=True))
    rows = rows * largest.sign()
    wanted = rank / len(moment) * moment.trace()
    factor: Tensor = torch.ones_like(values)
    if scale == "matched":
        factor = factor * (wanted / values.sum()).sqrt()
    elif scale == "whitened":
        factor = (wanted / rank / values).sqrt()
    return rows * factor.unsqueeze(1)


def better_factor(statistics: LayerStatistics) -> Factor:
    """Choose the factor to train at an equal number of trained parameters: "B" or "A".

    In least squares with inputs of covariance Σ and wanted change Δ a random frozen A leaves B
    the gain r tr(ΔΣ²Δᵀ) / tr Σ from r d_out parameters, a random frozen B leaves A the gain
    (r / d_out) tr(ΔΣΔᵀ) from r d_in. So B wins if d_in tr(ΔΣ²Δᵀ) ≥ tr Σ tr(ΔΣΔᵀ). The gradient
    of the weight stands in for Δ.
    """
    sigma, delta = statistics.moment, statistics.gradient
    assert delta is not None
    once = delta @ sigma
    gain_b = sigma.shape[0] * once.square().sum()
    gain_a = sigma.trace() * (once * delta).sum()
    return "B" if gain_b >= gain_a else "A"
