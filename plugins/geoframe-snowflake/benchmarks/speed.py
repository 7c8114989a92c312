"""Forward and backward time of the trainable distances, against the formula written out.

``OMP_NUM_THREADS=1 python benchmarks/speed.py``: CPU milliseconds, the best of several rounds.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from geoframe.geometry import Geometry
from geoframe_snowflake.snowflake import Snowflake
from geoframe_snowflake.snowflake_v2 import SnowflakeV2

EDGES, DIM, HIDDEN, ROUNDS, REPEATS = 1102, 2, 10, 40, 25


class WrittenOut(nn.Module):
    """Version 2 as its formula reads: two powers and a selection, matrix by matrix."""

    def __init__(self) -> None:
        super().__init__()
        shapes = [(DIM, HIDDEN), (HIDDEN, HIDDEN), (HIDDEN, HIDDEN), (HIDDEN, 1)]
        self.raw = nn.ParameterList(torch.rand(shape) / (shape[0] * shape[1]) for shape in shapes)
        self.residual = nn.ParameterList(torch.tensor(0.1) for _ in shapes)
        self.exponents = nn.ParameterList(torch.tensor([1e-6, 1e-3]) for _ in range(5))

    def sigma(self, u: Tensor, layer: int) -> Tensor:
        """Signed power of one layer."""
        small, large = 1 + self.exponents[layer].abs()
        return u.sign() * torch.where(u.abs() < 1, u.abs() ** small, u.abs() ** large)

    def distance(self, x: Tensor, y: Tensor) -> Tensor:
        """Distance of points ``(n, DIM)`` -> ``(n,)``."""
        u = (self.sigma(x, 0) - self.sigma(y, 0)).abs()
        for layer, (raw, residual) in enumerate(zip(self.raw, self.residual, strict=True)):
            weight = raw.abs() + residual.abs() * torch.eye(*raw.shape)
            u = self.sigma(u, layer + 1) @ weight
        return u.squeeze(-1)


def best_of_rounds(steps: dict[str, Callable[[], None]]) -> dict[str, float]:
    """CPU milliseconds of each step; rounds take turns, so that a busy machine slows all alike."""
    best = dict.fromkeys(steps, float("inf"))
    for _ in range(ROUNDS):
        for name, step in steps.items():
            start = time.process_time()
            for _ in range(REPEATS):
                step()
            best[name] = min(best[name], 1e3 * (time.process_time() - start) / REPEATS)
    return best


def main() -> None:
    torch.manual_seed(0)
    x, y = (torch.randn(EDGES, DIM, requires_grad=True) for _ in range(2))
    target = torch.rand(EDGES)
    models: dict[str, WrittenOut | Geometry] = {
        "version 2, formula written out": WrittenOut(),
        "snowflake-v2, exponent ge1": SnowflakeV2(dim=DIM),
        "snowflake-v2, exponent free": SnowflakeV2(dim=DIM, exponent="free"),
        "snowflake": Snowflake(dim=DIM),
    }

    def step_of(model: WrittenOut | Geometry) -> Callable[[], None]:
        def step() -> None:
            loss = (model.distance(x, y) - target).square().mean()
            torch.autograd.grad(loss, [x, y, *model.parameters()])

        return step

    print(f"{EDGES} pairs in {DIM} dimensions, loss and gradients, CPU ms")
    times = best_of_rounds({name: step_of(model) for name, model in models.items()})
    for name, milliseconds in times.items():
        print(f"{name:32s}{milliseconds:8.2f}")


if __name__ == "__main__":
    main()
