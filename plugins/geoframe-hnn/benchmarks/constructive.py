"""Certified embeddings of every tree of GEOFRAME_DATA: scale, distortion, seconds, memory.

    OMP_NUM_THREADS=1 python constructive.py [--distortion 1.1] [--dims 2 3 10]

All times are process times of one thread. The measured distortion is over all pairs up to 2000
nodes, else over siblings, grandparents and random pairs; the certificate holds for all pairs.
"""

from __future__ import annotations

import argparse
import time
from typing import get_args

import numpy as np

from geoframe.run.resources import peak_memory_mib
from geoframe_data.tree import Tree
from geoframe_data.tree_policy import as_tree
from geoframe_embedding.comparison import ratios_of
from geoframe_hnn.datasets.stored import StoredName, StoredTree, WordNetTree
from geoframe_hnn.hyperbolic.embedded_tree import embed_tree
from geoframe_hnn.quality import NodeDistances, evaluation_pairs
from geoframe_hnn.tree.bounds import euclidean_lower_bound


def trees() -> dict[str, Tree]:
    found = {name: as_tree(StoredTree(tree=name).load()) for name in get_args(StoredName)}
    for subset in ("mammals", "nouns"):
        raw = WordNetTree(subset=subset).load()
        found[f"wordnet {subset}"] = as_tree(raw, multiple_parents="first")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--distortion", type=float, default=1.1)
    parser.add_argument("--dims", type=int, nargs="+", default=[2, 3, 10])
    options = parser.parse_args()
    print(
        f"{'tree':28}{'nodes':>7}{'dim':>4}{'angles':>10}{'scale':>9}{'certified':>11}"
        f"{'measured':>10}{'average':>9}{'R^d >=':>8}{'embed s':>9}{'measure s':>10}"
    )
    for name, tree in trees().items():
        median = float(np.median(tree.length[1:]))
        pairs = evaluation_pairs(tree, 2_000_000)
        for dim in options.dims:
            for angles in ("equal", "adaptive") if dim == 2 else ("equal",):
                start = time.process_time()
                embedded = embed_tree(tree, dim=dim, distortion=options.distortion, angles=angles)
                bound = embedded.certificate()
                middle = time.process_time()
                found = ratios_of(NodeDistances(embedded), pairs)
                end = time.process_time()
                print(
                    f"{name:28}{len(tree):7}{dim:4}{angles:>10}{embedded.scale * median:9.3g}"
                    f"{bound:11.5f}{found.worst:10.5f}{found.relative_error:9.2g}"
                    f"{euclidean_lower_bound(tree, dim):8.3g}{middle - start:9.2f}"
                    f"{end - middle:10.2f}",
                    flush=True,
                )
    print(f"peak memory {peak_memory_mib():.0f} MiB")


if __name__ == "__main__":
    main()
