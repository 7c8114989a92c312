"""The embedded tree: exact edges, isometries, insertion."""

import numpy as np
import pytest
from hnn_trees import (
    all_pairs,
    complete,
    needs_data,
    random_tree,
    star,
    stored,
    trees,
    worst_distortion,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from geoframe.errors import DataError
from geoframe_hnn.hyperbolic.embedded_tree import embed_tree
from geoframe_hnn.quality import evaluation_pairs

TABLE = {
    "binary": ((2, 1.221), (5, 1.057), (10, 1.027), (20, 1.014)),
    "ternary": ((2, 1.827), (5, 1.141), (10, 1.065), (20, 1.031)),
    "smalltree": ((2, 1.521), (5, 1.118), (10, 1.055), (50, 1.011), (400, 1.001)),
    "phylo_mosses_hofbauer2016": ((2, 41.4), (5, 1.485), (10, 1.195), (20, 1.089), (100, 1.017)),
    "pythonidae": ((2, 4.83), (5, 12.9), (10, 1.355), (20, 1.099), (50, 1.034), (400, 1.004)),
}


@needs_data
@pytest.mark.parametrize("name", TABLE)
def test_worst_case_distortions_of_known_trees(name):
    known = {"binary": complete(2, 8), "ternary": complete(3, 5)}
    tree = known[name] if name in known else stored(name)
    pairs = evaluation_pairs(tree, 300_000)
    for scale, expected in TABLE[name]:
        embedded = embed_tree(tree, scale=scale, angles="equal")
        found = worst_distortion(embedded, pairs)
        assert float(f"{found:.3g}") == pytest.approx(float(f"{expected:.3g}"), rel=1.1e-3)


@needs_data
def test_the_certificate_of_a_tree_too_large_for_all_pairs():
    tree = stored("tree-20-3")
    for scale, expected in ((10, 1.462), (20, 1.187), (50, 1.067), (100, 1.033), (400, 1.008)):
        embedded = embed_tree(tree, scale=scale, angles="equal")
        assert embedded.certificate() == pytest.approx(expected, rel=6e-4)


@settings(max_examples=60)
@given(tree=trees(), dim=st.sampled_from([2, 3, 5]), scale=st.floats(0.1, 30.0))
def test_edges_are_exact_and_no_distance_grows(tree, dim, scale):
    embedded = embed_tree(tree, dim=dim, scale=scale)
    nodes = np.arange(1, len(tree))
    assert embedded.distance(nodes, tree.parent[1:]) == pytest.approx(tree.length[1:], rel=1e-12)
    u, v = all_pairs(tree)
    assert np.all(embedded.distance(u, v) <= tree.distance(u, v) * (1 + 1e-9))


@settings(max_examples=60)
@given(tree=trees(most=12), dim=st.sampled_from([2, 3]), scale=st.floats(0.1, 30.0))
def test_distances_are_a_metric(tree, dim, scale):
    embedded = embed_tree(tree, dim=dim, scale=scale)
    nodes = np.arange(len(tree))
    d = embedded.distance(nodes[:, None], nodes)
    assert np.allclose(d, d.T, rtol=1e-12)
    assert np.all(np.diag(d) == 0.0)
    assert np.all(d[:, None, :] <= d[:, :, None] + d[None, :, :] + 1e-9 * d.max())


@pytest.mark.parametrize("dim", [2, 3, 5])
def test_every_centre_sees_the_same_distances(dim):
    tree = random_tree(30, seed=5, ratio=5.0)
    embedded = embed_tree(tree, dim=dim, scale=0.7)
    u, v = all_pairs(tree)
    expected = embedded.distance(u, v) * embedded.scale
    for center in (0, 7, 29):
        p = embedded.to_poincare(center)
        gap = ((p[u] - p[v]) ** 2).sum(1)
        room = (1 - (p**2).sum(1))[[u, v]].prod(0)
        assert np.arccosh(1 + 2 * gap / room) == pytest.approx(expected, rel=1e-6)
        radius, _ = embedded.polar(center)
        assert radius == pytest.approx(embedded.distance(center, np.arange(30)), rel=1e-11)


def test_curvature_only_changes_the_unit():
    tree = random_tree(20, seed=1)
    plain = embed_tree(tree, scale=3.0)
    curved = embed_tree(tree, scale=3.0, curvature=-4.0)
    isometric = embed_tree(tree, scale=3.0, curvature=-9.0)
    assert np.array_equal(plain.distance(0, 7), curved.distance(0, 7))
    assert curved.tangent() == pytest.approx(plain.tangent() / 2)
    assert curved.to_poincare() == pytest.approx(plain.to_poincare() / 2)
    assert isometric.stretch == pytest.approx(1.0)
    assert np.linalg.norm(isometric.tangent()[1]) == pytest.approx(tree.length[1])


def test_nearest_agrees_with_all_distances():
    tree = random_tree(60, seed=2, ratio=3.0)
    embedded = embed_tree(tree)
    for node in (0, 17, 59):
        order, found = embedded.nearest(node, 5)
        everyone = np.delete(embedded.distance(node, np.arange(60)), node)
        assert found == pytest.approx(np.sort(everyone)[:5])
        assert node not in order


@pytest.mark.parametrize("dim", [2, 3])
def test_inserted_leaves_keep_away_and_move_nothing(dim):
    tree = star(5)
    embedded = embed_tree(tree, dim=dim, distortion=1.2)
    grown = embedded.insert(["a", "b", "c"], ["1", "a", "0"], [1.0, 0.5, 2.0])
    u, v = all_pairs(tree)
    assert np.array_equal(grown.distance(u, v), embedded.distance(u, v))
    assert grown.distance(6, 7) == pytest.approx(0.5)
    assert grown.tree.distance(8, 7) == pytest.approx(4.5)
    neighbours = np.array([grown.direction[k] for k in (1, 2, 3, 4, 5)])
    assert (neighbours @ grown.direction[8]).max() < np.cos(0.3)
    assert 1.0 < grown.certificate() < 1.5


def test_many_insertions_keep_a_certificate():
    embedded = embed_tree(complete(2, 3), distortion=1.05)
    rng = np.random.default_rng(0)
    for step in range(50):
        parent = embedded.tree.names[rng.integers(len(embedded))]
        embedded = embedded.insert([f"new{step}"], [parent], [1.0])
    pairs = evaluation_pairs(embedded.tree, 10_000)
    worst = worst_distortion(embedded, pairs)
    assert worst <= embedded.certificate() < 2.0


@pytest.mark.parametrize(
    ("names", "parents", "lengths", "message"),
    [
        (["1"], ["0"], [1.0], "cannot attach '1'"),
        (["a", "a"], ["0", "0"], [1.0, 1.0], "cannot attach 'a'"),
        (["a"], ["nobody"], [1.0], "no node 'nobody'"),
        (["a"], ["0"], [0.0], "not positive"),
        (["a"], ["0"], [float("nan")], "not positive"),
    ],
)
def test_bad_insertions_are_refused(names, parents, lengths, message):
    with pytest.raises(DataError, match=message):
        embed_tree(star(3)).insert(names, parents, lengths)
