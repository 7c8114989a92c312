import attrs
import networkx as nx
import numpy as np
import pytest
from hnn_trees import complete, path, random_tree, star

from geoframe_hnn.arrays.layout import centered_layout, leaf_shares, middle
from geoframe_hnn.arrays.models import BallDistances, to_ball
from geoframe_hnn.quality import measure_items


@pytest.mark.parametrize("dim", [2, 3, 5])
@pytest.mark.parametrize("ratio", [1.0, 100.0])
def test_the_farthest_node_is_at_the_radius(dim: int, ratio: float) -> None:
    tree = random_tree(60, ratio=ratio)
    radii = np.linalg.norm(centered_layout(tree, dim, 9.0), axis=1)
    assert radii.max() == pytest.approx(9.0)
    assert radii.min() == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("tree", [complete(2, 6), complete(5, 2), star(12), path(9)])
@pytest.mark.parametrize("dim", [2, 4])
def test_neighbours_of_a_small_tree_come_first(tree, dim: int) -> None:
    points = to_ball(centered_layout(tree, dim, 15.0)).astype(np.float32)
    assert measure_items(BallDistances(points), tree, "edges", 200)["map_edges"] > 0.97


def test_the_middle_is_a_centre_of_the_graph() -> None:
    for seed in range(4):
        tree = random_tree(40, seed=seed, ratio=50.0)
        graph = nx.Graph()
        for child in range(1, len(tree)):
            graph.add_edge(child, int(tree.parent[child]), weight=tree.length[child])
        every = dict(nx.all_pairs_dijkstra_path_length(graph))
        farthest = [max(every[node].values()) for node in range(len(tree))]
        assert farthest[middle(tree)] == pytest.approx(min(farthest))


def test_shares_of_a_circle_add_up_and_follow_leaves() -> None:
    tree = random_tree(50)
    child, parent = leaf_shares(tree, 1.0)
    total = parent.copy()
    np.add.at(total, tree.parent[1:], child[1:])
    inner = tree.child_count > 0
    np.testing.assert_allclose(total[inner], 1.0)
    assert child[0] == parent[0] == 0.0
    even, _ = leaf_shares(complete(3, 2), 0.25)
    assert even[1:4] == pytest.approx(1 / 3)


def test_one_node_and_two() -> None:
    assert centered_layout(path(1), 3, 5.0).tolist() == [[0.0, 0.0, 0.0]]
    both = centered_layout(attrs.evolve(path(2), length=np.array([0.0, 7.0])), 2, 5.0)
    assert sorted(np.linalg.norm(both, axis=1)) == pytest.approx([0.0, 5.0])
