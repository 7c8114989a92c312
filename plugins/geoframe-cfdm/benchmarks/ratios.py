"""CPU time of the exact sampler against plain code, all in one process on one thread.

    GEOFRAME_DATA=... python ratios.py [exact] [gram] [faiss] [queries]

Prints ratios; absolute times depend on the machine and are shown for orientation only.
"""

from __future__ import annotations

import sys
from typing import Any

import torch
from jobs import cpu_seconds, mnist, naive_evaluation, plain, start

from geoframe_cfdm.datasets.stored import CIFAR10
from geoframe_cfdm.engines import search
from geoframe_cfdm.sampling.config import NeighborConfig
from geoframe_cfdm.sampling.sampler import ClosedFormDiffusion


def exact() -> None:
    """N = 60,000, d = 784, M = 4, S = 20, B = 64."""
    data = mnist()
    sampler = ClosedFormDiffusion(grid="uniform", memory=4096.0).fit(data)
    points, z, perturbations = start(sampler, 64)
    torch.set_flush_denormal(True)
    sampler.draw(64, seed=0)
    ours = cpu_seconds(lambda: sampler.draw(64, seed=0), 3)
    others = {
        "plain, a product per noise": cpu_seconds(
            lambda: plain(points, z, perturbations, 20, average=False)
        ),
        "plain, weights averaged": cpu_seconds(
            lambda: plain(points, z, perturbations, 20, average=True)
        ),
    }
    one = cpu_seconds(lambda: naive_evaluation(points, z[0] + perturbations[0, 0], 0.5), 3)
    others["naive broadcasting"] = one * 20 * 4 * 64
    checked = ClosedFormDiffusion(
        grid="uniform", memory=4096.0, check_every=1, check_samples=64
    ).fit(data)
    checked.draw(64, seed=0)
    print(f"Exact sampling, N = {len(data)}, d = 784, M = 4, S = 20, B = 64 (MNIST and shifts)")
    print(f"  {'this sampler':28s} {1000 * ours / 64:10.1f} CPU-ms per sample")
    for name, taken in others.items():
        print(f"  {name:28s} {1000 * taken / 64:10.1f}   ratio {taken / ours:8.1f}")
    print("  (naive: one mean was measured, times 20 steps, 4 noises and 64 samples)")
    print(
        "  largest relative error of a mean, every step of every sample, against float64: "
        f"{checked.records.max_relative_error:.1e}"
    )
    print(f"  engines: {sampler.records.engine_steps()}")


def gram() -> None:
    """N = 1000, d = 49,152, M = 4, S = 100, B = 25."""
    images = torch.from_numpy(CIFAR10(count=1000, size=128).load().data)
    options: dict[str, Any] = {
        "steps": 100,
        "grid": "uniform",
        "batch_size": 25,
        "precision": "float32",
        "memory": 4096.0,
    }
    dense = ClosedFormDiffusion(engine="dense", **options).fit(images.float())
    points, z, perturbations = start(dense, 25)
    torch.set_flush_denormal(True)
    others = {
        "plain, a product per noise": cpu_seconds(
            lambda: plain(points, z, perturbations, 100, average=False), 1
        ),
        "plain, weights averaged": cpu_seconds(
            lambda: plain(points, z, perturbations, 100, average=True)
        ),
        "our dense engine": cpu_seconds(lambda: dense.draw(25, seed=0)),
    }
    expected = dense.draw(25, seed=0)["items"]
    reference = plain(points.double(), z.double(), perturbations.double(), 100, average=True)
    print("Gram space, N = 1000, d = 49152, M = 4, S = 100, B = 25 (CIFAR-10 at 128 x 128)")
    for kind, data in (("8-bit data", images), ("float32 data", images.float())):
        ours = ClosedFormDiffusion(engine="gram", **options).fit(data)
        first = cpu_seconds(lambda ours=ours: ours.draw(25, seed=0), 1)  # builds the Gram matrix
        again = cpu_seconds(lambda ours=ours: ours.draw(25, seed=0))
        print(
            f"  {kind}: {first:.2f} CPU-s with the building of the Gram matrix, {again:.2f} after"
        )
        for name, taken in others.items():
            ratios = f"ratio {taken / first:6.1f} and {taken / again:6.1f}"
            print(f"    {name:28s} {taken:7.2f}   {ratios}")
        span = float(expected.max() - expected.min())
        items = ours.draw(25, seed=0)["items"].float().flatten(1)
        if data.is_floating_point():
            exact = ours.standardizer.inverse(reference.float())
            for name, other in (("our dense engine", expected.flatten(1)), ("float64", exact)):
                gap = float((items - other).abs().max()) / span
                print(f"    largest difference to {name}, relative to the range: {gap:.1e}")
        else:
            gap = float((items - expected.flatten(1).round()).abs().max())
            print(f"    largest difference to our dense engine, rounded: {gap:.0f} of 255")


def faiss() -> None:
    """The job of :func:`exact` through faiss, as installed and with its threshold set."""
    import faiss as module

    module.omp_set_num_threads(1)
    data = mnist()
    installed = module.cvar.distance_compute_blas_threshold
    wanted = search.BLAS_FROM
    ours = ClosedFormDiffusion(grid="uniform", memory=4096.0).fit(data)
    ours.draw(64, seed=0)
    base = cpu_seconds(lambda: ours.draw(64, seed=0))
    print("The same job by nearest neighbours (an approximation), CPU-ms per sample")
    print(f"  {'this sampler, exact':44s} {1000 * base / 64:8.1f}")
    for k, index, threshold in (
        (15, "flat", installed),
        (15, "flat", wanted),
        (15, "exact", wanted),
        (200, "flat", wanted),
    ):
        search.BLAS_FROM = threshold
        neighbors = NeighborConfig(nearest=k, random=k, index=index)
        options: dict[str, Any] = {
            "engine": "neighbors",
            "neighbors": neighbors,
            "grid": "uniform",
            "memory": 4096.0,
        }
        sampler = ClosedFormDiffusion(**options).fit(data)
        sampler.draw(1, seed=0)  # builds the index
        taken = cpu_seconds(lambda sampler=sampler: sampler.draw(64, seed=0), 1)
        checked = ClosedFormDiffusion(check_every=1, **options).fit(data)
        checked.draw(8, seed=0)
        by = "torch" if index == "exact" else f"faiss {index}, threshold {threshold}"
        name = f"K = L = {k}, {by}{' (as installed)' if threshold == installed else ''}"
        print(
            f"  {name:44s} {1000 * taken / 64:8.1f}   x {taken / base:6.2f}   "
            f"largest error {checked.records.max_relative_error:.1g}"
        )
    search.BLAS_FROM = wanted


def queries() -> None:
    """Searches for 64 queries alone: below the size from which faiss as installed uses products."""
    import faiss as module

    module.omp_set_num_threads(1)
    sampler = ClosedFormDiffusion(memory=4096.0).fit(mnist())
    points, z, perturbations = start(sampler, 64)
    wanted = points[:64] + z + perturbations[:, 0] / 0.5  # states at t = 0.5, over t
    index = module.IndexFlatL2(784)
    index.add(points.numpy())
    exact = search.ExactSearch(sampler.points)
    base = cpu_seconds(lambda: exact.nearest(wanted, 15), 3)
    print("15 nearest of 64 queries among 60000 points of d = 784, CPU-ms per query")
    print(f"  {'torch product and topk':34s} {1000 * base / 64:6.2f}")
    installed = module.cvar.distance_compute_blas_threshold
    for name, threshold in (("as installed", installed), ("threshold set", search.BLAS_FROM)):
        module.cvar.distance_compute_blas_threshold = threshold
        taken = cpu_seconds(lambda: index.search(wanted.numpy(), 15), 3)
        label = f"faiss flat, {name} ({threshold})"
        print(f"  {label:34s} {1000 * taken / 64:6.2f}   x {taken / base:6.2f}")
    module.cvar.distance_compute_blas_threshold = installed


if __name__ == "__main__":
    torch.set_num_threads(1)
    jobs = {"exact": exact, "gram": gram, "faiss": faiss, "queries": queries}
    for name in sys.argv[1:] or jobs:
        jobs[name]()
