"""Exact time coordinates of real orders: how many, how fast, and checked on every pair.

Needs the environment variable GEOFRAME_DATA. ``python benchmarks/realizer.py [--large]``; with
``--large`` also citations, package dependencies and all WordNet nouns (about a minute). The last
column is Spearman's correlation of the coordinates with the dates of the nodes, where there are
dates; they are not used to find the coordinates.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from geoframe_nst.closure.reachability import Reachability
from geoframe_nst.metrics import order_quality, time_correlation
from geoframe_nst.order.realizer import realizer


def graphs(
    folder: Path, *, large: bool
) -> Iterator[tuple[str, int, np.ndarray, np.ndarray | None]]:
    mammals = np.load(folder / "wordnet/mammals_closure.npz")
    yield "WordNet mammals", len(mammals["names"]), mammals["closure"], None
    networks = json.loads((folder / "bnlearn/networks.json").read_text())
    for name, network in networks.items():
        yield f"bnlearn {name}", len(network["nodes"]), np.array(network["edges"]), None
    for name in ("net3_ecoli", "net1_insilico"):
        network = np.load(folder / f"dream5/{name}.npz")
        yield f"DREAM5 {name}", len(network["names"]), network["edges"], None
    if large:
        citations = np.load(folder / "cit-hepth2000/cit_hepth_2000_2002.npz")
        yield "arXiv hep-th citations", len(citations["day"]), citations["edges"], citations["day"]
        packages = np.load(folder / "debian-deps/debian12_python.npz")
        yield "Debian packages", len(packages["names"]), packages["edges"], None
        nouns = np.load(folder / "wordnet/wordnet30_nouns.npz")
        yield "WordNet nouns", len(nouns["names"]), nouns["edges"], None


def main() -> None:
    print(
        f"{'order':24s}{'nodes':>7s}{'T':>5s}{'seconds':>9s}{'recall':>8s}{'false':>7s}  ", end=""
    )
    print("pairs   dates")
    for name, n, edges, dates in graphs(
        Path(os.environ["GEOFRAME_DATA"]), large="--large" in sys.argv
    ):
        start = time.process_time()
        found = realizer(Reachability(n, edges))
        seconds = time.process_time() - start
        quality = order_quality(found.ranks, Reachability(n, edges))
        dated = "" if dates is None else f"{time_correlation(found.ranks, dates).mean_rank:6.3f}"
        print(
            f"{name:24s}{n:7d}{found.ranks.shape[1]:5d}{seconds:9.2f}"
            f"{quality.closure_recall:8.4f}{quality.false_causality:7.4f}"
            f"  {'sample' if quality.sampled else 'all':6s}{dated}".rstrip(),
            flush=True,
        )


if __name__ == "__main__":
    main()
