"""The Euclidean lower bound."""

import numpy as np
import pytest
from hnn_trees import complete, path, random_tree, star, trees
from hypothesis import given, settings

from geoframe_hnn.tree.bounds import euclidean_lower_bound


@pytest.mark.parametrize(
    ("tree", "dim", "expected"),
    [
        (star(1000), 2, 30.6),
        (star(1000), 4, 4.62),
        (star(1000), 10, 1.0),
        (complete(2, 8), 2, 1.875),
        (complete(3, 5), 2, 2.918),
        (complete(20, 3), 2, 29.48),
        (path(100), 2, 1.0),
    ],
)
def test_known_values(tree, dim, expected):
    assert euclidean_lower_bound(tree, dim) == pytest.approx(expected, rel=2e-3)


@settings(max_examples=40)
@given(tree=trees())
def test_no_real_embedding_beats_it(tree):
    # Distances to all nodes as coordinates, reduced to two by principal axes.
    nodes = np.arange(len(tree))
    d = tree.distance(nodes[:, None], nodes)
    centred = d - d.mean(0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    x = centred @ axes[:2].T
    u, v = np.triu_indices(len(tree), 1)
    ratio = np.linalg.norm(x[u] - x[v], axis=1) / d[u, v]
    worst = ratio.max() / ratio.min() if ratio.min() > 0 else np.inf
    assert euclidean_lower_bound(tree, 2) <= worst * (1 + 1e-9)


def test_it_does_not_depend_on_the_unit():
    tree = random_tree(200, ratio=10.0)
    from attrs import evolve

    scaled = evolve(tree, length=7.0 * tree.length)
    assert euclidean_lower_bound(scaled, 2) == pytest.approx(euclidean_lower_bound(tree, 2))
