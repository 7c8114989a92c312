import attrs
import numpy as np
import pytest

from geoframe.errors import DataError
from geoframe_dreamup3d.generator.collections import shapes_of
from geoframe_dreamup3d.generator.noise import SensorNoise
from geoframe_dreamup3d.generator.scenes import SceneOptions, generate
from geoframe_dreamup3d.table.view import view_of


@pytest.fixture(scope="module")
def scenes():
    return generate(shapes_of(["primitives"]), 4, SceneOptions(size=96), seed=1)


def test_the_table_is_found_without_knowing_the_camera(scenes):
    unknown = attrs.evolve(scenes, cameras=None)
    for i in range(len(scenes)):
        known, fitted = view_of(scenes, i), view_of(unknown, i)
        assert np.abs(fitted.points[..., 2] - known.points[..., 2]).max() < 1e-4
        assert (known.above == fitted.above).mean() > 0.999
        assert np.array_equal(fitted.camera, view_of(unknown, i).camera)  # no chance in it


def test_noise_and_holes_leave_the_table_where_it_is(scenes):
    generator = np.random.default_rng(0)
    noisy = SensorNoise().apply(scenes.depth[0], generator)
    noisy[20:40, 10:30] = 0
    view = view_of(attrs.evolve(scenes, depth=noisy[None].repeat(4, 0), cameras=None), 0)
    table = (scenes.truth.segmentation[0] == 0) & view.valid
    assert abs(np.median(view.points[table][:, 2])) < 1e-3
    assert view.above[table].mean() < 0.03
    assert not view.above[~view.valid].any()


def test_a_world_whose_zero_is_elsewhere_is_kept(scenes):
    moved = scenes.cameras.copy()
    moved[:, 2, 3] += 0.5
    view = view_of(attrs.evolve(scenes, cameras=moved), 0)
    assert view.repairs
    point = view.points[50, 50]
    world = view.to_world[:3, :3] @ point + view.to_world[:3, 3]
    assert world == pytest.approx(
        scenes.points()[0, 50, 50] @ moved[0, :3, :3].T + moved[0, :3, 3], abs=1e-4
    )


def test_no_table_is_one_line(scenes):
    depth = np.random.default_rng(0).uniform(0.3, 2.0, scenes.depth.shape).astype(np.float32)
    with pytest.raises(DataError, match="no table"):
        view_of(attrs.evolve(scenes, depth=depth, cameras=None), 0)


def test_every_second_pixel_sees_the_same_points(scenes):
    view = view_of(scenes, 0)
    thin = view.at_stride(3)
    u, v, z = thin.project(thin.points)
    h, w = thin.depth.shape
    assert u == pytest.approx(np.broadcast_to(np.arange(w) + 0.5, (h, w)), abs=1e-3)
    assert v == pytest.approx(np.broadcast_to(np.arange(h)[:, None] + 0.5, (h, w)), abs=1e-3)
    assert z == pytest.approx(thin.depth, abs=1e-5)
