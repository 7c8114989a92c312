"""The written-out gradient beside automatic differentiation."""

from __future__ import annotations

import pytest
import torch

from geoframe_pathways.experts.gradient import StackGradient
from geoframe_pathways.experts.objective import loss_per_expert
from geoframe_pathways.experts.shape import Activation, ExpertShape
from geoframe_pathways.experts.task import Loss


@pytest.mark.parametrize("activation", ["prelu", "relu"])
@pytest.mark.parametrize(
    ("loss", "inputs", "outputs", "width", "hidden"),
    [
        ("squared", 3, 1, 7, 2),
        ("squared", 1, 1, 1, 3),
        ("squared", 4, 2, 5, 1),
        ("cross-entropy", 3, 4, 6, 2),
    ],
)
def test_it_is_what_automatic_differentiation_gives(
    loss: Loss, inputs: int, outputs: int, width: int, hidden: int, activation: Activation
) -> None:
    shape = ExpertShape(
        inputs=inputs, outputs=outputs, width=width, hidden=hidden, activation=activation
    )
    random = torch.Generator().manual_seed(0)
    parameters = torch.stack([shape.initial(0, expert) for expert in range(3)]).double()
    losses_and_gradient = StackGradient(shape, loss, parameters, 9)
    for _ in range(2):  # the second time over memory that was used, and other parameters
        u = torch.randn(3, 9, inputs, generator=random, dtype=torch.float64)
        if loss == "squared":
            y = torch.randn(3, 9, outputs, generator=random, dtype=torch.float64)
        else:
            y = torch.randint(0, outputs, (3, 9), generator=random)
        followed = parameters.clone().requires_grad_()
        expected = loss_per_expert(loss, shape.forward(followed, u), y)
        expected.sum().backward()
        torch.testing.assert_close(losses_and_gradient(u, y), expected.detach())
        torch.testing.assert_close(losses_and_gradient.gradient, followed.grad)
        parameters.add_(torch.randn(parameters.shape, generator=random, dtype=torch.float64))
