import attrs
import numpy as np
import pytest
from hnn_trees import random_tree, trees
from hypothesis import given

from geoframe_data.tree import Tree
from geoframe_embedding.comparison import ratios_of
from geoframe_hnn.arrays import tree_arrays
from geoframe_hnn.arrays.lengths import Offsets, gradient
from geoframe_hnn.arrays.models import BallDistances, to_ball
from geoframe_hnn.arrays.tour import Tour
from geoframe_hnn.arrays.tree_arrays import fit_arrays
from geoframe_hnn.quality import evaluation_pairs


@given(tree=trees())
def test_a_tour_sums_what_is_above_and_what_is_below(tree: Tree) -> None:
    values = np.random.default_rng(0).standard_normal((len(tree), 2))
    u, v = np.indices((len(tree), len(tree)))
    above = tree.lca(u, v) == v  # v is u or above it
    tour = Tour(tree.parent)
    assert tour.down(values) == pytest.approx(above @ values)
    assert tour.up(values) == pytest.approx(above.T @ values)


@pytest.mark.parametrize("dim", [2, 3])
def test_the_gradient_is_that_of_the_loss(dim: int) -> None:
    tree = random_tree(6, ratio=10.0)
    generator = np.random.default_rng(1)
    tangent = generator.uniform(-1, 1, (6, dim))
    tangent[0] = 0.0
    at, radius = Offsets.of(tangent, tree.parent), 2.0
    pairs = np.triu_indices(6, 1)
    apart = tree.distance(*pairs)
    weight = generator.uniform(0, 1, 15)

    def loss(at: Offsets) -> float:
        r, x = at.places()
        x /= np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-300)
        points = to_ball(np.minimum(r, radius)[:, None] * x)
        ratio = BallDistances(points).between(*pairs) / apart  # type: ignore[arg-type]
        factor = weight @ ratio / (weight @ ratio**2)
        return float(weight @ (factor * ratio - 1.0) ** 2)

    def slope(name: str, place: tuple[int, ...]) -> float:
        step = np.zeros_like(getattr(at, name))
        step[place] = 1e-6
        found = [loss(attrs.evolve(at, **{name: getattr(at, name) + s})) for s in (step, -step)]
        return (found[0] - found[1]) / 2e-6

    r, x = at.places()
    found = at.carried(r, *gradient(r, x, *pairs, apart, weight, radius))
    for node in range(1, 6):
        assert found[node, 0] == pytest.approx(slope("out", (node,)), abs=1e-6)
        for axis in range(dim):
            assert found[node, 1 + axis] == pytest.approx(slope("aside", (node, axis)), abs=1e-6)


def test_nobody_leaves_the_radius() -> None:
    tree = random_tree(50, ratio=10.0)
    arrays = fit_arrays(tree, 3, radius=4.0, steps=100, seed=0)
    assert np.arcsinh(np.linalg.norm(arrays.lorentz[:, 1:], axis=1)).max() < 4.001


def error(tree: Tree, steps: int, dim: int = 2) -> float:
    arrays = fit_arrays(tree, dim, radius=15.0, steps=steps, seed=0)
    return ratios_of(arrays.in_ball, evaluation_pairs(tree, 10**6)).relative_error


def test_refinement_brings_lengths_nearer_in_trees_of_not_too_many_nodes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tree = random_tree(60, ratio=10.0)
    plain = error(tree, 0)
    assert error(tree, 150) < 0.8 * plain
    monkeypatch.setattr(tree_arrays, "MOST_WEIGHTED", 59)
    assert error(tree, 150) == plain


def test_pairs_are_sampled_where_there_are_many() -> None:
    tree = random_tree(900, ratio=10.0)
    assert error(tree, 60, dim=5) < 0.8 * error(tree, 0, dim=5)
