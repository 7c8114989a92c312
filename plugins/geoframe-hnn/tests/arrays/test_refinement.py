import numpy as np
import pytest
from hnn_trees import random_tree
from hypothesis import given
from hypothesis import strategies as st

from geoframe_hnn.arrays import refinement
from geoframe_hnn.arrays.descent import moved
from geoframe_hnn.arrays.models import BallDistances
from geoframe_hnn.arrays.refinement import Neighborhood, nearest_others, refine
from geoframe_hnn.quality import measure_items

EDGES = np.array([[0, 1], [0, 2], [2, 3], [3, 4]])


def points(n: int, dim: int = 2) -> np.ndarray:
    return 0.6 * np.random.default_rng(1).uniform(-1, 1, (n, dim)) / np.sqrt(dim)


def loss(x, neighborhood, others, weight, temperature):
    """The loss as its definition says it."""
    distance = BallDistances(x).rows(np.arange(len(x)))
    total = 0.0
    for u in range(len(x)):
        around = neighborhood.target[neighborhood.source == u]
        apart = [
            w * np.exp(-distance[u, v] / temperature)
            for v, w in zip(others[u], weight[u], strict=True)
            if not neighborhood.holds(np.array(u), np.array(v))
        ]
        total += np.mean(
            [np.log1p(np.exp(distance[u, v] / temperature) * sum(apart)) for v in around]
        )
    return total / len(x)


@pytest.mark.parametrize("dim", [2, 3])
def test_the_gradient_is_that_of_the_loss(dim: int) -> None:
    neighborhood, x = Neighborhood.of_edges(5, EDGES), points(5, dim)
    hard, random = np.array([[3], [4], [1], [0], [1]]), np.array([[4, 1]] * 5)
    weight = np.array([[1.0, 2.5, 2.5]] * 5)
    others = np.concatenate([hard, random], axis=1)
    found = refinement._gradient(x, neighborhood, hard, random, 0.7)
    for place in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[place] = 1e-6
        ends = [loss(x + sign * step, neighborhood, others, weight, 0.7) for sign in (1, -1)]
        assert found[place] == pytest.approx((ends[0] - ends[1]) / 2e-6, abs=1e-6)


@given(seed=st.integers(0, 100), length=st.floats(0.01, 2.0))
def test_a_step_has_its_hyperbolic_length(seed: int, length: float) -> None:
    generator = np.random.default_rng(seed)
    x = 0.7 * generator.uniform(-1, 1, (4, 3)) / np.sqrt(3)
    way = generator.standard_normal((4, 3))
    way *= length / np.linalg.norm(way, axis=1, keepdims=True)
    both = BallDistances(np.concatenate([x, moved(x, way, 1.0)]))  # type: ignore[arg-type]
    np.testing.assert_allclose(both.between(np.arange(4), np.arange(4) + 4), length, rtol=1e-6)
    assert np.linalg.norm(moved(x, 50.0 * way, 0.8), axis=1).max() <= 0.8 + 1e-12


def test_neighbours_come_first_after_a_refinement_that_is_repeatable() -> None:
    tree = random_tree(60)
    edges = np.stack([tree.parent[1:], np.arange(1, 60)], axis=1)
    neighborhood = Neighborhood.of_edges(60, edges)
    start = 1.5 * points(60)
    found = refine(start, neighborhood, steps=120, seed=0)
    np.testing.assert_array_equal(found, refine(start, neighborhood, steps=120, seed=0))
    farthest = np.linalg.norm(start, axis=1).max()
    assert np.linalg.norm(found, axis=1).max() <= farthest + 1e-12
    before, after = (
        measure_items(BallDistances(x), tree, "edges", 60)["map_edges"] for x in (start, found)
    )
    assert before < 0.2
    assert after > 0.4


def test_near_others_are_no_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    x, neighborhood = points(30), Neighborhood.of_edges(30, EDGES)
    exact = nearest_others(x, neighborhood)
    assert exact.shape == (30, refinement.HARD)
    assert not neighborhood.holds(np.arange(30)[:, None], exact).any()
    monkeypatch.setattr(refinement, "ALL_PAIRS", 10)
    rough = nearest_others(x, neighborhood)
    shared = [len(set(a) & set(b)) for a, b in zip(exact.tolist(), rough.tolist(), strict=True)]
    assert np.mean(shared) > 0.8 * refinement.HARD
