import numpy as np
import pytest
from hnn_trees import random_tree

from geoframe_data.tree import Tree
from geoframe_embedding.comparison import ratios_of
from geoframe_hnn.arrays import tree_arrays
from geoframe_hnn.arrays.lengths import gradient
from geoframe_hnn.arrays.models import BallDistances
from geoframe_hnn.arrays.tree_arrays import fit_arrays
from geoframe_hnn.quality import evaluation_pairs


@pytest.mark.parametrize("dim", [2, 3])
def test_the_gradient_is_that_of_the_loss(dim: int) -> None:
    tree = random_tree(6, ratio=10.0)
    x = 0.6 * np.random.default_rng(1).uniform(-1, 1, (6, dim)) / np.sqrt(dim)
    pairs = np.triu_indices(6, 1)
    given = tree.distance(*pairs)

    def loss(x: np.ndarray) -> float:
        ratio = BallDistances(x).between(*pairs) / given  # type: ignore[arg-type]
        return float(((ratio.sum() / (ratio @ ratio) * ratio - 1.0) ** 2).mean())

    found = gradient(x, *pairs, given)
    for place in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[place] = 1e-6
        slope = (loss(x + step) - loss(x - step)) / 2e-6
        assert found[place] == pytest.approx(slope, abs=1e-6)


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
