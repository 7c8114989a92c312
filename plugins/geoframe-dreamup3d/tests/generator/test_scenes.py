import numpy as np
import pytest

from geoframe.errors import DataError
from geoframe_dreamup3d.generator.collections import shapes_of
from geoframe_dreamup3d.generator.noise import SensorNoise
from geoframe_dreamup3d.generator.placement import overlap, place
from geoframe_dreamup3d.generator.scenes import SceneOptions, generate


@pytest.fixture(scope="module")
def shapes():
    return shapes_of(["primitives"], count=12)


def test_scenes_depend_on_seed_and_number_alone(shapes):
    few, more = (generate(shapes, n, SceneOptions(), seed=3) for n in (2, 4))
    assert np.array_equal(few.rgb, more.rgb[:2])
    assert np.array_equal(few.depth, more.depth[:2])
    assert not np.array_equal(few.depth, generate(shapes, 2, SceneOptions(), seed=4).depth)


def test_masks_poses_and_depth_agree(shapes):
    scenes = generate(shapes, 6, SceneOptions(), seed=0)
    truth = scenes.truth
    for i in range(len(scenes)):
        camera = scenes.cameras[i]
        points = scenes.points()[i] @ camera[:3, :3].T + camera[:3, 3]
        assert np.abs(points[truth.segmentation[i] == 0][:, 2]).max() < 1e-5  # the table
        for j in np.flatnonzero(truth.objects[i] >= 0):
            shape, pose = shapes[truth.objects[i, j]], truth.poses[i, j]
            seen = points[truth.segmentation[i] == j + 1]
            local = (seen - pose[:3, 3]) @ pose[:3, :3] / shape.half
            assert np.abs(local).max() < 1 + 1e-4
            placed = shape.hull @ pose[:3, :3].T + pose[:3, 3]
            assert placed[:, 2].min() == pytest.approx(0, abs=1e-9)


def test_touching_objects_come_near_and_never_overlap(shapes):
    from scipy.spatial import ConvexHull

    generator = np.random.default_rng(0)
    gaps = []
    for _ in range(20):
        placed = place(shapes, 2, generator, touching=1.0)
        if placed is None:
            continue
        outlines = []
        for each in placed:
            points = shapes[each.index].hull @ each.pose[:3, :3].T + each.pose[:3, 3]
            outlines.append(points[ConvexHull(points[:, :2]).vertices, :2])
        assert not overlap(*outlines, 0.0)
        gaps.append(overlap(*outlines, 0.0051))
    assert len(gaps) > 5
    assert all(gaps)


def test_too_few_shapes_are_told(shapes):
    with pytest.raises(DataError, match="too few"):
        generate(shapes[:2], 1, SceneOptions(), seed=0)


def test_noise_has_the_stated_size_and_leaves_holes():
    depth = np.full((200, 200), 0.9, np.float32)
    depth[:, 100:] = 1.2
    noisy = SensorNoise().apply(depth, np.random.default_rng(0))
    flat = noisy[:, 10:90][noisy[:, 10:90] > 0]
    assert flat.std() == pytest.approx(0.0012 + 0.0019 * 0.25, rel=0.05)
    assert (noisy[:, 10:90] == 0).mean() == pytest.approx(0.01, abs=0.003)
    edge = noisy[:, 99]
    assert ((edge > 0.92) & (edge < 1.18)).mean() > 0.2  # flying pixels


def test_many_objects_get_more_room_and_are_all_seen():
    many = SceneOptions(size=128, objects=(12, 12), touching=0.2)
    scenes = generate(shapes_of(["primitives"]), 1, many, seed=0)
    shown, pixels = np.unique(scenes.truth.segmentation[0], return_counts=True)
    assert shown.tolist() == [*range(13)]
    assert pixels[1:].min() >= 0.002 * 128**2 / 3
    few = generate(shapes_of(["primitives"]), 1, SceneOptions(size=128), seed=0)
    assert scenes.depth[0].max() > 1.3 * few.depth[0].max()
