"""Data and peers that the benchmarks share."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from geoframe_cfdm.sampling.sampler import ClosedFormDiffusion


def mnist_images() -> tuple[Tensor, Tensor]:
    """MNIST training images ``(20000, 28, 28)`` and labels."""
    with np.load(Path(os.environ["GEOFRAME_DATA"]) / "mnist" / "mnist28.npz") as file:
        return torch.from_numpy(file["train_x"]), torch.from_numpy(file["train_y"].astype(int))


def mnist(n: int = 60_000) -> Tensor:
    """MNIST training images ``(n, 784)`` float32; those beyond the stored 20,000 are shifted by
    one pixel, so that all are distinct."""
    images, _ = mnist_images()
    shifts = [images, images.roll(1, 1), images.roll(1, 2), images.roll(-1, 1)]
    return torch.cat(shifts)[:n].reshape(-1, 784).float()


def cpu_seconds(job: Callable[[], object], repeats: int = 2) -> float:
    """Least process CPU time of a job."""
    best = float("inf")
    for _ in range(repeats):
        started = time.process_time()
        job()
        best = min(best, time.process_time() - started)
    return best


def start(sampler: ClosedFormDiffusion, batch: int) -> tuple[Tensor, Tensor, Tensor]:
    """Standardised points, initial states and perturbations, as the sampler draws them."""
    from geoframe_cfdm.sampling.noise import SampleNoise

    assert sampler.points.all is not None
    noise = SampleNoise(0, 0, batch, sampler.points.dim, sampler._policy())
    z, perturbations = noise.initial(), noise.perturbations()
    assert perturbations is not None
    return sampler.points.all, z, perturbations


def plain(points: Tensor, z: Tensor, perturbations: Tensor, steps: int, *, average: bool) -> Tensor:
    """Plain batched code: products with the perturbations once, then per step one product for the
    logits, and one for the mean: of each perturbation, or of their weights if these are averaged.
    """
    half = points.square().sum(1) / 2
    m = perturbations.shape[1]
    tables = [perturbations[:, k] @ points.T for k in range(m)]
    z = z.clone()
    for n in range(steps):
        t = n / steps
        c = t / (1 - t) ** 2
        products = z @ points.T
        weights = (torch.softmax(c * (products + table - t * half), 1) for table in tables)
        if average:
            mean = (sum(weights) / m) @ points
        else:
            mean = torch.stack([each @ points for each in weights]).mean(0)
        z += (mean - z) / steps / (1 - t)
    return z


def naive_evaluation(points: Tensor, q: Tensor, t: float) -> Tensor:
    """One mean for one perturbed state ``(d,)``, by broadcasting."""
    squares = ((q - t * points) ** 2).sum(1)
    weights = torch.softmax(-squares / (2 * (1 - t) ** 2), 0)
    return (weights[:, None] * points).sum(0)
