"""Exact time coordinates of real orders: how many, how fast, and checked on every pair.

Needs the environment variable GEOFRAME_DATA. ``python benchmarks/realizer.py [--large]``; with
``--large`` also citations, package dependencies and all WordNet nouns (about a minute).
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from geoframe_nst.metrics import order_quality
from geoframe_nst.reachability import Reachability
from geoframe_nst.realizer import realizer


def graphs(folder: Path, *, large: bool) -> Iterator[tuple[str, int, np.ndarray]]:
    mammals = np.load(folder / "wordnet/mammals_closure.npz")
    yield "WordNet mammals", len(mammals["names"]), mammals["closure"]
    networks = json.loads((folder / "bnlearn/networks.json").read_text())
    for name, network in networks.items():
        yield f"bnlearn {name}", len(network["nodes"]), np.array(network["edges"])
    for name in ("net3_ecoli", "net1_insilico"):
        network = np.load(folder / f"dream5/{name}.npz")
        yield f"DREAM5 {name}", len(network["names"]), network["edges"]
    if large:
        citations = np.load(folder / "cit-hepth2000/cit_hepth_2000_2002.npz")
        yield "arXiv hep-th citations", len(citations["day"]), citations["edges"]
        packages = np.load(folder / "debian-deps/debian12_python.npz")
        yield "Debian packages", len(packages["names"]), packages["edges"]
        nouns = np.load(folder / "wordnet/wordnet30_nouns.npz")
        yield "WordNet nouns", len(nouns["names"]), nouns["edges"]


def main() -> None:
    print(f"{'order':24s}{'nodes':>7s}{'T':>5s}{'seconds':>9s}{'recall':>8s}{'false':>7s}  pairs")
    for name, n, edges in graphs(Path(os.environ["GEOFRAME_DATA"]), large="--large" in sys.argv):
        start = time.process_time()
        found = realizer(Reachability(n, edges))
        seconds = time.process_time() - start
        quality = order_quality(found.ranks, Reachability(n, edges))
        print(
            f"{name:24s}{n:7d}{found.ranks.shape[1]:5d}{seconds:9.2f}"
            f"{quality.closure_recall:8.4f}{quality.false_causality:7.4f}"
            f"  {'sample' if quality.sampled else 'all'}",
            flush=True,
        )


if __name__ == "__main__":
    main()
