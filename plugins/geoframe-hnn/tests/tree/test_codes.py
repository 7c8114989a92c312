"""Directions around a node."""

import numpy as np
import pytest
from hnn_trees import random_tree

from geoframe_hnn.hyperbolic.directions import fresh_direction, planar_directions
from geoframe_hnn.hyperbolic.embedded_tree import HyperbolicTree
from geoframe_hnn.tree.codes import spherical_code


def least_angle(code: np.ndarray) -> float:
    cosine = code @ code.T
    np.fill_diagonal(cosine, -1.0)
    return float(np.arccos(cosine.max()))


@pytest.mark.parametrize(("size", "dim"), [(1, 3), (4, 3), (7, 3), (30, 4), (50, 10), (900, 3)])
def test_codes_are_unit_vectors_that_begin_at_the_pole(size, dim):
    code = spherical_code(size, dim)
    assert code.shape == (size, dim)
    assert np.linalg.norm(code, axis=1) == pytest.approx(1.0)
    assert code[0] == pytest.approx(-np.eye(dim)[0])


@pytest.mark.parametrize("dim", [3, 5, 100])
def test_small_codes_are_simplices(dim):
    for size in range(2, min(dim + 2, 8)):
        code = spherical_code(size, dim)
        expected = np.full((size, size), -1.0 / (size - 1))
        np.fill_diagonal(expected, 1.0)
        assert code @ code.T == pytest.approx(expected, abs=1e-12)


def test_codes_come_close_to_the_best_known():
    # Octahedron and icosahedron: 90 and 63.43 degrees; 24 points: 43.69 (Sloane's tables).
    for size, best in ((6, 90.0), (12, 63.435), (24, 43.691)):
        assert np.degrees(least_angle(spherical_code(size, 3))) > 0.9 * best


def test_large_codes_keep_apart():
    code = spherical_code(2000, 3)
    # A cap of half the least angle around each point: their areas cannot exceed the sphere's.
    assert least_angle(code) > 0.6 * np.sqrt(4 * 4 / 2000)


@pytest.mark.parametrize("dim", [2, 3, 6])
def test_fresh_directions_are_far_from_those_taken(dim):
    rng = np.random.default_rng(0)
    taken = rng.standard_normal((5, dim))
    taken /= np.linalg.norm(taken, axis=1, keepdims=True)
    fresh = fresh_direction(taken)
    others = rng.standard_normal((2000, dim))
    others /= np.linalg.norm(others, axis=1, keepdims=True)
    best = np.arccos((others @ taken.T).max(axis=1)).max()
    assert np.arccos((taken @ fresh).max()) > 0.85 * best


def test_pictures_have_no_crossing_edges():
    tree = random_tree(60, seed=4, ratio=4.0)
    shown = HyperbolicTree(tree=tree, direction=planar_directions(tree, 0.6), scale=0.6)
    # In the Klein model geodesics are straight segments.
    p = shown.to_poincare()
    klein = 2 * p / (1 + (p**2).sum(1, keepdims=True))
    child = np.arange(1, 60)
    a, b = klein[tree.parent[child]], klein[child]

    def side(p, q, r):
        (a, b), (c, d) = q - p, r - p
        return np.sign(a * d - b * c)

    for i in range(59):
        for j in range(i):
            ends = {child[i], child[j], tree.parent[child[i]], tree.parent[child[j]]}
            if len(ends) == 4:
                crossing = side(a[i], b[i], a[j]) != side(a[i], b[i], b[j]) and side(
                    a[j], b[j], a[i]
                ) != side(a[j], b[j], b[i])
                assert not crossing
