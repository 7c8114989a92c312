"""Coordinates in float32 as exported, beside today's alternatives: who has the neighbours first?

Every row is one array of numbers of four bytes each: the certified embedding drawn smaller until
it fits into the same radius; the layout; the layout refined, as ``geoframe export`` writes it; and
gensim's PoincareModel, where it is installed (``--gensim``), trained on the tree's edges. MAP and
mean rank are over the neighbours (parent and children) of 300 nodes, by one function; seconds are
process time.

    OMP_NUM_THREADS=1 python float32_arrays.py [--trees mosses mammals ...] [--dims 2 5] [--gensim]
    OMP_NUM_THREADS=1 python float32_arrays.py --lengths --trees pythonidae phylogeny

with ``--lengths`` keeps the lengths of the edges and prints how well distances are kept, of the
layout and as exported: mean relative error in the arrays' own unit and Spearman's correlation over
20,000 random pairs, and the error over as many pairs of near relatives (a parent, grandparent or
sibling), which random pairs hardly ever are. It needs the environment variable GEOFRAME_DATA.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from rich.console import Console
from rich.table import Table

from geoframe_data.tree import Tree
from geoframe_data.tree_policy import as_tree
from geoframe_embedding.comparison import ratios_of
from geoframe_embedding.pairs import Pairs
from geoframe_hnn.arrays.models import BallDistances, to_ball
from geoframe_hnn.arrays.tree_arrays import fit_arrays
from geoframe_hnn.datasets.stored import StoredTree, WordNetTree
from geoframe_hnn.datasets.synthetic import RandomTree
from geoframe_hnn.hyperbolic.embedded_tree import embed_tree
from geoframe_hnn.quality import measure_items, relatives

RADIUS, STEPS, EPOCHS, PAIRS = 15.0, 300, 50, 20_000
TREES = {
    "mosses": StoredTree(tree="phylo_mosses_hofbauer2016"),
    "mammals": WordNetTree(subset="mammals"),
    "pythonidae": StoredTree(tree="pythonidae"),
    "phylogeny": StoredTree(tree="mammals_bininda2007"),
    "20-ary": StoredTree(tree="tree-20-3"),
    "wordnet": StoredTree(tree="wordnet_weighted"),
    "random": RandomTree(nodes=20_000),
}


def certified(tree: Tree, dim: int) -> np.ndarray:
    """The certified embedding at the scale whose farthest node is at the radius."""
    embedded = embed_tree(tree, dim=dim)
    for _ in range(4):
        farthest = float(embedded.polar()[0].max()) * embedded.scale
        embedded = embedded.rescaled(embedded.scale * RADIUS / farthest)
    tangent = embedded.tangent()
    norm = np.linalg.norm(tangent, axis=1, keepdims=True)
    return to_ball(tangent * np.minimum(1.0, RADIUS / np.maximum(norm, 1e-300)))


def layout(tree: Tree, dim: int) -> np.ndarray:
    """What ``geoframe export`` writes with ``hnn.refine = 0``."""
    return fit_arrays(tree, dim, radius=RADIUS, steps=0, seed=0).poincare


def refined(tree: Tree, dim: int) -> np.ndarray:
    """What ``geoframe export`` writes."""
    return fit_arrays(tree, dim, radius=RADIUS, steps=STEPS, seed=0).poincare


def gensim(tree: Tree, dim: int) -> np.ndarray:
    """The peer: Nickel and Kiela's training."""
    from gensim.models.poincare import PoincareModel

    edges = [(str(child), str(tree.parent[child])) for child in range(1, len(tree))]
    model = PoincareModel(edges, size=dim, negative=10, burn_in=10, alpha=0.1, seed=0)
    model.train(epochs=EPOCHS, batch_size=10, print_every=10**9)
    vectors = np.array([model.kv[str(node)] for node in range(len(tree))])
    return vectors


def random_pairs(tree: Tree) -> Pairs:
    """Pairs of nodes as random as can be."""
    generator = np.random.default_rng(0)
    first = generator.integers(len(tree), size=PAIRS)
    second = (first + generator.integers(1, len(tree), size=PAIRS)) % len(tree)
    given = tree.distance(first, second)
    return Pairs(first=first, second=second, given=given, complete=False)


def near_pairs(tree: Tree) -> Pairs:
    """Nodes with a parent, a grandparent or a sibling."""
    first, second = relatives(tree)
    first = np.concatenate([first, np.arange(1, len(tree))])
    second = np.concatenate([second, tree.parent[1:]])
    some = np.random.default_rng(0).permutation(len(first))[:PAIRS]
    first, second = first[some], second[some]
    given = tree.distance(first, second)
    return Pairs(first=first, second=second, given=given, complete=False)


def kept_lengths(trees: list[str], dims: list[int]) -> Table:
    """How well arrays keep the distances of weighted trees."""
    table = Table("tree", "nodes", "dim", "float32 array", "error", "Spearman", "near", "seconds")
    for name in trees:
        tree = as_tree(TREES[name].load(), multiple_parents="first")
        anyone, near = random_pairs(tree), near_pairs(tree)
        for dim in dims:
            for way, steps in (("layout", 0), ("refined", STEPS)):
                started = time.process_time()
                arrays = fit_arrays(tree, dim, radius=RADIUS, steps=steps, seed=0)
                seconds = time.process_time() - started
                found = ratios_of(arrays.in_ball, anyone)
                beside = ratios_of(arrays.in_ball, near).relative_error
                table.add_row(
                    *(name, str(len(tree)), str(dim), way, f"{found.relative_error:.3f}"),
                    *(f"{found.spearman:.3f}", f"{beside:.3f}", f"{seconds:.2f}"),
                )
    return table


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trees", nargs="+", choices=TREES, default=["mosses", "mammals"])
    parser.add_argument("--dims", type=int, nargs="+", default=[2, 5])
    parser.add_argument("--gensim", action="store_true")
    parser.add_argument("--lengths", action="store_true")
    given = parser.parse_args()
    if given.lengths:
        Console(width=120).print(kept_lengths(given.trees, given.dims))
        return
    ways = {"certified, smaller": certified, "layout": layout, "refined": refined}
    if given.gensim:
        ways["gensim"] = gensim
    table = Table("tree", "nodes", "dim", "float32 array", "MAP", "mean rank", "seconds")
    for name in given.trees:
        tree = as_tree(TREES[name].load(), multiple_parents="first", lengths="ones")
        for dim in given.dims:
            for way, make in ways.items():
                started = time.process_time()
                points = make(tree, dim).astype(np.float32)
                seconds = time.process_time() - started
                found = measure_items(BallDistances(points), tree, "edges", 300)
                table.add_row(
                    *(name, str(len(tree)), str(dim), way, f"{found['map_edges']:.3f}"),
                    *(f"{found['mean_rank_edges']:.2f}", f"{seconds:.2f}"),
                )
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
