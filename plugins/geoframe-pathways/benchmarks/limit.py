"""Serving 4 GiB of experts under a limit of 512 MiB that the kernel enforces.

A memory control group (cgroup v1 or v2) is made below this process's own, so the script needs the
right to do that (root in a container, or a delegated group). Every expert is asked for once,
in random order.

Run: python limit.py [FOLDER FOR 4 GiB]
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import attrs
import numpy as np

GIB, MIB = 2**30, 2**20
LIMIT = 512 * MIB
CACHE = 64 * MIB
PACK = "experts.safetensors"
EXPERTS, WIDTH = 2048, 512  # 2048 experts of 2.1 MB


def write(folder: Path) -> None:
    from geoframe_data import as_table
    from geoframe_pathways.encoder import fit_encoder
    from geoframe_pathways.experts.metadata import ModelMetadata
    from geoframe_pathways.experts.pack import write_pack
    from geoframe_pathways.experts.shape import ExpertShape

    shape = ExpertShape(inputs=8, outputs=1, width=WIDTH, hidden=3)
    random = np.random.default_rng(0)
    encoder, _ = fit_encoder(as_table(random.normal(size=(100, 8))), "column")
    metadata = ModelMetadata(
        task="regression",
        target="y",
        shape=attrs.asdict(shape),
        router="flat",
        encoder=encoder,
        offset=(0.0,),
        scale=(1.0,),
        distance_limit=3.0,
    )
    prototypes = random.normal(size=(EXPERTS, 8))

    def rows() -> Iterator[np.ndarray]:
        for _ in range(EXPERTS):
            yield random.normal(0.0, 0.05, (1, shape.row_size)).astype(np.float32)

    write_pack(
        folder / PACK,
        metadata=metadata.to_json(),
        arrays={
            "prototypes": prototypes,
            "mean_reach": np.ones(EXPERTS),
            "route_mean": np.zeros(8),
        },
        experts=rows(),
        count=EXPERTS,
        columns=shape.row_size,
    )


def serve(folder: Path) -> None:
    from geoframe_pathways.experts.model import Pathways
    from geoframe_pathways.experts.store import ExpertStore

    model = Pathways.open(folder / PACK, cache_bytes=CACHE)
    assert isinstance(model.rows, ExpertStore)
    before = resident()
    order = np.random.default_rng(1).permutation(EXPERTS)
    x = model.router.prototypes.astype(np.float32)
    started, checksum = time.perf_counter(), 0.0
    for cell in order:
        checksum += float(model.query(x[cell])[0])
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    footprint = model.rows.footprint()
    print(f"pack                 {footprint.on_disk / GIB:8.2f} GiB, {EXPERTS} experts")
    print(f"queries              {len(order):8}, every expert once ({checksum:.3f})")
    print(f"resident at start    {before / MIB:8.0f} MiB")
    print(f"resident at the end  {resident() / MIB:8.0f} MiB")
    print(f"highest resident     {peak / MIB:8.0f} MiB")
    print(f"cached experts       {footprint.cached / MIB:8.0f} MiB of {CACHE / MIB:.0f}")
    print(f"wall time per query  {1e3 * seconds / len(order):8.2f} ms")


def resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def limited_group() -> tuple[Path, str]:
    """Make a control group with the limit -> its folder, and the file with its highest use."""
    lines = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    for _, controllers, group in lines:  # noqa: B007
        if "memory" in controllers.split(","):
            (root,) = {m[1] for m in mounts if m[2] == "cgroup" and "memory" in m[3].split(",")}
            names = ("memory.limit_in_bytes", "memory.max_usage_in_bytes")
            break
    else:
        group = next(group for number, _, group in lines if number == "0")
        root = next(m[1] for m in mounts if m[2] == "cgroup2")
        names = ("memory.max", "memory.peak")
    folder = Path(root + group) / f"pathways-{os.getpid()}"
    folder.mkdir()
    (folder / names[0]).write_text(str(LIMIT))
    return folder, names[1]


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["serve"]:
        serve(Path(arguments[1]))
        return
    group, highest = limited_group()
    try:
        with tempfile.TemporaryDirectory(dir=arguments[0] if arguments else None) as folder:
            write(Path(folder))
            # The child moves itself into the group before it imports anything.
            enter = f'echo $$ > {group}/cgroup.procs && exec "$@"'
            command = ["sh", "-c", enter, "sh", sys.executable, __file__, "serve", folder]
            subprocess.run(command, check=True)
        print(f"limit of the group   {LIMIT / MIB:8.0f} MiB (page cache included)")
        if (group / highest).exists():
            used = int((group / highest).read_text())
            print(f"highest use of it    {used / MIB:8.0f} MiB")
    finally:
        group.rmdir()


if __name__ == "__main__":
    main(sys.argv[1:])
