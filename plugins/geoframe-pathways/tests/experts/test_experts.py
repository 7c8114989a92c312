from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from geoframe_pathways.experts.shape import Activation, ExpertShape, width_for
from geoframe_pathways.experts.task import ExpertTask, make_task

shapes = st.builds(
    ExpertShape,
    inputs=st.integers(1, 5),
    outputs=st.integers(1, 3),
    width=st.integers(1, 7),
    hidden=st.integers(1, 3),
    activation=st.sampled_from(["prelu", "relu"]),
)


def as_module(shape: ExpertShape, parameters: torch.Tensor) -> nn.Sequential:
    """Return one expert as torch layers, copied piece by piece."""
    pieces = list(parameters.split(list(shape.sizes)))
    layers: list[nn.Module] = []
    for index, (fan_in, fan_out) in enumerate(shape.layers):
        linear = nn.Linear(fan_in, fan_out)
        linear.weight.data = pieces.pop(0).view(fan_in, fan_out).T
        linear.bias.data = pieces.pop(0)
        layers.append(linear)
        if index < shape.hidden:
            activation: nn.Module = nn.ReLU()
            if shape.activation == "prelu":
                activation = nn.PReLU()
                activation.weight.data = pieces.pop(0)
            layers.append(activation)
    assert not pieces
    return nn.Sequential(*layers)


@given(shape=shapes, seed=st.integers(0, 2**63 - 1))
def test_a_row_is_the_mlp_it_says(shape: ExpertShape, seed: int) -> None:
    parameters = torch.stack([shape.initial(seed, expert) for expert in range(3)])
    assert parameters.shape == (3, shape.parameters)
    u = torch.randn(3, 4, shape.inputs)
    stacked = shape.forward(parameters, u)
    for expert in range(3):
        module = as_module(shape, parameters[expert])
        assert sum(p.numel() for p in module.parameters()) == shape.parameters
        torch.testing.assert_close(stacked[expert], module(u[expert]), atol=1e-5, rtol=1e-4)


@given(shape=shapes)
def test_a_single_query_takes_the_same_way(shape: ExpertShape) -> None:
    parameters = shape.initial(0, 0)
    centre, inverse_scale = torch.randn(shape.inputs), torch.tensor([2.5])
    row = torch.cat([centre, inverse_scale, parameters]).numpy()
    x = torch.randn(6, shape.inputs)
    expected = shape.forward(parameters[None], ((x - centre) * inverse_scale)[None])[0]
    np.testing.assert_allclose(shape.apply_row(row, x.numpy()), expected, atol=1e-5, rtol=1e-4)


def test_initial_parameters_depend_on_seed_and_id_alone() -> None:
    shape = ExpertShape(inputs=3, outputs=1, width=8, hidden=2)
    assert torch.equal(shape.initial(7, 3), shape.initial(7, 3))
    assert not torch.equal(shape.initial(7, 3), shape.initial(7, 4))
    assert not torch.equal(shape.initial(7, 3), shape.initial(8, 3))
    first_layer = shape.initial(7, 3)[: 3 * 8]
    assert first_layer.abs().max() <= 3**-0.5


@given(
    parameters=st.integers(50, 200_000),
    hidden=st.integers(1, 4),
    activation=st.sampled_from(["prelu", "relu"]),
)
def test_width_for_comes_as_close_as_any_width(
    parameters: int, hidden: int, activation: Activation
) -> None:
    def size(width: int) -> int:
        return ExpertShape(
            inputs=5, outputs=1, width=width, hidden=hidden, activation=activation
        ).parameters

    shape = ExpertShape(inputs=5, outputs=1, width=1, hidden=hidden, activation=activation)
    found = width_for(parameters, shape)
    error = abs(size(found) - parameters)
    assert error <= abs(size(found + 1) - parameters)
    assert found == 1 or error <= abs(size(found - 1) - parameters)


def test_every_row_comes_equally_often(task: ExpertTask) -> None:
    drawn = task.batches(4, first=0, steps=30, size=20)  # 600 draws of 60 rows
    rows, counts = np.unique(drawn, return_counts=True)
    assert set(rows) == set(task.rows_of(4))
    assert set(counts) == {10}


@given(first=st.integers(0, 50), steps=st.integers(1, 40), size=st.integers(1, 130))
def test_batches_do_not_depend_on_how_they_are_cut(first: int, steps: int, size: int) -> None:
    task = make_task(
        shape=ExpertShape(inputs=1, outputs=1, width=2, hidden=1),
        loss="squared",
        seed=1,
        inputs=np.arange(100, dtype=np.float32)[:, None],
        targets=np.zeros((100, 1), dtype=np.float32),
        members=[np.arange(30), np.arange(30, 100)],
    )
    whole = task.batches(1, 0, first + steps, size)
    np.testing.assert_array_equal(task.batches(1, first, steps, size), whole[first:])


def test_a_task_survives_a_journey(task: ExpertTask) -> None:
    again = ExpertTask.from_bytes(task.to_bytes())
    assert again.shape == task.shape
    assert (again.loss, again.seed, again.experts) == (task.loss, task.seed, task.experts)
    for name in ("inputs", "targets", "members", "offsets", "centres", "inverse_scales"):
        assert torch.equal(getattr(again, name), getattr(task, name))


def test_cells_are_centred_and_of_unit_size(task: ExpertTask) -> None:
    for cell in range(task.experts):
        rows = torch.from_numpy(task.rows_of(cell))
        u = task.localise(task.inputs[rows][None], torch.tensor([cell]))[0]
        torch.testing.assert_close(u.mean(dim=0), torch.zeros(3), atol=1e-5, rtol=0)
        assert (
            u.norm(dim=1).mean().item() / 3**0.5 == 1.0
            or abs(u.norm(dim=1).mean().item() - 3**0.5) < 1e-4
        )
