from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geoframe_pathways.routing.clusters import balanced_prototypes, k_means
from geoframe_pathways.routing.nearest import NearestPrototypes
from geoframe_pathways.routing.partition import (
    ROUTERS,
    RouterKind,
    make_router,
    members_of,
    route_space,
)
from geoframe_pathways.routing.router import FlatRouter
from geoframe_pathways.routing.tree import TreeRouter, grow_tree

KINDS: list[RouterKind] = ["flat", "tree", "faiss"]


def brute(points: np.ndarray, prototypes: np.ndarray, count: int) -> np.ndarray:
    distances = ((points[:, None] - prototypes[None]) ** 2).sum(axis=2)
    return np.argsort(distances, axis=1, kind="stable")[:, :count]


# Coordinates from a coarse grid make ties and equal points frequent.
grid = st.integers(-4, 4).map(float)


@given(
    points=arrays(np.float64, st.tuples(st.integers(1, 12), st.just(3)), elements=grid),
    prototypes=arrays(np.float64, st.tuples(st.integers(2, 40), st.just(3)), elements=grid),
)
def test_nearest_is_exact_and_ties_go_to_the_lowest(
    points: np.ndarray, prototypes: np.ndarray
) -> None:
    search = NearestPrototypes(prototypes)
    ids, distances = search.find(points, 2)
    np.testing.assert_array_equal(ids, brute(points, prototypes, 2))
    exact = np.linalg.norm(points[:, None] - prototypes[ids], axis=2)
    np.testing.assert_allclose(distances, exact, rtol=1e-12)
    assert [search.find_one(point) for point in points] == ids[:, 0].tolist()


def test_far_from_the_origin_routing_is_still_exact() -> None:
    random = np.random.default_rng(0)
    prototypes = 1e6 + random.normal(size=(500, 4))
    points = 1e6 + random.normal(size=(300, 4))
    ids, _ = NearestPrototypes(prototypes).find(points, 1)
    np.testing.assert_array_equal(ids, brute(points, prototypes, 1))


@pytest.fixture(scope="module")
def cloud() -> np.ndarray:
    random = np.random.default_rng(1)
    dense = random.normal(0.0, 0.05, size=(3000, 3))
    return np.concatenate([dense, random.uniform(-1, 1, size=(1500, 3))])


@pytest.mark.parametrize("kind", KINDS)
def test_a_router_keeps_its_promises(kind: RouterKind, cloud: np.ndarray) -> None:
    if kind == "faiss":
        pytest.importorskip("faiss")
    router = make_router(cloud, 40, kind=kind, valency=3, min_rows=30, balance=True, seed=0)
    assert router.kind == kind
    ids, distances = router.two_nearest(cloud)
    sizes = np.bincount(ids[:, 0], minlength=router.cells)
    if kind != "faiss":  # whose search is approximate
        assert sizes.min() >= 30
    assert 20 <= router.cells <= 40
    assert sizes.max() <= 4 * len(cloud) / router.cells
    assert (ids[:, 0] != ids[:, 1]).all()
    gaps = np.linalg.norm(cloud[:, None] - router.prototypes[ids], axis=2)
    np.testing.assert_allclose(distances, gaps, rtol=1e-12)
    assert [router.one(point) for point in cloud[:50]] == ids[:50, 0].tolist()
    # Alone, in another order or in a batch: the answer is the same.
    np.testing.assert_array_equal(router.two_nearest(cloud[::-1])[0][::-1], ids)
    again = ROUTERS[kind].from_arrays({k: np.array(v) for k, v in router.arrays().items()})
    np.testing.assert_array_equal(again.two_nearest(cloud)[0], ids)
    assert again.comparisons() == router.comparisons()


def test_a_tree_is_not_the_flat_router(cloud: np.ndarray) -> None:
    tree = grow_tree(cloud, 64, valency=8, min_rows=1, seed=0)
    flat = FlatRouter(tree.prototypes)
    agreement = (tree.two_nearest(cloud)[0][:, 0] == flat.two_nearest(cloud)[0][:, 0]).mean()
    assert 0.5 < agreement < 1.0
    assert tree.comparisons() < 0.6 * flat.comparisons()


def test_a_tree_of_one_leaf() -> None:
    router = TreeRouter(np.zeros((1, 2)), np.zeros((1, 2), dtype=np.int64))
    ids, distances = router.two_nearest(np.ones((3, 2)))
    assert ids.tolist() == [[0, 0]] * 3
    assert np.isinf(distances[:, 1]).all()
    assert router.one(np.ones(2)) == 0


def test_equal_points_make_no_empty_cells() -> None:
    points = np.repeat(np.eye(3), 50, axis=0)
    assert len(k_means(points, 10, seed=0)) == 3
    for kind in ("flat", "tree"):
        router = make_router(points, 10, kind=kind, valency=4, min_rows=5, balance=True, seed=0)
        sizes = np.bincount(router.two_nearest(points)[0][:, 0], minlength=router.cells)
        assert sizes.min() > 0


@settings(max_examples=12)
@given(cells=st.integers(2, 30), min_rows=st.integers(1, 80), seed=st.integers(0, 5))
def test_no_cell_is_below_min_rows(cells: int, min_rows: int, seed: int) -> None:
    points = np.random.default_rng(seed).exponential(size=(400, 2))
    prototypes = balanced_prototypes(points, cells, min_rows=min_rows, seed=seed)
    owner = NearestPrototypes(prototypes).find(points, 1)[0][:, 0]
    sizes = np.bincount(owner, minlength=len(prototypes))
    assert len(prototypes) <= cells
    assert sizes.min() >= min_rows


@settings(max_examples=12)
@given(overlap=st.sampled_from([0.0, 0.1, 0.5]), cells=st.integers(1, 12))
def test_members_are_the_cell_and_its_borders(overlap: float, cells: int) -> None:
    points = np.random.default_rng(cells).normal(size=(200, 2))
    router = make_router(points, cells, kind="flat", valency=2, min_rows=1, balance=True, seed=0)
    members = members_of(router, points, overlap)
    ids, distances = router.two_nearest(points)
    for cell, rows in enumerate(members):
        own = np.flatnonzero(ids[:, 0] == cell)
        border = np.flatnonzero(
            (ids[:, 1] == cell)
            & (ids[:, 0] != cell)
            & (distances[:, 1] <= (1 + overlap) * distances[:, 0])
        )
        expected = own if overlap == 0 else np.union1d(own, border)
        np.testing.assert_array_equal(rows, expected)


def test_wide_inputs_are_routed_in_principal_components() -> None:
    random = np.random.default_rng(0)
    x = (random.normal(size=(500, 5)) @ random.normal(size=(5, 60))).astype(np.float32)
    space = route_space(x, 5)
    assert space.components is not None
    projected = space.project(x)
    # The data have five dimensions, so their distances are kept.
    gaps = np.linalg.norm(x[:100].astype(float) - x[100:200], axis=1)
    kept = np.linalg.norm(projected[:100] - projected[100:200], axis=1)
    np.testing.assert_allclose(kept, gaps, rtol=1e-4)
    assert route_space(x, 60).components is None


def test_components_of_wide_inputs_are_nearly_the_leading_ones() -> None:
    random = np.random.default_rng(0)
    latent = random.normal(size=(400, 5)) * [9.0, 8.0, 7.0, 6.0, 5.0]
    x = (latent @ random.normal(size=(5, 600)) + 0.1 * random.normal(size=(400, 600))).astype("f4")
    space = route_space(x, 5)
    assert space.components is not None
    np.testing.assert_allclose(space.components.T @ space.components, np.eye(5), atol=1e-4)
    left = ((x - x.mean(axis=0)) ** 2).sum() - (space.project(x) ** 2).sum()
    assert left < 0.01 * ((x - x.mean(axis=0)) ** 2).sum()
    np.testing.assert_array_equal(space.components, route_space(x, 5).components)
