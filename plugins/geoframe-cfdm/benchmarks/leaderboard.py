"""Training-free denoisers on the same data, steps and noise: what they draw, and how they denoise.

    GEOFRAME_DATA=... python leaderboard.py mnist        # or cifar10; --items 4000 --samples 200

KID and recall compare with held-out images on features of a classifier that is trained here on the
training images; DupRate is the share of samples nearer to a training image than 99 % of these are
to another. "Denoising error at t" is the mean square error per pixel on held-out images at time t,
in units of the pixels' variance: 1 is what the mean image would get, lower is better.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import torch
from jobs import mnist_images
from torch import Tensor

from geoframe import Sampler
from geoframe.training.gradient import GradientTrainer
from geoframe_cfdm.baselines.samplers import Optimal, PCALocality, Sibling, Wiener
from geoframe_cfdm.config import EvaluationConfig
from geoframe_cfdm.datasets.stored import CIFAR10
from geoframe_cfdm.engines.points import Points
from geoframe_cfdm.features import Features, make_features
from geoframe_cfdm.latents.pca import PCA
from geoframe_cfdm.latents.sampler import LatentSampler
from geoframe_cfdm.metrics import duplicate_rate, kernel_distance, recall
from geoframe_cfdm.sampling.distances import nearest_points, spacing_of
from geoframe_cfdm.sampling.sampler import ClosedFormDiffusion
from geoframe_cfdm.sampling.standardize import fit_standardizer

TIMES = (0.3, 0.5, 0.7)
DENOISED = 64
LATENTS = 32


def images(name: str, count: int) -> tuple[Tensor, Tensor]:
    """Images ``(count, h, w[, 3])`` and labels; CIFAR-10 at 16 x 16, since pca-locality is slow."""
    if name == "mnist":
        data, labels = mnist_images()
        return data[:count].float(), labels[:count]
    items = CIFAR10(count=count, size=16).load()
    assert items.labels is not None
    return torch.from_numpy(items.data).float(), torch.from_numpy(items.labels)


def samplers(data: Tensor, steps: int) -> dict[str, Sampler]:
    """What competes; all take the same Euler steps."""
    axes = PCA(data[0].numel(), LATENTS)
    axes.prepare(data.flatten(1), GradientTrainer(), None)
    whitened = ClosedFormDiffusion(steps=steps, standardize="whiten", sigma_relative=0.4)
    return {
        "closed-form (M = 2, sigma_relative 0.15)": ClosedFormDiffusion(
            steps=steps, perturbations=2, sigma_relative=0.15
        ),
        "closed-form (smoothed, sigma auto)": ClosedFormDiffusion(steps=steps),
        "closed-form (smoothed, sigma_relative 0.4)": ClosedFormDiffusion(
            steps=steps, sigma_relative=0.4
        ),
        f"closed-form in {LATENTS} whitened principal axes": LatentSampler(whitened, axes),
        "closed-form (exact, sigma 0)": ClosedFormDiffusion(steps=steps, sigma=0.0),
        "optimal (K = 2000)": Optimal(steps=steps, nearest=2000),
        "optimal (K = 200)": Optimal(steps=steps, nearest=200),
        "wiener": Wiener(steps=steps),
        "pca-locality": PCALocality(steps=steps),
    }


def denoising_errors(sampler: Sampler, held_out: Tensor) -> list[float | None]:
    """Mean square error at each of TIMES, in units of the variance; None without a denoiser."""
    denoise: Callable[[Tensor, float], Tensor]
    if isinstance(sampler, ClosedFormDiffusion):
        denoise = sampler.posterior_mean(n=len(held_out))
    elif isinstance(sampler, Sibling):
        denoise = sampler.denoiser
    else:
        return [None] * len(TIMES)
    x = sampler.standardizer.forward(held_out.flatten(1))
    noise = torch.randn(x.shape, generator=torch.Generator().manual_seed(0))
    return [float((denoise(t * x + (1 - t) * noise, t) - x).square().mean()) for t in TIMES]


def measures(drawn: Tensor, held_out: Tensor, features: Features, points: Points) -> list[float]:
    """KID, recall and DupRate of samples."""
    ours, real = features(drawn), features(held_out)
    distance, _ = nearest_points(points, points.standardizer.forward(drawn.flatten(1)), 1)
    return [
        kernel_distance(ours, real),
        recall(ours, real),
        duplicate_rate(distance[:, 0], spacing_of(points).low),
    ]


def main() -> None:
    """Draw with each sampler and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data", choices=["mnist", "cifar10"])
    parser.add_argument("--items", type=int, default=4000)
    parser.add_argument("--samples", type=int, default=200)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--skip", nargs="*", default=[], help="beginnings of names to leave out")
    options = parser.parse_args()
    torch.set_num_threads(1)
    data, labels = images(options.data, options.items + 1000)
    train, held_out = data[: options.items], data[options.items :]
    config = EvaluationConfig(features="classifier", feature_dim=64)
    features, name = make_features(train, labels[: options.items], config, seed=0)
    flat = train.flatten(1)
    points = Points(flat, fit_standardizer(flat, "scale"))
    title = f"{options.items} images of {options.data}, {tuple(data.shape[1:])}"
    print(f"{title}, {options.samples} samples, {options.steps} steps; features: {name}\n")
    head = ["denoiser", "KID", "recall", "DupRate", *(f"error at {t:g}" for t in TIMES), "CPU-ms"]
    print("| " + " | ".join(head) + " |\n|" + " --- |" * len(head))
    real = measures(train[: options.samples], held_out, features, points)
    print(f"| training images | {_cells(real)} | - | - | - | - |", flush=True)
    for label, sampler in samplers(train, options.steps).items():
        if label.startswith(tuple(options.skip)):
            continue
        sampler.fit(train)
        sampler.draw(1, seed=1)  # builds what is built once
        started = time.process_time()
        drawn = sampler.draw(options.samples, seed=0)["items"]
        taken = 1000 * (time.process_time() - started) / options.samples
        found = measures(drawn, held_out, features, points)
        errors = denoising_errors(sampler, held_out[:DENOISED])
        print(f"| {label} | {_cells(found)} | {_cells(errors)} | {taken:.1f} |", flush=True)


def _cells(values: list[float] | list[float | None]) -> str:
    return " | ".join("-" if value is None else f"{value:.3f}" for value in values)


if __name__ == "__main__":
    main()
