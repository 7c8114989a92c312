"""CPU time until ``geoframe try`` names the methods that fit: ``python first_answer.py``.

    OMP_NUM_THREADS=1 python first_answer.py [ROWS]

Small files first, then a table, a graph and a tree of ROWS rows (a million by default).
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd


def table(path: Path, rows: int) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(rows, 6)).round(4), columns=list("abcdef"))
    frame.insert(0, "id", np.arange(rows) + 1000)
    frame.assign(label=rng.choice(["yes", "no"], rows)).to_csv(path, index=False)


def graph(path: Path, rows: int) -> None:
    """Edges from earlier to later nodes."""
    rng = np.random.default_rng(0)
    later = rng.integers(1, max(2, rows // 3), rows)
    earlier = (later * rng.random(rows)).astype(np.int64)
    frame = pd.DataFrame({"source": earlier, "target": later})
    frame.drop_duplicates().to_csv(path, index=False)


def tree(path: Path, rows: int) -> None:
    child = np.arange(1, rows + 1)
    parent = (child * np.random.default_rng(0).random(rows)).astype(np.int64)
    pd.DataFrame({"parent": parent, "child": child}).to_csv(path, index=False)


def seconds(path: Path) -> tuple[float, str]:
    """CPU seconds of the process, its start included, and the method that it named first."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "geoframe_cli", "try", str(path)]
    done = subprocess.run(
        [*command, "--no-preview", "--no-geometry"], capture_output=True, text=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    first = [line for line in done.stdout.splitlines() if line.startswith("1. ")]
    named = first[0].split()[1].rstrip(":") if first else done.stderr.strip()
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, named


def main(rows: int) -> None:
    kinds: tuple[Callable[[Path, int], None], ...] = (table, graph, tree)
    with tempfile.TemporaryDirectory() as folder:
        for count in (100, rows):
            for write in kinds:
                path = Path(folder) / f"{write.__name__}-{count}.csv"
                write(path, count)
                taken, named = seconds(path)
                print(f"{write.__name__:<6} {count:>9,} rows  {taken:6.1f} s  {named}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
