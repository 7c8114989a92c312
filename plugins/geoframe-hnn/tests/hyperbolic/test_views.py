"""One node seen from all others, all others seen from one, and trees that are very deep."""

import numpy as np
import pytest
from hnn_trees import path, random_tree, trees
from hypothesis import given
from hypothesis import strategies as st

from geoframe_data.graph import Graph
from geoframe_data.tree import Tree
from geoframe_data.tree_policy import as_tree
from geoframe_hnn.hyperbolic.embedded_tree import embed_tree
from geoframe_hnn.hyperbolic.frames import distances
from geoframe_hnn.hyperbolic.polar import norm, third_side
from geoframe_hnn.hyperbolic.views import _around_in_space, log_map_at, towards
from geoframe_hnn.quality import NodeDistances, evaluation_pairs, measure_items


def comb(teeth: int) -> Tree:
    """A spine with a leaf at every node, half as deep as it has nodes."""
    spine = np.arange(0, 2 * teeth, 2)
    edges = np.stack([np.append(spine[:-1], spine), np.append(spine[1:], spine + 1)], axis=1)
    return as_tree(Graph(origin="comb", names=tuple(map(str, range(2 * teeth))), edges=edges))


@given(tree=trees(), center=st.integers(0, 99), scale=st.sampled_from([1e-3, 1.0, 30.0]))
@pytest.mark.parametrize("dim", [2, 3])
def test_one_against_all_is_pair_by_pair(dim, tree, center, scale):
    center %= len(tree)
    embedded = embed_tree(tree, dim=dim, scale=scale)
    length = embedded.scale * tree.length
    (far,), _ = towards(tree, length, embedded.direction, np.array([center]))
    nodes = np.arange(len(tree))
    pairs = distances(tree, length, embedded.direction, np.full(len(tree), center), nodes)
    assert far == pytest.approx(pairs, rel=1e-12, abs=1e-300)
    assert embedded.distance(nodes, center) == pytest.approx(pairs / embedded.scale, rel=1e-12)
    several = np.array([center, 0, len(tree) - 1])
    found = NodeDistances(embedded).rows(several)
    assert found[0] == pytest.approx(pairs / embedded.scale, rel=1e-12)
    assert found[2] == pytest.approx(embedded.distance(len(tree) - 1, nodes), rel=1e-12)


@given(tree=trees(), center=st.integers(0, 99), scale=st.sampled_from([0.1, 1.0, 30.0]))
def test_the_view_in_the_plane_is_that_in_space(tree, center, scale):
    center %= len(tree)
    embedded = embed_tree(tree, scale=scale)
    args = (tree, embedded.scale * tree.length, embedded.direction, center)
    (r, y), (r_space, y_space) = log_map_at(*args), _around_in_space(*args)
    assert r == pytest.approx(r_space, rel=1e-12)
    assert y == pytest.approx(y_space, abs=1e-12)


def test_a_view_gives_the_distances_of_what_is_near():
    embedded = embed_tree(random_tree(300, seed=1), scale=0.5)
    r, y = embedded.polar(17)
    u, v = np.triu_indices(300, 1)
    near = (embedded.scale * r[u] < 10) & (embedded.scale * r[v] < 10)
    u, v = u[near], v[near]
    found = third_side(embedded.scale * r[u], embedded.scale * r[v], 0.5 * norm(y[u] - y[v])[:, 0])
    assert found / embedded.scale == pytest.approx(embedded.distance(u, v), rel=1e-9)


def test_very_deep_trees_are_looked_at_in_linear_time():
    n = 40_000  # lifting every node to the root would be 800 million steps
    embedded = embed_tree(path(n), scale=2.0)
    nodes, near = embedded.nearest(n // 2, 4)
    assert sorted(nodes.tolist()) == [n // 2 + k for k in (-2, -1, 1, 2)]
    assert near == pytest.approx([1, 1, 2, 2])
    assert embedded.to_poincare(n // 2).shape == (n, 2)


def test_less_is_measured_of_very_deep_trees():
    deep, flat = comb(20_000), random_tree(40_000)
    assert len(evaluation_pairs(flat, 2_000_000)) == 2_000_000
    pairs = evaluation_pairs(deep, 2_000_000)
    assert 50_000 < len(pairs) < 100_000  # all siblings and grandparents, and some far pairs
    assert len(pairs) - np.sum(pairs.given <= 2) > 1000
    found = measure_items(NodeDistances(deep), deep, "edges", 200)
    assert 0 < found["ranked_nodes"] < 200
    assert "triplets" not in found
