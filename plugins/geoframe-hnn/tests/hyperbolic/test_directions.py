import numpy as np
import pytest
from hnn_trees import complete, random_tree

from geoframe_hnn.hyperbolic.directions import equal_directions, in_space, turned
from geoframe_hnn.hyperbolic.embedded_tree import embed_tree


def test_turning_keeps_all_angles_at_a_node() -> None:
    tree = random_tree(60)
    plane = np.zeros((60, 4))
    angle = np.random.default_rng(0).uniform(0, 2 * np.pi, 60)
    plane[:, 0], plane[:, 1] = np.cos(angle), np.sin(angle)
    found = turned(tree, plane)
    np.testing.assert_allclose(found[:, 0], plane[:, 0])  # the angle with the way back
    for node in range(60):
        children = tree.children(node)
        np.testing.assert_allclose(
            found[children] @ found[children].T, plane[children] @ plane[children].T, atol=1e-12
        )
    np.testing.assert_array_equal(found, turned(tree, plane))


def test_a_binary_tree_leaves_the_plane_where_there_is_room() -> None:
    tree = complete(2, 6)
    for direction in (equal_directions(tree, 3), in_space(tree, equal_directions(tree, 2), 3)):
        assert np.linalg.matrix_rank(direction, tol=1e-3) == 3
    at_root = embed_tree(tree, dim=3).rescaled(0.4).tangent()  # long edges hide all but one turn
    spread = np.linalg.svd(at_root, compute_uv=False)
    assert spread[2] > 0.2 * spread[0]


@pytest.mark.parametrize("ratio", [1.0, 100.0])
def test_more_dimensions_never_need_a_larger_scale(ratio: float) -> None:
    tree = random_tree(80, ratio=ratio)
    plane, *more = (embed_tree(tree, dim=dim) for dim in (2, 3, 5))
    for embedded in more:
        assert embedded.scale <= plane.scale * 1.002
        assert embedded.certificate() <= 1.1 + 1e-6
