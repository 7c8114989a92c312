import attrs
import numpy as np
import pytest

from geoframe_dreamup3d.classical.boxes import (
    Box,
    minimum_volume_box,
    rotation_grid,
    small_rotations,
    upright_box,
)
from geoframe_dreamup3d.classical.clustering import (
    dbscan,
    renumbered,
    segment_by_distance,
    segment_by_pixels,
    spread_labels,
)
from geoframe_dreamup3d.classical.completion import VoxelShape, apart, carve, seen_empty
from geoframe_dreamup3d.generator.collections import shapes_of
from geoframe_dreamup3d.generator.scenes import SceneOptions, generate
from geoframe_dreamup3d.measures.geometry import box_surface, rotation_error
from geoframe_dreamup3d.measures.segmentation import ari_foreground
from geoframe_dreamup3d.table.view import view_of


@pytest.fixture(scope="module")
def scenes():
    return generate(shapes_of(["primitives"]), 6, SceneOptions(touching=0.0), seed=1)


def brick(degrees=30.0):
    rotation = small_rotations(np.array([[0.0, 0.0, np.radians(degrees)]]))[0]
    return Box(np.array([0.1, -0.05, 0.03]), rotation, np.array([0.12, 0.05, 0.06]))


def test_dbscan_agrees_with_scikit_learn():
    cluster = pytest.importorskip("sklearn.cluster")
    generator = np.random.default_rng(0)
    points = np.concatenate(
        [generator.normal(m, 0.01, (60, 3)) for m in (0.0, 0.1, 0.16)]
        + [generator.uniform(-0.2, 0.4, (20, 3))]
    ).astype(np.float32)
    ours = dbscan(points, 0.015, 4)
    theirs = cluster.DBSCAN(eps=0.015, min_samples=4).fit(points)
    assert ((ours < 0) == (theirs.labels_ < 0)).all()
    core = theirs.core_sample_indices_
    pairs = set(zip(ours[core].tolist(), theirs.labels_[core].tolist(), strict=True))
    assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})


def test_objects_apart_are_separated_without_learning(scenes):
    for i in range(len(scenes)):
        labels = segment_by_distance(view_of(scenes, i))
        assert ari_foreground(labels, scenes.truth.segmentation[i]) > 0.9


def test_connected_pixels_are_one_object_whatever_their_depth(scenes):
    view = view_of(scenes, 0)
    above = np.zeros(view.depth.shape, dtype=bool)
    above[2:8, 2:8] = above[20:30, 20:30] = True
    above[40, 40:43] = True  # too few to be an object
    labels = segment_by_pixels(attrs.evolve(view, above=above))
    assert sorted(np.unique(labels, return_counts=True)[1].tolist()[1:]) == [36, 100]
    assert labels[2, 2] != labels[20, 20]


def test_labels_that_no_pixel_has_fall_away(scenes):
    assert renumbered(np.array([[0, 3], [5, 3]], dtype=np.int32)).tolist() == [[0, 1], [2, 1]]
    assert renumbered(np.zeros((2, 2), dtype=np.int32)).max() == 0
    view = view_of(scenes, 0)
    on_table = view.points[view.valid & ~view.above][:40]
    above = view.points[view.above][:40]
    labels = np.repeat([0, 1], 40)
    found = spread_labels(view, np.concatenate([on_table, above]), labels, within=0.002)
    assert sorted(np.unique(found)) == [0, 1]


def test_an_upright_box_is_found_again():
    box = brick()
    points = box_surface(box, 4000, np.random.default_rng(0))
    found = upright_box(points, top=100)
    assert found.centre == pytest.approx(box.centre, abs=1e-3)
    assert rotation_error(found.rotation, box.rotation) < 1
    assert np.sort(found.size) == pytest.approx(np.sort(box.size), abs=2e-3)


def test_a_tilted_box_is_found_by_its_volume():
    tilt = small_rotations(np.array([[0.4, -0.3, 0.5]]))[0]
    box = Box(np.array([0.0, 0.1, 0.2]), tilt, np.array([0.12, 0.05, 0.08]))
    points = box_surface(box, 3000, np.random.default_rng(0))
    coarse, fine = (minimum_volume_box(points, refine=r) for r in (False, True))
    assert fine.volume <= coarse.volume
    assert rotation_error(fine.rotation, tilt) < 2
    assert np.linalg.det(fine.rotation) == pytest.approx(1)
    assert fine.centre == pytest.approx(box.centre, abs=2e-3)


def test_few_points_leave_a_box_unturned():
    points = np.random.default_rng(0).normal(size=(10, 3))
    assert np.array_equal(minimum_volume_box(points).rotation, np.eye(3))
    assert upright_box(np.array([[0.1, 0.1, 0.02]])).size.min() > 0


def test_the_grid_of_rotations_covers_the_group():
    grid = rotation_grid(4608)
    assert np.allclose(np.einsum("gij,gkj->gik", grid, grid), np.eye(3), atol=1e-9)
    generator = np.random.default_rng(0)
    for vector in generator.uniform(-1.5, 1.5, (20, 3)):
        rotation = small_rotations(vector[None])[0]
        angle = np.arccos(np.clip((np.einsum("gij,ij->g", grid, rotation).max() - 1) / 2, -1, 1))
        assert np.degrees(angle) < 13


def test_carving_removes_what_is_seen_to_be_empty_and_nothing_else(scenes):
    view = view_of(scenes, 0)
    mask = scenes.truth.segmentation[0] == 1
    box = upright_box(view.points[mask])
    shape = carve(view, box)
    empty = seen_empty(view, shape.centres())
    assert np.array_equal(shape.occupied, ~empty)
    assert 0 < empty.mean() < 1
    assert not seen_empty(view, view.points[mask]).any()


def test_space_claimed_twice_goes_to_the_nearer_one():
    a = VoxelShape(np.ones((8, 8, 8), bool), Box(np.zeros(3), np.eye(3), np.full(3, 0.08)))
    b = attrs.evolve(a, box=Box(np.array([0.04, 0, 0]), np.eye(3), np.full(3, 0.08)))
    left, right = apart([a, b], [np.array([[-0.04, 0, 0]]), np.array([[0.08, 0, 0]])])
    assert not left.holds(np.array([[0.035, 0.0, 0.0]]))[0]
    assert left.holds(np.array([[0.005, 0.001, 0.001]]))[0]
    assert not right.holds(np.array([[0.005, 0.001, 0.001]]))[0]
    centres = left.centres()[left.occupied]
    assert not right.holds(centres).any()
