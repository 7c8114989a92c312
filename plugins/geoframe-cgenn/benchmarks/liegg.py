"""The metric of hidden-metric data, learned by geoframe and read off a plain network by LieGG.

    python liegg.py [--seeds 3] [--samples 4000]

LieGG (Moskalev et al. 2022), written here from the paper: a perceptron is trained without any
symmetry, and the Lie algebra of its invariances is the null space of the polarization matrix,
whose rows are sum_v grad_v f (x) v. The generators h of the isometries of M satisfy
h^T M + M h = 0, which gives M up to its scale. Both get the same pairs of vectors; the error is
that of ``geoframe reproduce cgenn --table invariants``.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

import geoframe
from geoframe_cgenn.datasets.invariants import HiddenMetric
from geoframe_cgenn.metric.symmetry import relative_error
from geoframe_cgenn.sets import VectorSets

WIDTH = 256
STEPS = 8000
BATCH = 64
RATES = (1e-3, 3e-3)
"""Learning rates to choose from by the validation error."""

OURS = {"network": "pairs", "channels": 8, "hidden": 128, "replicas": 1, "compare": False}
"""The network of that table."""
TRAINER = {"steps": 1500, "learning_rate": 3e-3, "batch_size": 64, "warmup": 23}


def perceptron(inputs: int) -> nn.Sequential:
    """Three hidden layers; smooth, since gradients are what is asked of it."""
    return nn.Sequential(
        *(nn.Linear(inputs, WIDTH), nn.SiLU(), nn.Linear(WIDTH, WIDTH), nn.SiLU()),
        *(nn.Linear(WIDTH, WIDTH), nn.SiLU(), nn.Linear(WIDTH, 1)),
    )


def tensors(sets: VectorSets) -> tuple[Tensor, Tensor]:
    """Vectors ``(g, v, n)`` and targets ``(g,)`` in float32."""
    assert sets.targets is not None
    return torch.from_numpy(sets.vectors).float(), torch.from_numpy(sets.targets).float()


def trained(sets: VectorSets, rate: float, seed: int) -> nn.Sequential:
    torch.manual_seed(seed)
    vectors, targets = tensors(sets)
    model = perceptron(vectors[0].numel())
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=STEPS)
    for _ in range(STEPS):
        batch = torch.randint(len(vectors), (BATCH,))
        loss = (model(vectors[batch].flatten(1))[:, 0] - targets[batch]).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return model


@torch.no_grad()
def error(model: nn.Sequential, sets: VectorSets) -> float:
    """Mean squared error."""
    vectors, targets = tensors(sets)
    return float((model(vectors.flatten(1))[:, 0] - targets).square().mean())


def generators(model: nn.Sequential, vectors: Tensor) -> Tensor:
    """The n (n - 1) / 2 matrices ``(n, n)`` that change the answers least, singular vectors."""
    count, _, n = vectors.shape
    x = vectors.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(model(x.flatten(1)).sum(), x)
    polarization = torch.einsum("gvi,gvj->gij", gradient, vectors).reshape(count, n * n).double()
    return torch.linalg.svd(polarization, full_matrices=True).Vh[-n * (n - 1) // 2 :].view(-1, n, n)


def kept_form(algebra: Tensor) -> Tensor:
    """Symmetric M of unit norm with the least sum of |h^T M + M h|^2 over the generators h."""
    n = algebra.shape[-1]
    rows, columns = torch.triu_indices(n, n)
    basis = torch.zeros(len(rows), n, n, dtype=algebra.dtype)
    at = torch.arange(len(rows))
    basis[at, rows, columns] = basis[at, columns, rows] = 1.0
    basis /= torch.linalg.matrix_norm(basis)[:, None, None]
    changes = algebra.mT[:, None] @ basis + basis @ algebra[:, None]
    weights = torch.linalg.svd(changes.transpose(0, 1).flatten(1).T).Vh[-1]
    form = torch.einsum("b,bij->ij", weights, basis)
    return form * form.trace().sign()


def report(name: str, errors: list[float], of_metric: list[float], seconds: float) -> None:
    print(
        f"{name:42} test MSE {np.mean(errors):8.4f}   error of M {100 * np.mean(of_metric):6.2f} % "
        f"(at most {100 * max(of_metric):.2f} %)   {seconds / len(errors):6.1f} CPU s a seed",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--samples", type=int, default=4000)
    options = parser.parse_args()
    torch.set_num_threads(1)
    data = HiddenMetric(samples=options.samples)
    sets, true = data.load(), torch.from_numpy(data.matrix())
    train, validation, test = (sets.part(name) for name in ("train", "validation", "test"))

    begun, errors, of_metric = time.process_time(), [], []
    for seed in range(options.seeds):
        models = [trained(train, rate, seed) for rate in RATES]
        best = min(models, key=lambda model: error(model, validation))
        errors.append(error(best, test))
        found = kept_form(generators(best, tensors(train)[0]))
        of_metric.append(relative_error(found, true))
    report("LieGG of a perceptron", errors, of_metric, time.process_time() - begun)

    begun, errors, of_metric = time.process_time(), [], []
    for seed in range(options.seeds):
        config = {
            "seed": seed,
            "data": {"dataset": {"name": "hidden-metric", "samples": options.samples}},
            "cgenn": OURS,
            "trainer": TRAINER,
            "evaluation": {"rivals": []},
        }
        with tempfile.TemporaryDirectory() as folder:
            run = geoframe.run_method("cgenn", config, path=Path(folder) / "run")
            metrics = run.results["metrics"]
        errors.append(float(metrics["test_mse_mean"]))
        of_metric.append(float(metrics["metric_error"]))
    report("geoframe run cgenn, learned metric", errors, of_metric, time.process_time() - begun)


if __name__ == "__main__":
    main()
