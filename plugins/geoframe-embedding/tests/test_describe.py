"""Known geometries are recognised without labels."""

import networkx as nx
import numpy as np
import pytest

from geoframe.suggestion import Guess
from geoframe_embedding.describe import describe, hyperbolicity, triangle_violations


class Matrix:
    def __init__(self, values):
        self.values = values


def paths(graph):
    return np.asarray(nx.floyd_warshall_numpy(graph))


def of_sphere(seed):
    points = np.random.default_rng(seed).normal(size=(70, 3))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    return np.arccos(np.clip(points @ points.T, -1, 1))


def of_plane(seed):
    points = np.random.default_rng(seed).uniform(size=(70, 2))
    return np.linalg.norm(points[:, None] - points, axis=-1)


def of_tree(seed):
    return paths(nx.random_labeled_tree(70, seed=seed))


def of_grid(seed):
    return paths(nx.grid_2d_graph(8, 9 + seed))


def of_snowflake(seed):
    return np.sqrt(of_plane(seed))


KNOWN = {
    of_tree: "hyperbolic",
    of_plane: "flat",
    of_grid: "flat",
    of_sphere: "sphere",
    of_snowflake: "snowflake",
}


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("make", KNOWN)
def test_a_known_geometry_is_recognised(make, seed):
    values, name = make(seed), KNOWN[make]
    np.fill_diagonal(values, 0)
    guess = Guess(path=None, kind="distances", value=Matrix(values), said=())
    *_, verdict = describe(guess)
    assert f"{name} " in verdict.partition("suits")[0] + " ", verdict


def test_trees_have_no_hyperbolicity_and_cycles_have():
    assert hyperbolicity(of_tree(0))[0] == 0
    delta, diameter = hyperbolicity(paths(nx.cycle_graph(40)))
    assert diameter == 20
    assert 8 <= delta <= 10  # n / 4 for a cycle of n


def test_broken_triangles_are_counted():
    assert triangle_violations(of_plane(0)) == 0
    assert triangle_violations(of_plane(0) ** 3) > 0.1
