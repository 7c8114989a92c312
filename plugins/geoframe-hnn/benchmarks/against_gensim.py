"""Side by side with gensim's PoincareModel: reconstruction of the WordNet mammals' closure.

    OMP_NUM_THREADS=1 python against_gensim.py --gensim /path/to/venv/bin/python [--epochs 50]

The task is Nickel and Kiela's: for every mammal, rank its ancestors (all 6540 pairs of the
closure, of both parents where there are two) among everything that is no ancestor. Both sides
are ranked by the same function, ties counted against them. Times are process times.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time


def peer(task: dict) -> dict:
    """Train gensim's model and return its vectors."""
    from gensim.models.poincare import PoincareModel

    relations = [(str(child), str(parent)) for parent, child in task["closure"]]
    start = time.process_time()
    model = PoincareModel(relations, size=task["size"], negative=10, burn_in=10, alpha=0.1, seed=0)
    model.train(epochs=task["epochs"], batch_size=10, print_every=10**9)
    seconds = time.process_time() - start
    vectors = [model.kv[str(node)].tolist() for node in range(task["nodes"])]
    return {"seconds": seconds, "vectors": vectors}


def main() -> None:
    import numpy as np

    from geoframe_data.tree_policy import as_tree
    from geoframe_hnn.datasets.stored import WordNetTree
    from geoframe_hnn.hyperbolic.embedded_tree import embed_tree

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gensim", help="a Python that has gensim; without it, ours alone")
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--size", type=int, default=5)
    options = parser.parse_args()
    data = np.load(os.path.join(os.environ["GEOFRAME_DATA"], "wordnet", "mammals_closure.npz"))
    names, closure = data["names"], data["closure"].astype(int)
    n = len(names)

    def ranked(distance: np.ndarray) -> tuple[float, float]:
        """MAP and mean rank of distances (n, n)."""
        precisions, ranks = [], []
        for node in range(n):
            above = closure[closure[:, 1] == node, 0]
            if len(above) == 0:
                continue
            positive = np.sort(distance[node, above])
            others = np.delete(distance[node], [node, *above])
            between = np.searchsorted(np.sort(others), positive, side="right")
            place = np.arange(1, len(above) + 1)
            precisions.append((place / (place + between)).mean())
            ranks += (1 + between).tolist()
        return float(np.mean(precisions)), float(np.mean(ranks))

    print(f"{'':32}{'dim':>4}{'MAP':>9}{'mean rank':>11}{'seconds':>9}")
    start = time.process_time()
    raw = WordNetTree(subset="mammals").load()
    tree = as_tree(raw, multiple_parents="first", lengths="nested")
    embedded = embed_tree(tree)
    bound = embedded.certificate()
    seconds = time.process_time() - start
    order = tree.find_all(names.tolist())
    precision, rank = ranked(embedded.distance(order[:, None], order))
    name = f"geoframe-hnn, certified {bound:.3f}"
    print(f"{name:32}{2:4}{precision:9.4f}{rank:11.3f}{seconds:9.2f}")
    if options.gensim is None:
        print("gensim: not measured; give --gensim")
        return
    task = {
        "closure": closure.tolist(),
        "nodes": n,
        "size": options.size,
        "epochs": options.epochs,
    }
    done = subprocess.run(
        [options.gensim, __file__, "--peer"],
        input=json.dumps(task),
        capture_output=True,
        text=True,
        check=True,
    )
    theirs = json.loads(done.stdout.splitlines()[-1])
    x = np.array(theirs["vectors"])
    gap = ((x[:, None] - x[None]) ** 2).sum(-1)
    room = 1 - (x**2).sum(1)
    precision, rank = ranked(np.arccosh(1 + 2 * gap / (room[:, None] * room)))
    name = f"gensim PoincareModel, {options.epochs} epochs"
    print(f"{name:32}{options.size:4}{precision:9.4f}{rank:11.3f}{theirs['seconds']:9.2f}")


if __name__ == "__main__":
    if "--peer" in sys.argv:
        print(json.dumps(peer(json.load(sys.stdin))))
    else:
        main()
