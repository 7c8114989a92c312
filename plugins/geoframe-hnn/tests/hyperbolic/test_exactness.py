"""Distances against products of isometries in arithmetic of 2000 bits."""

import mpmath as mp
import numpy as np
import pytest
from hnn_trees import needs_data, path, random_tree, stored
from hypothesis import given
from hypothesis import strategies as st

from geoframe_hnn.hyperbolic.embedded_tree import HyperbolicTree, embed_tree
from geoframe_hnn.hyperbolic.polar import third_side


def positions(embedded: HyperbolicTree, wanted: set[int]) -> dict[int, mp.matrix]:
    """Points on the hyperboloid at the root, as first columns of products of Lorentz matrices."""
    d, tree = embedded.dim, embedded.tree
    frames: dict[int, mp.matrix] = {0: mp.eye(d + 1)}

    def frame(node: int) -> mp.matrix:
        if node not in frames:
            length = mp.mpf(embedded.scale * tree.length[node])
            boost = mp.eye(d + 1)
            boost[0, 0] = boost[1, 1] = mp.cosh(length)
            boost[0, 1] = boost[1, 0] = mp.sinh(length)
            way = [mp.mpf(x) for x in embedded.direction[node]]
            norm = mp.sqrt(sum(x * x for x in way))
            turn = rotation([x / norm for x in way])
            frames[node] = frame(int(tree.parent[node])) * turn * boost
        return frames[node]

    return {node: frame(node)[:, 0] for node in wanted}


def rotation(way: list[mp.mpf]) -> mp.matrix:
    """A rotation of space that takes the first axis to ``way``, by two reflections."""
    d = len(way)
    flip = -1 if way[0] < 0 else 1
    turn = mp.eye(d)
    if flip < 0:
        turn[0, 0] = turn[1, 1] = -1
    axis = [mp.mpf(flip if k == 0 else 0) for k in range(d)]
    middle = [a + w for a, w in zip(axis, way, strict=True)]
    first = mp.eye(d) - 2 * outer(axis, axis)
    second = mp.eye(d) - 2 * outer(middle, middle) / sum(m * m for m in middle)
    # Reflecting at the axis and then at the middle turns the axis to minus minus the way.
    spatial = second * first * turn
    full = mp.eye(d + 1)
    for i in range(d):
        for j in range(d):
            full[i + 1, j + 1] = spatial[i, j]
    return full


def outer(x: list[mp.mpf], y: list[mp.mpf]) -> mp.matrix:
    return mp.matrix([[a * b for b in y] for a in x])


def exact_distance(x: mp.matrix, y: mp.matrix) -> mp.mpf:
    product = x[0] * y[0] - sum(x[k] * y[k] for k in range(1, len(x)))
    return mp.acosh(product)


def worst_error(embedded: HyperbolicTree, pairs: int, bits: int = 2000) -> float:
    rng = np.random.default_rng(1)
    n = len(embedded)
    u = rng.integers(n, size=pairs)
    v = (u + rng.integers(1, n, size=pairs)) % n
    found = embedded.distance(u, v) * embedded.scale
    with mp.workprec(bits):
        points = positions(embedded, {*u.tolist(), *v.tolist()})
        exact = [exact_distance(points[a], points[b]) for a, b in zip(u, v, strict=True)]
        return max(float(abs(f / e - 1)) for f, e in zip(found.tolist(), exact, strict=True))


@needs_data
@pytest.mark.parametrize(
    ("name", "scale"), [("phylo_mosses_hofbauer2016", 10.0), ("pythonidae", 20.0)]
)
def test_distances_equal_2000_bits(name, scale):
    tree = stored(name)
    for angles in ("equal", "adaptive"):
        assert worst_error(embed_tree(tree, scale=scale, angles=angles), 60) < 1e-12


@pytest.mark.parametrize("dim", [2, 3, 6])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 20.0])
def test_distances_equal_2000_bits_in_any_dimension_and_scale(dim, scale):
    tree = random_tree(40, seed=3, ratio=30.0)
    assert worst_error(embed_tree(tree, dim=dim, scale=scale), 40) < 1e-12


def test_deep_paths_neither_recurse_nor_drift():
    tree = path(3000)
    embedded = embed_tree(tree, scale=5.0)
    assert embedded.distance(0, 2999) == pytest.approx(2999.0, rel=1e-12)


@given(a=st.floats(1e-6, 300.0), b=st.floats(1e-6, 300.0), angle=st.floats(1e-6, float(np.pi)))
def test_third_side_solves_the_law_of_cosines(a, b, angle):
    half_sine = np.sin(angle / 2)
    found = third_side(np.array([a]), np.array([b]), np.array([half_sine]))[0]
    with mp.workprec(3000):
        s = mp.mpf(half_sine)
        cosine = 1 - 2 * s * s
        cosh = mp.cosh(a) * mp.cosh(b) - mp.sinh(a) * mp.sinh(b) * cosine
        assert abs(found / mp.acosh(cosh) - 1) < 1e-13
