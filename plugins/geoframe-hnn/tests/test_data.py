"""What hnn makes of trees that are read, and what it refuses."""

import numpy as np
import pytest
from hnn_trees import random_tree, trees, write
from hypothesis import given

from geoframe.errors import DataError
from geoframe_data.rooting import centre
from geoframe_data.tree import Tree
from geoframe_hnn.data import load_tree
from geoframe_hnn.data_config import TreeDataConfig


def load(path, **options) -> Tree:
    return load_tree(TreeDataConfig(path=path, dataset=None, **options))


def test_columns_of_older_configs(tmp_path):
    path = write(tmp_path, "t.csv", "source,target,weight\nr,a,2\n")
    tree = load(path, source="parent", target="child", weight="length")
    assert tree.length.tolist() == [0, 2]
    path = write(tmp_path, "t.csv", "parent,child\nr,a\n")
    assert load(path, weight="length").length.tolist() == [0, 1]
    with pytest.raises(DataError, match="no 'km' on the edges"):
        load(path, weight="km")


@given(tree=trees())
def test_the_centre_is_nowhere_far_from_anything(tree):
    edges = np.stack([tree.parent[1:], np.arange(1, len(tree))], axis=1)
    nodes = np.arange(len(tree))
    reach = tree.distance(nodes[:, None], nodes).max(axis=1)
    assert reach[centre(len(tree), edges, tree.length[1:])] == pytest.approx(reach.min())


def test_common_ancestors_agree_with_walking_up():
    tree = random_tree(200, seed=7)
    rng = np.random.default_rng(0)
    u, v = rng.integers(200, size=(2, 300))

    def ancestors(node):
        found = [int(node)]
        while found[-1] != 0:
            found.append(int(tree.parent[found[-1]]))
        return found

    for a, b, c in zip(u, v, tree.lca(u, v), strict=True):
        line = ancestors(b)
        assert c == next(node for node in ancestors(a) if node in line)
