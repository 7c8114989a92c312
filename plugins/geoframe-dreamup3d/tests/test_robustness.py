"""What images as they come do not break: many objects, holes, nothing at all."""

import attrs
import numpy as np
import pytest

from geoframe_data.scene_files.layouts import looking_at
from geoframe_data.scenes import Scenes
from geoframe_dreamup3d.classical.clustering import segment_by_distance, without_outliers
from geoframe_dreamup3d.generator.placement import Placed
from geoframe_dreamup3d.generator.primitives import Primitive
from geoframe_dreamup3d.generator.scenes import draw
from geoframe_dreamup3d.measures.segmentation import adjusted_rand
from geoframe_dreamup3d.objects import describe
from geoframe_dreamup3d.table.view import view_of

SIDE = 256


def crowded():
    """Thirty cans in five rows."""
    can = Primitive(
        name="can", kind="cylinder", half=np.array([0.025, 0.025, 0.04]), colour=np.full(3, 0.6)
    )
    placed = []
    for x in np.linspace(-0.25, 0.25, 6):
        for y in np.linspace(-0.2, 0.2, 5):
            pose = np.eye(4)
            pose[:3, 3] = [x, y, 0.04]
            placed.append(Placed(0, pose))
    camera = looking_at(np.array([0.0, -0.6, 0.9]), np.zeros(3))
    intrinsics = np.array([350.0, 350.0, SIDE / 2, SIDE / 2])
    rgb, depth, labels = draw([can], placed, camera, intrinsics, SIDE, np.random.default_rng(0))
    scenes = Scenes(rgb=rgb[None], depth=depth[None], intrinsics=intrinsics[None])
    return scenes, labels


def test_thirty_objects_are_found():
    scenes, truth = crowded()
    found = describe(view_of(scenes, 0), segment_by_distance)
    assert len(found.objects) == 30
    inside = truth > 0
    assert adjusted_rand(found.labels[inside], truth[inside]) > 0.95


def test_holes_in_depth_leave_the_objects():
    scenes, _ = crowded()
    depth = scenes.depth.copy()
    generator = np.random.default_rng(0)
    depth[generator.random(depth.shape) < 0.3] = 0
    depth[:, 100:110] = 0
    depth[0, 5, 5] = np.float32(0)
    found = describe(view_of(attrs.evolve(scenes, depth=depth), 0), segment_by_distance)
    assert 28 <= len(found.objects) <= 36
    assert (found.labels[depth[0] == 0] == 0).all()


def test_strays_leave_an_object_before_its_box():
    generator = np.random.default_rng(0)
    own = generator.uniform(0, 0.05, (300, 3)).astype(np.float32)
    strays = generator.uniform(0.15, 0.3, (5, 3)).astype(np.float32)
    kept = without_outliers(np.concatenate([own, strays]))
    assert kept[:300].mean() > 0.95
    assert not kept[300:].any()
    assert without_outliers(strays).all()  # too few to judge


@pytest.mark.parametrize("pixels", [1, 3])
def test_a_speck_has_a_box(pixels):
    scenes, _ = crowded()
    view = view_of(scenes, 0)
    labels = np.zeros((SIDE, SIDE), dtype=np.int32)
    rows, columns = np.nonzero(view.above)
    labels[rows[:pixels], columns[:pixels]] = 1
    found = describe(view, lambda _: labels)
    assert len(found.objects) == 1
    assert np.isfinite(found.objects[0].tight_box.size).all()
