import numpy as np
import pytest
import torch
from embedded_items import at, random_points
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from geoframe import DataError, Trained


@given(seed=st.integers(0, 10**6), n=st.integers(2, 30), k=st.integers(0, 40))
@settings(max_examples=30)
def test_nearest_are_the_nearest(seed: int, n: int, k: int) -> None:
    points = np.round(random_points(n, seed=seed), 1)  # with ties and twins
    found = at(points, scale=2.0).nearest([str(item) for item in range(n)], k)
    all_distances = 2 * cdist(points, points)
    kept = min(k, n - 1)
    assert len(found) == n * kept
    for item in range(n):
        rows = found[found["name"] == str(item)]
        others = np.delete(all_distances[item], item)
        assert rows["distance"].to_numpy() == pytest.approx(np.sort(others)[:kept], abs=1e-9)
        assert str(item) not in rows["neighbor"].tolist()
        assert rows["rank"].tolist() == list(range(1, kept + 1))


def test_one_name_is_compared_with_many() -> None:
    trained = at(np.array([[0.0], [1], [3]]))
    found = trained.distance("0", ["1", "2"])
    assert found["distance"].tolist() == [1, 3]
    assert found["second"].tolist() == ["1", "2"]
    assert trained.distance(0, 2)["distance"].item() == 3
    with pytest.raises(DataError, match="2 names cannot be compared with 3"):
        trained.distance(["0", "1"], ["0", "1", "2"])
    with pytest.raises(DataError, match="no item 'l'"):
        trained.distance("l", "1")
    with pytest.raises(DataError, match="k must be 0 or more"):
        trained.nearest("0", -1)


def test_nearest_among_those_allowed() -> None:
    trained = at(np.arange(5.0)[:, None])
    later = np.arange(5) >= np.arange(5)[:, None]
    distances, numbers = trained.nearest_among(np.array([2]), 4, lambda items: later[items])
    there = np.isfinite(distances)
    assert numbers[there].tolist() == [3, 4]
    assert distances[there].tolist() == [1, 2]


def test_a_trained_embedding_is_trained() -> None:
    trained = at(random_points(6))
    assert isinstance(trained, Trained)
    assert repr(trained) == "Trained(6 items in Euclidean(dim=2))"
    assert "data:image/svg+xml" in trained._repr_html_()
    assert trained.to_frame().loc["3"].to_numpy() == pytest.approx(trained.points[3].numpy())


def test_a_new_item_is_placed_by_some_distances() -> None:
    points = random_points(12)
    trained = at(points)
    new = np.array([[0.3, -0.2]])
    distances = cdist(new, points)
    distances[0, 5:] = np.nan
    assert trained.place(trained.names, distances) == pytest.approx(new, abs=1e-4)
    with pytest.raises(DataError, match="must be finite and not negative"):
        trained.place(trained.names, -distances)
    with pytest.raises(DataError, match="new item 1: no distance"):
        trained.place(trained.names, np.full((1, 12), np.nan))


def test_blocks_of_pairs_are_whole() -> None:
    trained = at(random_points(50))
    first, second = np.triu_indices(50, 1)
    found = trained.compare(lambda x, y: torch.linalg.vector_norm(x - y, dim=-1), first, second)
    np.testing.assert_allclose(found.numpy(), trained.between(first, second))
