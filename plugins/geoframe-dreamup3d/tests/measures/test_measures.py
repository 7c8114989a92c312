import numpy as np
import pytest

from geoframe_dreamup3d.classical.boxes import Box, small_rotations
from geoframe_dreamup3d.measures.geometry import (
    add_s,
    box_iou,
    box_surface,
    cube_rotations,
    rotation_error,
    shape_error,
)
from geoframe_dreamup3d.measures.segmentation import (
    adjusted_rand,
    ari_foreground,
    background_iou,
    matched,
    mean_segmentation_covering,
)


def test_the_rand_index_is_scikit_learns():
    metrics = pytest.importorskip("sklearn.metrics")
    generator = np.random.default_rng(0)
    for _ in range(10):
        a, b = generator.integers(0, 4, 200), generator.integers(0, 3, 200)
        assert adjusted_rand(a, b) == pytest.approx(metrics.adjusted_rand_score(a, b))
    assert adjusted_rand(a, a) == 1


def test_measures_of_a_segmentation():
    true = np.array([[0, 1, 1, 2, 2, 0]])
    assert ari_foreground(true, true) == 1
    assert np.isnan(ari_foreground(true, np.minimum(true, 1)))
    merged = np.minimum(true, 1)
    assert ari_foreground(merged, true) == 0
    assert mean_segmentation_covering(merged, true) == 0.5
    split = np.array([[0, 1, 3, 2, 2, 0]])
    assert mean_segmentation_covering(split, true) == 0.75
    assert background_iou(np.array([[0, 0, 1, 2, 2, 0]]), true) == pytest.approx(2 / 3)
    assert [(i, j) for i, j, _ in matched(split, true)] == [(0, 0), (1, 1)]


def test_boxes_against_each_other():
    box = Box(np.zeros(3), np.eye(3), np.array([0.1, 0.1, 0.1]))
    half = Box(np.array([0.05, 0, 0]), np.eye(3), box.size)
    assert box_iou(box, box) == pytest.approx(1)
    assert box_iou(box, half) == pytest.approx(1 / 3, abs=0.02)
    assert len(cube_rotations()) == 24
    tilt = small_rotations(np.radians([[0.0, 0, 10]]))[0]
    for symmetry in cube_rotations():
        assert rotation_error(tilt, symmetry) == pytest.approx(10)


def test_shapes_against_each_other():
    generator = np.random.default_rng(0)
    box = Box(np.zeros(3), np.eye(3), np.array([0.1, 0.1, 0.1]))
    points = box_surface(box, 5000, generator)
    assert np.abs(points).max(1) == pytest.approx(0.05)
    same = shape_error(points, points)
    assert (same.chamfer_l1_mm, same.f_score_1cm) == (0, 1)
    grid = np.stack(np.meshgrid(*[np.arange(8) * 0.1] * 2), -1).reshape(-1, 2)
    plane = np.concatenate([grid, np.zeros((64, 1))], 1)
    moved = shape_error(plane + np.array([0, 0, 0.02]), plane)
    assert moved.chamfer_l1_mm == pytest.approx(20)
    assert moved.f_score_1cm == 0
    pose = np.eye(4)
    pose[:3, 3] = [0, 0, 0.01]
    assert add_s(plane, pose, np.eye(4)) == pytest.approx(0.01)
