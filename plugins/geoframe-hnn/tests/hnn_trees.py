"""Trees that the tests share."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import strategies as st

from geoframe_data.tree import Tree
from geoframe_data.tree_policy import as_tree
from geoframe_embedding.comparison import ratios_of
from geoframe_embedding.pairs import Pairs
from geoframe_hnn.datasets.stored import StoredTree
from geoframe_hnn.datasets.synthetic import CompleteTree, RandomTree
from geoframe_hnn.quality import NodeDistances

needs_data = pytest.mark.skipif(
    "GEOFRAME_DATA" not in os.environ, reason="GEOFRAME_DATA names no folder of data sets"
)


def complete(branching: int, depth: int) -> Tree:
    return as_tree(CompleteTree(branching=branching, depth=depth).load())


def random_tree(nodes: int, *, seed: int = 0, ratio: float = 1.0) -> Tree:
    return as_tree(RandomTree(nodes=nodes, seed=seed, ratio=ratio).load())


def stored(name: str, *, lengths: str = "given") -> Tree:
    return as_tree(StoredTree(tree=name).load(), lengths=lengths)


def star(leaves: int) -> Tree:
    return complete(leaves, 1)


def path(nodes: int) -> Tree:
    return complete(1, nodes - 1)


def all_pairs(tree: Tree) -> tuple[np.ndarray, np.ndarray]:
    return np.triu_indices(len(tree), 1)


@st.composite
def trees(draw: st.DrawFn, *, most: int = 30) -> Tree:
    """Weighted trees of every shape, edges from 0.01 to 100."""
    n = draw(st.integers(2, most))
    parent = np.array([-1] + [draw(st.integers(0, child - 1)) for child in range(1, n)])
    length = np.array([0.0] + [10.0 ** draw(st.floats(-2, 2)) for _ in range(1, n)])
    return Tree(names=tuple(map(str, range(n))), parent=parent, length=length)


def write(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def worst_distortion(embedded, pairs):
    """Largest over least ratio of embedded and tree distances of pairs."""
    return ratios_of(NodeDistances(embedded), pairs).worst


def pairs_of(tree, u, v):
    """Pairs of nodes with their tree distances."""
    return Pairs(first=u, second=v, given=tree.distance(u, v), complete=True)
