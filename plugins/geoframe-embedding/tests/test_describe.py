"""Known geometries are recognised without labels."""

import sys
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

from geoframe.suggestion import Guess
from geoframe_data.graph import Graph
from geoframe_embedding.describe import describe, triangle_violations
from geoframe_embedding.hyperbolicity import hyperbolicity
from geoframe_embedding.order_choice import rank_orders

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
import known_geometries as known

sys.path.pop(0)


@pytest.mark.parametrize(
    ("draw", "seed"),
    [
        (known.tree, 0),
        (known.tree, 1),
        (known.grid, 0),
        (known.sphere, 0),
        (known.snowflake, 0),
        (known.causal_set, 0),
        (known.causal_set, 1),
    ],
)
def test_a_known_geometry_is_recognised(draw, seed):
    assert known.named(draw, seed) == {**known.BY_DISTANCES, **known.BY_ORDER}[draw]


def guess_of(edges, kind="graph"):
    edges = np.array(edges)
    names = tuple(str(number) for number in range(edges.max() + 1))
    return Guess(path=None, kind=kind, value=Graph(names=names, edges=edges), said=())


def test_directed_data_are_asked_for_their_order_and_trees_are_not(monkeypatch):
    asked = []
    monkeypatch.setattr("geoframe_embedding.describe.advise_space", lambda distances: "")
    monkeypatch.setattr(
        "geoframe_embedding.describe.advise_order", lambda directed: asked.append(directed) or []
    )
    tree = [(0, k) for k in range(1, 12)]
    list(describe(guess_of(tree, "tree")))
    assert not asked
    list(describe(guess_of([*tree, (1, 2)])))
    (directed,) = asked
    assert directed[0, 2] == 1
    assert np.isinf(directed[2, 0])


def test_what_runs_in_circles_has_no_order():
    edges = [(k, (k + 1) % 20) for k in range(20)]
    *_, said = describe(guess_of(edges))
    assert "Only 0.0% of pairs are in an order" in said


def test_a_space_without_time_says_the_order_of_a_tree_by_cones():
    """Which is why a spacetime is not simply the only one that can."""
    tree = nx.bfs_tree(nx.random_labeled_tree(60, seed=1), 0)
    ranked = rank_orders(known.paths(tree), ["hyperboloid"], 2, seeds=(0,), items=60)
    unrelated = np.isfinite(known.paths(tree)).mean()
    assert ranked.loc["hyperboloid", "wrong"] < 0.5 * unrelated


def test_trees_have_no_hyperbolicity_and_cycles_have():
    assert hyperbolicity(known.tree(0))[0] == 0
    delta, diameter = hyperbolicity(known.paths(nx.cycle_graph(40)))
    assert diameter == 20
    assert 8 <= delta <= 10  # n / 4 for a cycle of n


def test_broken_triangles_are_counted():
    assert triangle_violations(known.plane(0)) == 0
    assert triangle_violations(known.plane(0) ** 3) > 0.1
