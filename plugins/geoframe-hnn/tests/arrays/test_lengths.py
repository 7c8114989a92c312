import numpy as np
import pytest
from hnn_trees import random_tree

from geoframe_data.tree import Tree
from geoframe_embedding.comparison import ratios_of
from geoframe_hnn.arrays import lengths
from geoframe_hnn.arrays.lengths import GivenPairs, drawn_pairs, gradient, refine_lengths
from geoframe_hnn.arrays.models import BallDistances
from geoframe_hnn.arrays.tree_arrays import fit_arrays
from geoframe_hnn.quality import evaluation_pairs


def points(n: int, dim: int) -> np.ndarray:
    return 0.6 * np.random.default_rng(1).uniform(-1, 1, (n, dim)) / np.sqrt(dim)


def loss(x: np.ndarray, pairs: GivenPairs) -> float:
    """The loss as its definition says it: least over the factor."""
    ratio = BallDistances(x).between(pairs.first, pairs.second) / pairs.given  # type: ignore[arg-type]
    factor = ratio.sum() / (ratio @ ratio)
    return float(((factor * ratio - 1.0) ** 2).mean())


@pytest.mark.parametrize("dim", [2, 3])
def test_the_gradient_is_that_of_the_loss(dim: int) -> None:
    tree, x = random_tree(6, ratio=10.0), points(6, dim)
    (pairs,) = drawn_pairs(tree, 0)
    found = gradient(x, pairs)
    for place in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[place] = 1e-6
        ends = [loss(x + sign * step, pairs) for sign in (1, -1)]
        assert found[place] == pytest.approx((ends[0] - ends[1]) / 2e-6, abs=1e-6)


def test_large_trees_are_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    tree = random_tree(50, ratio=10.0)
    monkeypatch.setattr(lengths, "ALL_PAIRS", 10)
    drawn = drawn_pairs(tree, 0)
    assert len(drawn) == lengths.DRAWN
    pairs = drawn[0]
    assert (pairs.first != pairs.second).all()
    np.testing.assert_allclose(pairs.given, tree.distance(pairs.first, pairs.second))
    edges = set(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True))
    assert {(node, int(tree.parent[node])) for node in range(1, 50)} <= edges
    start = points(50, 2)
    found = refine_lengths(start, tree, steps=60, seed=0)
    every = GivenPairs.of(tree, *np.triu_indices(50, 1))
    assert loss(found, every) < 0.7 * loss(start, every)


def error(tree: Tree, steps: int) -> float:
    arrays = fit_arrays(tree, 2, radius=15.0, steps=steps, seed=0)
    return ratios_of(arrays.in_ball, evaluation_pairs(tree, 10**6)).relative_error


def test_refinement_brings_lengths_nearer() -> None:
    tree = random_tree(60, ratio=10.0)
    assert error(tree, 150) < 0.8 * error(tree, 0)
