import numpy as np
import pytest

from geoframe_nst import landmarks
from geoframe_nst.landmarks import landmark_coordinates


def complete(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All pairs of points and their Euclidean distances."""
    edges = np.argwhere(np.triu(np.ones((len(points), len(points))), k=1))
    return edges, np.linalg.norm(points[edges[:, 0]] - points[edges[:, 1]], axis=1)


def distances(layout: np.ndarray, edges: np.ndarray) -> np.ndarray:
    return np.linalg.norm(layout[edges[:, 0]] - layout[edges[:, 1]], axis=1)


@pytest.mark.parametrize("most", [40, 8])
def test_euclidean_points_are_recovered(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(landmarks, "LANDMARKS", most)
    monkeypatch.setattr(landmarks, "JITTER", 0.0)
    points = np.random.default_rng(0).standard_normal((40, 2))
    edges, lengths = complete(points)
    layout = landmark_coordinates(40, edges, lengths, 2, seed=0)
    ratios = distances(layout, edges) / lengths
    np.testing.assert_allclose(ratios, ratios[0], rtol=1e-6)
    assert layout.std() == pytest.approx(1)


def test_paths_stand_in_for_missing_edges_whatever_their_direction() -> None:
    chain = np.array([[1, 0], [1, 2], [3, 2], [3, 4]])
    layout = landmark_coordinates(5, chain, np.array([1.0, 2, 1, 3]), 1, seed=0)[:, 0]
    expected = np.array([0.0, 1, 3, 4, 7])
    assert abs(np.corrcoef(layout, expected)[0, 1]) > 0.999


def test_of_two_edges_with_the_same_ends_the_shorter_counts() -> None:
    chain = np.array([[0, 1], [1, 0], [1, 2]])
    layout = landmark_coordinates(3, chain, np.array([9.0, 1.0, 1.0]), 1, seed=0)[:, 0]
    assert abs(layout[0] - layout[1]) == pytest.approx(abs(layout[1] - layout[2]), rel=0.1)


def test_separate_parts_are_kept_apart() -> None:
    edges = np.array([[0, 1], [2, 3]])
    layout = landmark_coordinates(5, edges, np.ones(2), 3, seed=0)
    assert np.isfinite(layout).all()
    inside = distances(layout, edges)
    across = distances(layout, np.array([[0, 2], [1, 3], [0, 4], [2, 4]]))
    assert inside.max() < across.min()


def test_more_coordinates_than_nodes_and_the_seed() -> None:
    edges = np.array([[0, 1]])
    layout = landmark_coordinates(2, edges, np.ones(1), 4, seed=3)
    assert layout.shape == (2, 4)
    assert np.isfinite(layout).all()
    np.testing.assert_array_equal(layout, landmark_coordinates(2, edges, np.ones(1), 4, seed=3))
    assert (layout != landmark_coordinates(2, edges, np.ones(1), 4, seed=4)).any()
