"""An EGNN on the five charged particles, for as many steps as ``geoframe reproduce`` trains.

    GEOFRAME_DATA=FOLDER python egnn.py [--steps 1500] [--seeds 3]

The cheap rival of ``geoframe reproduce cgenn --table particles-short``: an equivariant network of
distances and differences (Satorras et al. 2021, equations 3 to 7, with velocities), written here
from the paper; same data, batches of 100, same schedule of warm-up and cosine.
"""

from __future__ import annotations

import argparse
import math
import time

import numpy as np
import torch
from torch import Tensor, nn

from geoframe_cgenn.datasets.charged import PARTICLES, ChargedParticles
from geoframe_cgenn.models.particles import particles
from geoframe_cgenn.sets import VectorSets

BATCH = 100
RATES = (5e-4, 1e-3, 4e-3)
"""Learning rates to choose from by the validation error."""


def perceptron(inputs: int, width: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, width), nn.SiLU(), nn.Linear(width, outputs))


class Layer(nn.Module):
    """Messages from distances, then velocities, positions and features."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.message = nn.Sequential(perceptron(2 * width + 2, width, width), nn.SiLU())
        self.push = perceptron(width, width, 1)
        self.keep = perceptron(width, width, 1)
        self.update = perceptron(2 * width, width, width)
        nn.init.xavier_uniform_(self.push[2].weight, gain=1e-3)

    def forward(
        self, h: Tensor, x: Tensor, v: Tensor, ends: tuple[Tensor, Tensor], charge: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Features ``(r, width)``, positions, velocities ``(r, 3)``, products of charges."""
        receivers, senders = ends
        apart = x[receivers] - x[senders]
        square = apart.square().sum(dim=1, keepdim=True)
        message = self.message(torch.cat([h[receivers], h[senders], square, charge], dim=1))
        pushed = torch.zeros_like(x).index_add(0, receivers, apart * self.push(message))
        v = self.keep(h) * v + pushed / (PARTICLES - 1)
        heard = torch.zeros_like(h).index_add(0, receivers, message)
        return h + self.update(torch.cat([h, heard], dim=1)), x + v, v


class EGNN(nn.Module):
    """Four layers of 64 features; the speed of each particle is what they start from."""

    def __init__(self, width: int = 64, layers: int = 4) -> None:
        super().__init__()
        self.start = nn.Linear(1, width)
        self.layers = nn.ModuleList(Layer(width) for _ in range(layers))

    def forward(self, vectors: Tensor, charges: Tensor) -> Tensor:
        """``(r, 2, 3)``, ``(r, 1)`` -> how far each particle moves ``(r, 3)``."""
        sizes = torch.full((len(vectors) // PARTICLES,), PARTICLES)
        rows = particles(charges, vectors, sizes, pairs=True)
        ends = rows.receivers, rows.senders
        first, v = vectors.unbind(dim=1)
        x, h = first, self.start(v.norm(dim=1, keepdim=True))
        for layer in self.layers:
            h, x, v = layer(h, x, v, ends, charges[ends[0]] * charges[ends[1]])
        return x - first


def tensors(sets: VectorSets) -> tuple[Tensor, Tensor, Tensor]:
    """Vectors, charges and targets, a row a particle."""
    assert sets.targets is not None
    vectors, charges = torch.from_numpy(sets.vectors), torch.from_numpy(sets.scalars)
    return vectors.float(), charges.float(), torch.from_numpy(sets.targets).float()


@torch.no_grad()
def error(model: EGNN, sets: VectorSets) -> float:
    """Mean squared error."""
    vectors, charges, targets = tensors(sets)
    return float((model(vectors, charges) - targets).square().mean())


def trained(sets: VectorSets, steps: int, rate: float, seed: int) -> EGNN:
    torch.manual_seed(seed)
    model = EGNN()
    vectors, charges, targets = (each.unflatten(0, (-1, PARTICLES)) for each in tensors(sets))
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=1e-4)
    warmup = max(1, steps // 64)

    def factor(step: int) -> float:
        return min((step + 1) / warmup, (1 + math.cos(math.pi * step / steps)) / 2)

    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
    for _ in range(steps):
        batch = torch.randperm(len(vectors))[:BATCH]
        found = model(vectors[batch].flatten(0, 1), charges[batch].flatten(0, 1))
        loss = (found - targets[batch].flatten(0, 1)).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(1)
    sets = ChargedParticles().load()
    train, validation, test = (sets.part(name) for name in ("train", "validation", "test"))
    begun, found = time.process_time(), {}
    for rate in RATES:
        found[rate] = error(trained(train, options.steps, rate, 0), validation)
        print(f"learning rate {rate:g}: validation MSE {found[rate]:.5f}", flush=True)
    rate = min(found, key=lambda each: found[each])
    errors = [
        error(trained(train, options.steps, rate, seed), test) for seed in range(options.seeds)
    ]
    count = sum(each.numel() for each in EGNN().parameters())
    print(
        f"EGNN, {count} parameters, {options.steps} steps at {rate:g}: test MSE "
        f"{np.mean(errors):.5f} (from {min(errors):.5f} to {max(errors):.5f}, "
        f"{options.seeds} seeds), {time.process_time() - begun:.0f} CPU s in all"
    )


if __name__ == "__main__":
    main()
