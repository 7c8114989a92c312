"""Experts: small MLPs of one shape, each a row of one matrix."""

from __future__ import annotations

from functools import cached_property
from itertools import accumulate, pairwise
from typing import Literal

import attrs
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

Activation = Literal["prelu", "relu"]

PRELU_START = 0.25
"""Slope of a PReLU for negative inputs before training."""


@attrs.frozen(kw_only=True)
class ExpertShape:
    """Layout of one expert: an MLP with ``hidden`` hidden layers of equal width.

    An expert is a row of ``row_size`` numbers: its cell's centre (``inputs``), one over its
    cell's scale (1), then per layer the weight matrix ``(in, out)`` row by row, the bias
    ``(out,)`` and, for a PReLU, the slope of the activation that follows.
    """

    inputs: int
    outputs: int
    width: int
    hidden: int
    activation: Activation = "prelu"

    @property
    def layers(self) -> tuple[tuple[int, int], ...]:
        """(in, out) features of each layer."""
        widths = [self.inputs, *[self.width] * self.hidden, self.outputs]
        return tuple(pairwise(widths))

    @property
    def sizes(self) -> tuple[int, ...]:
        """Lengths of the consecutive pieces that the trained part of a row consists of."""
        found: list[int] = []
        for index, (fan_in, fan_out) in enumerate(self.layers):
            found += [fan_in * fan_out, fan_out]
            if self.activation == "prelu" and index < self.hidden:
                found.append(1)
        return tuple(found)

    @property
    def parameters(self) -> int:
        """Trained numbers of one expert."""
        return sum(self.sizes)

    @property
    def row_size(self) -> int:
        """Numbers of one row: centre, one over scale, parameters."""
        return self.inputs + 1 + self.parameters

    def initial(self, seed: int, expert: int) -> Tensor:
        """Untrained parameters ``(parameters,)`` of one expert, a function of seed and id alone.

        Weights and biases are uniform in +-1/sqrt(fan_in); slopes are 0.25.
        """
        random = np.random.Generator(np.random.Philox(key=[seed, expert]))
        pieces = []
        for index, (fan_in, fan_out) in enumerate(self.layers):
            bound = fan_in**-0.5
            pieces.append(random.uniform(-bound, bound, (fan_in + 1) * fan_out))
            if self.activation == "prelu" and index < self.hidden:
                pieces.append(np.full(1, PRELU_START))
        return torch.from_numpy(np.concatenate(pieces).astype(np.float32))

    def forward(self, parameters: Tensor, u: Tensor) -> Tensor:
        """Apply ``e`` experts to ``b`` inputs each.

        Parameters
        ----------
        parameters
            ``(e, parameters)``.
        u
            Inputs ``(e, b, inputs)``, centred and scaled by cell.

        Returns
        -------
        Tensor
            ``(e, b, outputs)``.
        """
        # One split, not many slices: its backward pass writes the gradient matrix only once.
        pieces = iter(torch.split(parameters, list(self.sizes), dim=1))
        for index, (fan_in, fan_out) in enumerate(self.layers):
            weight = next(pieces).view(-1, fan_in, fan_out)
            u = torch.baddbmm(next(pieces).unsqueeze(1), u, weight)
            if index < self.hidden:
                if self.activation == "prelu":
                    # One channel per expert: torch's fused kernel for slopes by channel.
                    u = functional.prelu(u.unsqueeze(0), next(pieces).squeeze(1)).squeeze(0)
                else:
                    u = u.relu()
        return u

    def apply_row(self, row: NDArray[np.float32], x: NDArray[np.float32]) -> NDArray[np.float32]:
        """Apply one expert, given as a whole row, to inputs ``(b, inputs)`` -> ``(b, outputs)``.

        This is the path of a single query; numpy needs a third of torch's time for it.
        """
        n = self.inputs
        u: NDArray[np.float32] = (x - row[:n]) * row[n]
        for weight, shape, bias, slope in self._places:
            u = u @ row[weight].reshape(shape)
            u += row[bias]
            if slope is not None:
                a = row[slope] if slope else np.float32(0)
                # A (P)ReLU is the larger of u and a u, or for slopes above one the smaller.
                u = np.maximum(u, a * u) if a <= 1 else np.minimum(u, a * u)
        return u

    @cached_property
    def _places(self) -> list[tuple[slice, tuple[int, int], slice, int | None]]:
        """Where in a row each layer's weights and bias are, and the slope that follows.

        No slope is None; 0 stands for a ReLU, which has none in the row.
        """
        bounds = pairwise(accumulate(self.sizes, initial=self.inputs + 1))
        pieces = iter([slice(*bound) for bound in bounds])
        found: list[tuple[slice, tuple[int, int], slice, int | None]] = []
        for index, shape in enumerate(self.layers):
            weight, bias = next(pieces), next(pieces)
            slope = None
            if index < self.hidden:
                slope = next(pieces).start if self.activation == "prelu" else 0
            found.append((weight, shape, bias, slope))
        return found


def width_for(parameters: int, shape: ExpertShape) -> int:
    """Width at which a network of ``shape`` has as nearly as possible so many parameters."""
    low, high = 1, 1
    while attrs.evolve(shape, width=high).parameters < parameters:
        high *= 2
    while high - low > 1:
        middle = (low + high) // 2
        if attrs.evolve(shape, width=middle).parameters <= parameters:
            low = middle
        else:
            high = middle
    return min(
        (low, high), key=lambda width: abs(attrs.evolve(shape, width=width).parameters - parameters)
    )
