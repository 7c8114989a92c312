"""CPU time of the exact sampler against plain code, all in one process on one thread.

    GEOFRAME_DATA=... python ratios.py exact gram faiss

Prints ratios; absolute times depend on the machine and are shown for orientation only.
"""

from __future__ import annotations

import sys

import torch
from jobs import cpu_seconds, mnist, naive_evaluation, plain, start

from geoframe_cfdm.data.stored import CIFAR10
from geoframe_cfdm.engines.base import sharpness
from geoframe_cfdm.engines.search import BLAS_FROM
from geoframe_cfdm.sampler import ClosedFormDiffusion


def exact() -> None:
    """N = 60,000, d = 784, M = 4, S = 20, B = 64."""
    data = mnist()
    sampler = ClosedFormDiffusion(memory=4096.0).fit(data)
    points, z, perturbations = start(sampler, 64)
    torch.set_flush_denormal(True)
    sampler.draw(64, seed=0)
    ours = cpu_seconds(lambda: sampler.draw(64, seed=0), 3)
    theirs = cpu_seconds(lambda: plain(points, z, perturbations, 20), 2)
    one = cpu_seconds(lambda: naive_evaluation(points, z[0] + perturbations[0, 0], 0.5), 3)
    naive = one * 20 * 4 * 64
    checked = ClosedFormDiffusion(memory=4096.0, check_every=1).fit(data)
    checked.draw(64, seed=0)
    print(f"exact sampling, N = {len(data)}, d = 784, M = 4, S = 20, B = 64 (MNIST and shifts)")
    print(f"  this sampler       {1000 * ours / 64:10.1f} CPU-ms per sample")
    print(f"  plain products     {1000 * theirs / 64:10.1f}   ratio {theirs / ours:8.2f}")
    print(f"  naive broadcasting {1000 * naive / 64:10.1f}   ratio {naive / ours:8.0f}")
    print(f"  largest relative error at any step: {checked.records.max_relative_error:.1e}")
    print(f"  engines: {sampler.records.engine_steps()}")


def gram() -> None:
    """N = 1000, d = 49,152, M = 4, S = 100, B = 25."""
    data = CIFAR10(count=1000, size=128).load().data.float()
    options = {"steps": 100, "batch_size": 25, "precision": "float32", "memory": 4096.0}
    ours = ClosedFormDiffusion(engine="gram", **options).fit(data)
    dense = ClosedFormDiffusion(engine="dense", **options).fit(data)
    points, z, perturbations = start(dense, 25)
    first = cpu_seconds(lambda: ours.draw(25, seed=0), 1)  # with the Gram matrix
    again = cpu_seconds(lambda: ours.draw(25, seed=0), 2)
    averaged = cpu_seconds(lambda: dense.draw(25, seed=0), 1)
    theirs = cpu_seconds(lambda: plain(points, z, perturbations, 100), 1)
    difference = (ours.draw(25, seed=0)["items"] - dense.draw(25, seed=0)["items"]).abs()
    spread = float(data.max() - data.min())
    print("Gram space, N = 1000, d = 49152, M = 4, S = 100, B = 25 (CIFAR-10 at 128 x 128)")
    print(f"  Gram space               {first:7.2f} CPU-s with its matrix, {again:.2f} without")
    for name, taken in (("plain products", theirs), ("averaged products", averaged)):
        print(f"  {name:24s} {taken:7.2f}   ratio {taken / first:6.1f} and {taken / again:6.1f}")
    print(
        f"  difference to averaged products, relative to the range: {difference.max() / spread:.1e}"
    )


def faiss() -> None:
    """Nearest neighbours of 64 perturbed states among 60,000, per query."""
    import faiss as module

    from geoframe_cfdm.engines.search import ExactSearch

    module.omp_set_num_threads(1)
    sampler = ClosedFormDiffusion(memory=4096.0).fit(mnist())
    points, z, perturbations = start(sampler, 64)
    t = 0.5
    queries = t * points[:64] + (1 - t) * z + perturbations[:, 0]
    index = module.IndexFlatL2(784)
    index.add(points.numpy())
    search = ExactSearch(sampler.points)
    half = sampler.points.half_norms
    installed = module.cvar.distance_compute_blas_threshold
    print("64 queries at t = 0.5 among 60000 points of d = 784, CPU-ms per query")
    for k in (15, 200):
        rows = {}
        for name, threshold in (("as installed", installed), ("threshold set", BLAS_FROM)):
            module.cvar.distance_compute_blas_threshold = threshold
            rows[f"faiss flat, {name} ({threshold})"] = cpu_seconds(
                lambda k=k: index.search((queries / t).numpy(), k)
            )
        module.cvar.distance_compute_blas_threshold = installed
        rows["torch product and topk"] = cpu_seconds(lambda k=k: search.nearest(queries / t, k))
        rows["exact softmax over all points"] = cpu_seconds(
            lambda: torch.softmax(sharpness(t) * (queries @ points.T - t * half), 1) @ points
        )
        base = rows["torch product and topk"]
        for name, taken in rows.items():
            print(f"  K = {k:3d}  {name:42s} {1000 * taken / 64:8.2f}   x {taken / base:6.2f}")
    sampler.draw(64, seed=0)
    every = cpu_seconds(lambda: sampler.draw(64, seed=0))
    print(
        f"  whole samples here, all 20 steps: {1000 * every / 64 / 80:.2f} CPU-ms per mean "
        f"({sampler.records.engine_steps()})"
    )


if __name__ == "__main__":
    torch.set_num_threads(1)
    for name in sys.argv[1:] or ["exact", "gram", "faiss"]:
        {"exact": exact, "gram": gram, "faiss": faiss}[name]()
