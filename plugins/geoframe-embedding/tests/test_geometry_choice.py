import networkx as nx
import numpy as np
import pytest
from embedded_items import random_points
from scipy.spatial.distance import cdist

from geoframe import ConfigError, DataError
from geoframe_embedding.distances import Floats
from geoframe_embedding.geometry_choice import rank_geometries

QUICK = {"seeds": (0,), "items": 60, "steps": 120}


def sphere(n: int) -> Floats:
    points = random_points(n, 3)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    return np.asarray(2 * np.arcsin(0.5 * cdist(points, points)))


def test_a_tree_is_hyperbolic() -> None:
    ranked = rank_geometries(nx.balanced_tree(2, 6), **QUICK)
    assert ranked.index[0] == "hyperboloid"
    assert ranked["chosen"].tolist() == [True, False, False]
    assert ranked.loc["hyperboloid", "misfit"] < 0.6 * ranked.loc["euclidean", "misfit"]


def test_a_sphere_is_a_sphere() -> None:
    ranked = rank_geometries(sphere(150), **QUICK)
    assert ranked["chosen"].idxmax() == "sphere"


def test_the_plane_stays_flat() -> None:
    points = random_points(150)
    ranked = rank_geometries(cdist(points, points), **QUICK)
    assert ranked["chosen"].idxmax() == "euclidean"
    assert ranked.loc["euclidean", "stress"] < 1e-3


def test_any_geometry_by_its_table_and_missing_distances() -> None:
    points = random_points(40)
    distances = cdist(points, points)
    distances[3, 4] = distances[4, 3] = np.nan
    table = {"name": "snowflake", "power": "metric"}
    ranked = rank_geometries(distances, ["euclidean", table], 2, seeds=(0,), items=40, steps=60)
    assert set(ranked.index) == {"euclidean", "snowflake"}
    assert np.isfinite(ranked.to_numpy(dtype=float)).all()


def test_what_cannot_be_ranked_is_told() -> None:
    with pytest.raises(ConfigError, match="'minkowski' has negative distances"):
        rank_geometries(sphere(20), ["minkowski"], **QUICK)
    with pytest.raises(DataError, match="fewer than four"):
        rank_geometries(nx.empty_graph(9), **QUICK)
