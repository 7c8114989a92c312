"""Peak memory of sampling from N = 10^6 points of d = 256 on the disk, within a stated budget.

    python memory.py [--points 1000000] [--budget 256]

The points are written to a temporary file, mapped, and sampled from with blocks. Anonymous memory
is what the process itself holds; pages of the mapped file can be dropped at any time.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import torch

from geoframe_cfdm.sampling.sampler import ClosedFormDiffusion

DIM = 256


def anonymous_mib() -> float:
    """Anonymous resident memory of this process."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) / 1024
    raise SystemExit("this kernel does not tell RssAnon")


def main() -> None:
    """Write, fit, sample, and print the peak."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--budget", type=float, default=256.0, help="MiB")
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "points.npy"
        file = np.lib.format.open_memmap(
            path, mode="w+", dtype=np.float32, shape=(options.points, DIM)
        )
        generator = np.random.default_rng(0)
        centres = generator.standard_normal((1000, DIM), np.float32)
        for at in range(0, options.points, 10_000):
            part = file[at : at + 10_000]
            part[:] = centres[generator.integers(1000, size=len(part))]
            part += 0.3 * generator.standard_normal(part.shape, np.float32)
        del file
        torch.ones(64, 64) @ torch.ones(64, 64)  # libraries allocate their buffers
        before = peak = anonymous_mib()
        done = threading.Event()

        def watch() -> None:
            nonlocal peak
            while not done.wait(0.01):
                peak = max(peak, anonymous_mib())

        watcher = threading.Thread(target=watch)
        watcher.start()
        data = torch.from_numpy(np.load(path, mmap_mode="c"))
        started = time.process_time()
        sampler = ClosedFormDiffusion(memory=options.budget, steps=10, check_every=9).fit(data)
        fitted = time.process_time()
        sampler.draw(16, seed=0)
        sampled = time.process_time()
        done.set()
        watcher.join()
    held = options.points * DIM * 4 / 2**20
    print(f"N = {options.points}, d = {DIM}: {held:.0f} MiB of points on the disk")
    print(f"  budget {options.budget:.0f} MiB, peak above the start {peak - before:.0f} MiB")
    print(
        f"  fit {fitted - started:.1f} CPU-s, 16 samples of 10 steps {sampled - fitted:.1f} CPU-s"
    )
    print(f"  engines {sampler.records.engine_steps()}")
    print(f"  largest relative error checked {sampler.records.max_relative_error:.1e}")


if __name__ == "__main__":
    main()
