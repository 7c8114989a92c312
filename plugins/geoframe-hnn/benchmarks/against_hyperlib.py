"""Side by side with hyperlib's Sarkar embedding (mpmath): same tree, same scale, 60 distances.

    OMP_NUM_THREADS=1 python against_hyperlib.py --hyperlib /path/to/venv/bin/python

hyperlib (PyPI, 0.0.6) pulls TensorFlow, so it runs in an interpreter of its own; this script
starts that interpreter on itself. Its precision is set to what the depth asks for and no more.
Times are process times of one thread, without imports.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import time

EDGE = 10.0
"""Hyperbolic length of every edge."""
PAIRS = 60


def peer(task: dict) -> dict:
    """Embed by hyperlib and measure the pairs in mpmath."""
    import mpmath as mp
    import networkx as nx
    from hyperlib.embedding.sarkar import sarkar_embedding

    graph = nx.Graph()
    for child, parent in enumerate(task["parent"]):
        if parent >= 0:
            graph.add_edge(parent, child, weight=1.0)
    start = time.process_time()
    # hyperlib puts a child at the radius tanh(tau), which is 2 tau away from its parent.
    points = sarkar_embedding(graph, 0, tau=EDGE / 2, precision=task["digits"])
    middle = time.process_time()
    distances = []
    for u, v in task["pairs"]:
        p, q = points[u, :], points[v, :]
        gap = sum((p[k] - q[k]) ** 2 for k in range(2))
        room = (1 - p[0] ** 2 - p[1] ** 2) * (1 - q[0] ** 2 - q[1] ** 2)
        distances.append(float(mp.acosh(1 + 2 * gap / room)))
    end = time.process_time()
    return {"embed": middle - start, "distances": end - middle, "found": distances}


def main() -> None:
    import numpy as np

    from geoframe_data.tree_policy import as_tree
    from geoframe_hnn.datasets.stored import StoredTree
    from geoframe_hnn.hyperbolic.embedded_tree import embed_tree

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hyperlib", help="a Python that has hyperlib; without it, ours alone")
    parser.add_argument("--tree", default="phylo_mosses_hofbauer2016")
    options = parser.parse_args()
    tree = as_tree(StoredTree(tree=options.tree).load(), lengths="ones")
    rng = np.random.default_rng(0)
    u = rng.integers(len(tree), size=PAIRS)
    v = (u + rng.integers(1, len(tree), size=PAIRS)) % len(tree)
    embed_tree(tree, scale=EDGE, angles="equal").distance(u, v)  # warm up numpy
    runs = 20
    start = time.process_time()
    for _ in range(runs):
        embedded = embed_tree(tree, scale=EDGE, angles="equal")
    middle = time.process_time()
    for _ in range(runs):
        found = embedded.distance(u, v) * EDGE
    end = time.process_time()
    ours = ((middle - start) / runs, (end - middle) / runs)
    print(f"{options.tree}: {len(tree)} nodes, edges {EDGE:g} long, {PAIRS} distances")
    print(f"{'':16}{'embed s':>10}{'distances s':>13}{'total s':>10}")
    print(f"{'geoframe-hnn':16}{ours[0]:10.4f}{ours[1]:13.4f}{sum(ours):10.4f}")
    if options.hyperlib is None:
        print("hyperlib: not measured; give --hyperlib")
        return
    # A point at distance r from the root is e^-r away from the rim; squares double the digits.
    digits = int(2 * EDGE * int(tree.depth.max()) / math.log(10)) + 30
    task = {
        "parent": tree.parent.tolist(),
        "pairs": np.stack([u, v], axis=1).tolist(),
        "digits": digits,
    }
    done = subprocess.run(
        [options.hyperlib, __file__, "--peer"],
        input=json.dumps(task),
        capture_output=True,
        text=True,
        check=True,
    )
    theirs = json.loads(done.stdout.splitlines()[-1])
    total = theirs["embed"] + theirs["distances"]
    print(
        f"{'hyperlib':16}{theirs['embed']:10.4f}{theirs['distances']:13.4f}{total:10.4f}"
        f"   ({digits} decimal digits)"
    )
    exact = tree.distance(u, v) * EDGE
    print(f"ratio of times {total / sum(ours):.0f}")
    for name, values in (("geoframe-hnn", found), ("hyperlib", np.array(theirs["found"]))):
        print(f"{name}: worst contraction of these pairs {np.max(exact / values):.4f}")


if __name__ == "__main__":
    if "--peer" in sys.argv:
        print(json.dumps(peer(json.load(sys.stdin))))
    else:
        main()
