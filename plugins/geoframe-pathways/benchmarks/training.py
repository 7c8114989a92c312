"""CPU time of one training step: the stacked engine against a loop over modules and a dense net.

Run: OMP_NUM_THREADS=1 python training.py
"""

from __future__ import annotations

import numpy as np
import torch
from timing import cpu_seconds
from torch import nn
from torch.optim import Adam, AdamW

from geoframe_pathways.experts.shape import ExpertShape, width_for
from geoframe_pathways.experts.task import make_task
from geoframe_pathways.trainers.block import advance, beginning, blocks_of
from geoframe_pathways.trainers.config import StackedConfig

STEPS = 32
ROWS = 64
CELL = 640
"""Rows of a cell."""


def mlp(shape: ExpertShape) -> nn.Sequential:
    layers: list[nn.Module] = []
    for fan_in, fan_out in shape.layers:
        layers += [nn.Linear(fan_in, fan_out), nn.PReLU()]
    return nn.Sequential(*layers[:-1])


def stacked(experts: int, shape: ExpertShape) -> float:
    """Seconds of a step of the engine, drawing its batches included."""
    random = np.random.default_rng(0)
    rows = experts * CELL
    task = make_task(
        shape=shape,
        loss="squared",
        seed=0,
        inputs=random.normal(size=(rows, shape.inputs)).astype(np.float32),
        targets=random.normal(size=(rows, 1)).astype(np.float32),
        members=list(np.arange(rows).reshape(experts, CELL)),
    )
    options = StackedConfig(batch_size=experts * ROWS, expert_batch=ROWS)
    starts = [(block, beginning(task, block)) for block in blocks_of(task, options.block)]

    def step() -> None:
        for block, state in starts:
            advance(task, block, state, options, STEPS)

    return cpu_seconds(step, repeats=1, measurements=3) / STEPS


def looped(experts: int, shape: ExpertShape) -> float:
    """Seconds of a step that loops over modules, each with an optimizer of its own."""
    modules = [mlp(shape) for _ in range(experts)]
    optimizers = [Adam(module.parameters()) for module in modules]
    x, y = torch.randn(experts, ROWS, shape.inputs), torch.randn(experts, ROWS, 1)

    def step() -> None:
        for expert, (module, optimizer) in enumerate(zip(modules, optimizers, strict=True)):
            optimizer.zero_grad()
            nn.functional.mse_loss(module(x[expert]), y[expert]).backward()
            optimizer.step()

    return cpu_seconds(step, repeats=2, measurements=3)


def dense(experts: int, shape: ExpertShape) -> float:
    """Seconds of a step of one network with as many parameters, on as many rows."""
    width = width_for(experts * shape.parameters, shape)
    module = mlp(ExpertShape(inputs=shape.inputs, outputs=1, width=width, hidden=shape.hidden))
    optimizer = AdamW(module.parameters(), fused=True)
    x, y = torch.randn(experts * ROWS, shape.inputs), torch.randn(experts * ROWS, 1)

    def step() -> None:
        optimizer.zero_grad()
        nn.functional.mse_loss(module(x), y).backward()
        optimizer.step()

    return cpu_seconds(step, repeats=1, measurements=2)


def main() -> None:
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    print(f"{'experts x width, inputs':26} stacked    loop  dense   loop/stacked  dense/stacked")
    for experts, width, inputs in ((16, 64, 8), (64, 64, 8), (256, 32, 8)):
        shape = ExpertShape(inputs=inputs, outputs=1, width=width, hidden=2)
        ours, loop, one = (1e3 * measure(experts, shape) for measure in (stacked, looped, dense))
        print(
            f"{experts:4} x {width:3}, {inputs:3}           {ours:8.1f} {loop:7.1f} {one:6.1f} ms"
            f" {loop / ours:10.1f} {one / ours:14.1f}"
        )


if __name__ == "__main__":
    main()
