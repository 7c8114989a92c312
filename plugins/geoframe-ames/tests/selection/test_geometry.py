import numpy as np
import pytest
from numpy.typing import NDArray

from geoframe_ames.selection.geometry import neighbor_paths, rank_by_stress
from geoframe_lgi.task import NodeTask

SPACES = ("euclidean", "hyperboloid", "sphere")


def rows(features: NDArray[np.float64]) -> NodeTask:
    n = len(features)
    return NodeTask(
        names=tuple(map(str, range(n))),
        features=features.astype(np.float32),
        kind="classification",
        target=np.zeros((n, 1)),
        outputs=("only",),
    )


def tree(depth: int = 7) -> NDArray[np.float64]:
    """Nodes of a binary tree: a coordinate per edge, 1 for the edges on the way to the root."""
    nodes = range(1, 2**depth)
    features = np.zeros((len(nodes), 2**depth))
    for node in nodes:
        above = node
        while above > 1:
            features[node - 1, above] = 1.0
            above //= 2
    return features


def ball(seed: int) -> NDArray[np.float64]:
    points = np.random.default_rng(seed).standard_normal((200, 3))
    return points / np.linalg.norm(points, axis=1, keepdims=True)


@pytest.mark.parametrize(
    ("features", "geometry"),
    [
        (tree(), "hyperboloid"),
        (ball(0), "sphere"),
        (np.random.default_rng(0).standard_normal((200, 2)), "euclidean"),
    ],
    ids=["tree", "sphere", "plane"],
)
def test_the_geometry_of_made_up_rows_is_found(
    features: NDArray[np.float64], geometry: str
) -> None:
    ranking = rank_by_stress(rows(features), SPACES, seeds=(0,))
    assert list(ranking.index[ranking["chosen"]]) == [geometry]


def test_paths_join_all_rows_even_apart_clusters() -> None:
    near = np.random.default_rng(0).standard_normal((30, 2))
    paths = neighbor_paths(rows(np.concatenate([near, near + 1000])), k=4)
    distances = paths.rows(np.arange(60))
    assert np.isfinite(distances).all()
    assert (distances[~np.eye(60, dtype=bool)] > 0).all()
