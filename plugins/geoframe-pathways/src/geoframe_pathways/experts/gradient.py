"""Losses of a stack of experts and their gradient, written out, in memory that is used again."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor
from torch.nn import functional

from geoframe_pathways.experts.shape import ExpertShape
from geoframe_pathways.experts.task import Loss


@attrs.frozen(eq=False)
class _Layer:
    """Views of one layer's parameters in the matrix of all experts, or of their gradient."""

    weight: Tensor
    """``(e, in, out)``."""
    bias: Tensor
    """``(e, out)``."""
    slope: Tensor | None
    """``(e, 1)``, of the PReLU that follows."""


class StackGradient:
    """Computes the losses of ``e`` experts on ``b`` rows each, and the gradient of their sum.

    It is what automatic differentiation of :meth:`ExpertShape.forward` gives, to rounding. For
    experts this small most of that time went into bookkeeping and into fresh memory, which the
    system hands out page by page: written out it takes a third.

    Parameters
    ----------
    shape
        Layout of an expert.
    loss
        What is minimised, in the mean over an expert's rows.
    parameters
        ``(e, parameters)``; read anew each time, so they may be changed in place.
    rows
        Rows ``b`` of one step for each expert.
    """

    def __init__(self, shape: ExpertShape, loss: Loss, parameters: Tensor, rows: int) -> None:
        self.gradient = torch.zeros_like(parameters)
        """Of the sum of the losses, ``(e, parameters)``; each call writes it anew."""
        self._loss = loss
        self._layers = _layers(shape, parameters)
        self._into = _layers(shape, self.gradient)

        def buffers(sizes: list[int]) -> list[Tensor]:
            return [parameters.new_empty(len(parameters), rows, size) for size in sizes]

        hidden = [shape.width] * shape.hidden
        self._before = buffers([*hidden, shape.outputs])
        """What each layer puts out before its activation."""
        self._after = buffers(hidden)
        self._back = buffers(hidden)
        self._scratch = buffers(hidden[:1])[0]

    def __call__(self, u: Tensor, targets: Tensor) -> Tensor:
        """Return the mean loss of each expert ``(e,)``, and write :attr:`gradient`.

        Parameters
        ----------
        u
            Inputs ``(e, b, inputs)``, centred and scaled by cell.
        targets
            Numbers ``(e, b, outputs)``, or classes ``(e, b)``.
        """
        inputs = [u]
        for index, layer in enumerate(self._layers):
            self._apply(layer, inputs[-1], self._before[index])
            if index < len(self._after):
                inputs.append(self._activated(layer, index))
        losses, back = self._at_the_end(targets)
        for index in reversed(range(len(self._layers))):
            self._to_parameters(inputs[index], back, self._into[index])
            if index:
                back = self._to_inputs(back, self._layers[index], self._back[index - 1])
                self._through_activation(back, index - 1)
        return losses

    # Batched products are slow where one side is a single column, as that of the last layer is.

    def _apply(self, layer: _Layer, inputs: Tensor, out: Tensor) -> None:
        if out.shape[2] == 1 and inputs.shape[2] == self._scratch.shape[2]:
            torch.mul(inputs, layer.weight.mT, out=self._scratch)
            torch.sum(self._scratch, dim=2, keepdim=True, out=out).add_(layer.bias.unsqueeze(1))
        else:
            torch.baddbmm(layer.bias.unsqueeze(1), inputs, layer.weight, out=out)

    def _to_parameters(self, inputs: Tensor, back: Tensor, into: _Layer) -> None:
        if back.shape[2] == 1 and inputs.shape[2] == self._scratch.shape[2]:
            torch.mul(inputs, back, out=self._scratch)
            torch.sum(self._scratch, dim=1, out=into.weight.squeeze(2))
        else:
            into.weight.copy_(torch.bmm(inputs.mT, back))
        torch.sum(back, dim=1, out=into.bias)

    def _to_inputs(self, back: Tensor, layer: _Layer, out: Tensor) -> Tensor:
        if back.shape[2] == 1:
            return torch.mul(back, layer.weight.mT, out=out)
        return torch.bmm(back, layer.weight.mT, out=out)

    def _activated(self, layer: _Layer, index: int) -> Tensor:
        before, after = self._before[index], self._after[index]
        torch.clamp(before, min=0.0, out=after)
        if layer.slope is not None:
            negative = torch.clamp(before, max=0.0, out=self._scratch)
            after.addcmul_(negative, layer.slope.unsqueeze(2))
        return after

    def _through_activation(self, back: Tensor, index: int) -> None:
        """Turn the gradient after a hidden layer's activation into that before it, in place."""
        before, slope = self._before[index], self._layers[index].slope
        negative = torch.le(before, 0.0, out=self._scratch).mul_(back)
        if slope is None:
            back.sub_(negative)
            return
        back.addcmul_(negative, (slope - 1.0).unsqueeze(2))
        into = self._into[index].slope
        assert into is not None
        into.copy_(torch.sum(negative.mul_(before), dim=(1, 2)).unsqueeze(1))

    def _at_the_end(self, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Losses ``(e,)``, and the gradient of their sum by the outputs ``(e, b, o)``."""
        outputs = self._before[-1]
        rows = outputs.shape[1]
        if self._loss == "squared":
            residual = outputs.sub_(targets)
            losses = residual.square().mean(dim=(1, 2))
            return losses, residual.mul_(2.0 / (rows * outputs.shape[2]))
        logs = functional.log_softmax(outputs, dim=2)
        chosen = targets.unsqueeze(2)
        losses = -logs.gather(2, chosen).mean(dim=(1, 2))
        shares = logs.exp_()
        shares.scatter_add_(2, chosen, torch.full_like(chosen, -1, dtype=shares.dtype))
        return losses, shares.div_(rows)


def _layers(shape: ExpertShape, matrix: Tensor) -> list[_Layer]:
    """Cut a matrix ``(e, parameters)`` into views of each layer's parameters."""
    pieces = iter(torch.split(matrix, list(shape.sizes), dim=1))
    found = []
    for index, (fan_in, fan_out) in enumerate(shape.layers):
        weight, bias = next(pieces).view(-1, fan_in, fan_out), next(pieces)
        slope = index < shape.hidden and shape.activation == "prelu"
        found.append(_Layer(weight, bias, next(pieces) if slope else None))
    return found
