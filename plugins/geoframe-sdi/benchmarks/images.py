"""Bench A: free images from a small network of digits, without a run: one line a method.

    python benchmarks/images.py PRIOR.safetensors --scale 1 --seed 0 --methods auto,sds,sdi

PRIOR is the file that a run with ``prior.name = "small-unet"`` on scikit-learn's digits keeps.
Steps move images a tenth of the way, 100 times; levels fall linearly. Printed: power of high
frequencies by that of real images and its distance to DDIM's, accuracy of a small classifier,
prior calls and CPU seconds; and at DDIM's images, with levels half-way: variance of the gradient
over its squared mean, residual of the noise that is put in, and its standard deviation.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import torch
from safetensors.torch import load_file
from sklearn.datasets import load_digits
from torch import Tensor

import geoframe
from geoframe_diffusion.ddim import descend
from geoframe_diffusion.guidance import predicted_noise
from geoframe_sdi import ScoreDistillation
from geoframe_sdi.classifier import train_classifier
from geoframe_sdi.measures import high_frequency

STEP, STEPS, IMAGES, DRAWS = 0.1, 100, 20, 8
SHAPE = (1, 8, 8)
LEVELS = {"timing": "linear", "t_max": 0.98, "t_min": 0.02}
METHODS: dict[str, dict[str, Any]] = {
    "auto": {},
    "sds": {},
    "sdi": {},
    "sdi-auto": {"name": "sdi", "inversion_scale": "auto"},
    "sdi-unconditional": {"name": "sdi", "inversion_scale": 0.0},
    "sdi-positive": {"name": "sdi", "inversion_scale": "positive"},
    "sdi-refresh8": {"name": "sdi", "refresh_every": 8},
    "sdi-auto-refresh8": {"name": "sdi", "inversion_scale": "auto", "refresh_every": 8},
    "sdi-half": {"name": "sdi", "true_noise": 0.5},
    "sds-half": {"name": "sds", "noise_scale": 0.5},
    "sds-half-memory": {"name": "sds", "noise_scale": 0.5, "noise_memory": 0.96},
    "sds-0.7-memory": {"name": "sds", "noise_scale": 0.7, "noise_memory": 0.96},
    "ism": {},
}


def loss_of(method: str, prior: Any, scale: float) -> ScoreDistillation:
    options: dict[str, Any] = {"name": method, **LEVELS, **METHODS[method]}
    if options.get("inversion_scale") == "positive":
        options["inversion_scale"] = scale
    given = {"views": IMAGES, "item_shape": SHAPE, "reduction": "sum", "step": STEP}
    return ScoreDistillation(prior, **options, **given, scale=scale)


def distil(loss: ScoreDistillation, prior: Any, labels: Tensor, start: Tensor) -> Tensor:
    sigma = loss.schedule.sigma(loss.levels.highest)
    noisy = sigma * start
    with torch.no_grad():
        images = noisy - sigma * predicted_noise(prior, noisy, sigma, labels, scale=loss.scale)
    for index in range(STEPS):
        leaf = images.clone().requires_grad_()
        loss(leaf, index / STEPS, labels).backward()
        assert leaf.grad is not None
        images = images - STEP * leaf.grad
    return images


@torch.no_grad()
def at_fixed(method: str, prior: Any, scale: float, images: Tensor, labels: Tensor) -> str:
    loss, rows = loss_of(method, prior, scale), torch.arange(len(images))
    pulls = torch.stack([images - loss.step(images, 0.5, labels, None, rows) for _ in range(DRAWS)])
    ratio = float(pulls.var(0).mean() / pulls.mean(0).square().mean())
    told = loss.last
    return (
        f"at sigma {told['sigma']:.2f}: variance {ratio:.4f} residual {told['residual']:.3f} "
        f"noise {told['noise_std']:.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("prior")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--methods", default="auto,sds,sdi")
    parser.add_argument("--fixed", action="store_true", help="nothing is distilled")
    asked = parser.parse_args()
    found = load_digits()
    data = (torch.from_numpy(found.images).float() / 8 - 1)[:, None]
    real = high_frequency(data)
    classifier = train_classifier(data, torch.from_numpy(found.target).long(), 0)
    prior = geoframe.build("sampler", "small-unet").restore(load_file(asked.prior))
    labels = torch.arange(IMAGES) % 10
    start = torch.randn(IMAGES, *SHAPE, generator=torch.Generator().manual_seed(asked.seed))
    levels = loss_of("sds", prior, asked.scale)
    top = levels.schedule.sigma(levels.levels.highest)
    sigmas = levels.schedule.ladder(50, top, levels.schedule.sigmas[0])
    with torch.no_grad():
        ddim = descend(
            lambda noisy, sigma: predicted_noise(prior, noisy, sigma, labels, scale=asked.scale),
            sigmas[0] * start,
            sigmas,
        )
    wanted = high_frequency(ddim) / real
    print(f"scale {asked.scale:g} seed {asked.seed} DDIM HF {wanted:.3f} ", end="")
    print(f"accuracy {classifier.accuracy(ddim, labels):.2f}", flush=True)
    for method in asked.methods.split(","):
        torch.manual_seed(asked.seed)
        where = f"scale {asked.scale:g} seed {asked.seed} {method}"
        if asked.fixed:
            print(f"{where}: {at_fixed(method, prior, asked.scale, ddim, labels)}", flush=True)
            continue
        begun = time.process_time()
        loss = loss_of(method, prior, asked.scale)
        images = distil(loss, prior, labels, start)
        spent = time.process_time() - begun
        ratio = high_frequency(images) / real
        fixed = at_fixed(method, prior, asked.scale, ddim, labels)
        print(
            f"{where}: HF {ratio:.3f} gap {abs(ratio - wanted):.3f} "
            f"accuracy {classifier.accuracy(images, labels):.2f} {fixed} "
            f"calls {float(loss.calls):.0f} cpu {spent:.1f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
