import json
import pickle
import sys
from functools import partial

import numpy as np
import pytest
from PIL import Image

from geoframe.errors import DataError
from geoframe_data import Scenes, read_scenes
from geoframe_data.scene_files.archive import write_npz
from geoframe_data.scene_files.bop import write_bop
from geoframe_data.scene_files.pickled_arrays import read_plain_pickle
from geoframe_data.scenes import SceneTruth, merge
from geoframe_data.testing.files import check_refused, named
from geoframe_data.testing.scenes import bad_scenes, check_all_scenes, check_scenes, good_scenes

F = 60.0


def made(n: int = 2, h: int = 24, w: int = 32) -> Scenes:
    generator = np.random.default_rng(0)
    segmentation = np.zeros((n, h, w), dtype=np.uint8)
    segmentation[:, 4:10, 5:12] = 1
    segmentation[:, 12:20, 15:30] = 2
    poses = np.tile(np.eye(4), (n, 2, 1, 1))
    poses[..., :3, 3] = generator.uniform(-0.2, 0.2, (n, 2, 3))
    cameras = np.tile(np.eye(4), (n, 1, 1))
    cameras[:, 2, 3] = 0.7
    return Scenes(
        rgb=generator.integers(0, 256, (n, h, w, 3), dtype=np.uint8),
        depth=np.round(generator.uniform(0.5, 0.9, (n, h, w)), 4).astype(np.float32),
        intrinsics=np.tile([F, F, w / 2, h / 2], (n, 1)),
        cameras=cameras,
        truth=SceneTruth(
            segmentation=segmentation,
            poses=poses,
            objects=np.tile([3, 1], (n, 1)),
            models=("a", "b", "c", "d"),
        ),
    )


def pair(folder, depth, intrinsics, name="x"):
    h, w = depth.shape
    Image.fromarray(np.full((h, w, 3), 90, np.uint8)).save(folder / f"{name}_color.png")
    Image.fromarray(depth).save(folder / f"{name}_depth.png")
    (folder / "intrinsics.json").write_text(json.dumps(intrinsics))
    return folder / f"{name}_color.png"


def test_an_npz_gives_back_what_was_written(tmp_path):
    scenes = made()
    write_npz(tmp_path / "s.npz", scenes)
    back = read_scenes(tmp_path / "s.npz")
    assert np.array_equal(back.rgb, scenes.rgb)
    assert np.allclose(back.depth, scenes.depth, atol=1e-5)
    assert np.allclose(back.intrinsics, scenes.intrinsics)
    assert np.allclose(back.truth.poses, scenes.truth.poses, atol=1e-6)
    assert back.truth.models == scenes.truth.models
    assert np.array_equal(back.truth.segmentation, scenes.truth.segmentation)


def test_bop_out_and_in_keeps_masks_and_poses_in_the_world(tmp_path):
    scenes = made()
    write_bop(tmp_path / "000001", scenes)
    back = read_scenes(tmp_path)  # a folder of scene folders
    assert np.allclose(back.depth, scenes.depth, atol=1e-4)
    assert np.allclose(back.intrinsics, scenes.intrinsics)
    assert np.allclose(back.cameras, scenes.cameras)
    assert np.array_equal(back.truth.segmentation, scenes.truth.segmentation)
    assert np.allclose(back.truth.poses, scenes.truth.poses)
    assert [back.truth.models[k] for k in back.truth.objects[0]] == ["obj_000004", "obj_000002"]


def test_points_are_depth_times_rays_through_pixel_centres():
    scenes = made(1)
    points = scenes.points()[0]
    assert points[7, 20] == pytest.approx(
        scenes.depth[0, 7, 20] * np.array([(20.5 - 16) / F, (7.5 - 12) / F, 1])
    )


def test_a_pair_of_images_with_intrinsics_of_another_size(tmp_path):
    depth = np.full((24, 32), 700, np.uint16)
    path = pair(
        tmp_path, depth, {"fx": 120, "fy": 120, "ppx": 31.5, "ppy": 23.5, "width": 64, "height": 48}
    )
    scenes = read_scenes(path)
    assert scenes.depth[0, 0, 0] == pytest.approx(0.7)
    assert scenes.intrinsics[0].tolist() == [60, 60, 16, 12]


@pytest.mark.parametrize("principal", [(15.5, 11.5), (31.5, 23.5)])  # of depth, of colour
def test_colour_of_twice_the_size_is_brought_to_the_depth_image(tmp_path, principal):
    cx, cy = principal
    focal = 4 * (cx + 0.5)
    path = pair(
        tmp_path,
        np.full((24, 32), 700, np.uint16),
        {"fx": focal, "fy": focal, "cx": cx, "cy": cy},
    )
    Image.fromarray(np.full((48, 64, 3), 90, np.uint8)).save(path)
    scenes = read_scenes(path)
    assert scenes.intrinsics[0].tolist() == [64, 64, 16, 12]
    assert scenes.rgb.shape == (1, 24, 32, 3)
    assert any("resized" in remark for remark in scenes.repairs)
    Image.fromarray(np.full((48, 32, 3), 90, np.uint8)).save(path)
    with pytest.raises(DataError, match="align the depth"):
        read_scenes(path)


@pytest.mark.parametrize(
    ("dtype", "nothing"), [(np.uint16, 65535), (np.float32, 1e10), (np.float16, 65504)]
)
def test_numbers_that_mean_nothing_was_met_are_no_depth(tmp_path, dtype, nothing):
    depth = np.full((24, 32), 700 if dtype == np.uint16 else 0.7, dtype)
    depth[4:20] = nothing
    path = pair(tmp_path, np.full((24, 32), 7, np.uint16), {"fx": 60, "fy": 60, "cx": 15, "cy": 11})
    np.save(tmp_path / "d.npy", depth)
    found = read_scenes(path, depth=tmp_path / "d.npy").depth[0]
    assert found[0, 0] == pytest.approx(0.7, abs=1e-3)
    assert not found[4:20].any()


@pytest.mark.parametrize("file", named(good_scenes()))
def test_every_way_of_saving_a_scene_means_the_same(tmp_path, file):
    scenes = read_scenes(file.write(tmp_path))
    check_scenes(scenes)
    assert not scenes.repairs


@pytest.mark.parametrize("file", named(bad_scenes()))
def test_bad_scenes_get_one_line(tmp_path, file):
    check_refused(file, tmp_path, read_scenes)


def test_a_suite_for_readers_of_others(tmp_path):
    check_all_scenes(read_scenes, tmp_path)
    with pytest.raises(AssertionError, match="m off"):
        check_all_scenes(partial(read_scenes, unit="0.1mm"), tmp_path / "tenths")


@pytest.mark.parametrize(
    ("values", "metres", "told"),
    [
        (np.full((24, 32), 650.0, np.float32), 0.65, True),  # millimetres as fractions
        (np.full((24, 32), 0.65, np.float32), 0.65, False),
        (np.full((24, 32), 650, np.int32), 0.65, False),
    ],
)
def test_the_unit_of_depth_is_found(tmp_path, values, metres, told):
    k = np.array([[60, 0, 15.5], [0, 60, 11.5], [0, 0, 1.0]])
    np.savez(tmp_path / "s.npz", rgb=np.zeros((24, 32, 3)), depth=values, K=k)
    scenes = read_scenes(tmp_path / "s.npz")
    assert scenes.depth[0, 0, 0] == pytest.approx(metres)
    assert bool(scenes.repairs) == told


def test_what_is_wrong_is_told_in_one_line(tmp_path):
    good = {"fx": 60, "fy": 60, "cx": 15.5, "cy": 11.5}
    depth = np.full((24, 32), 700, np.uint16)
    cases = [
        (depth, {"fx": 3.2, "fy": 3.2, "cx": 15.5, "cy": 11.5}, "field of view"),
        (depth, {**good, "cx": 320}, "principal point"),
        (depth, {**good, "fx": -60}, "positive"),
        (depth, {"a": 1}, "no intrinsics"),
        (depth, {**good, "width": 640, "height": 640}, "640x640"),
        (depth, {**good, "width": 0}, "0x24"),
        (depth, {**good, "width": "many"}, "manyx24"),
        (depth, {**good, "height": 10**400}, "pixels"),
        (depth, {**good, "fx": 10**400}, "incomplete or no numbers"),
        (depth, {**good, "depth_scale": 10**400}, "depth_scale must be a positive number"),
        (depth, {"K": [[1, 2], 3]}, "incomplete or no numbers"),
        (np.zeros((24, 32), np.uint16), good, "no pixel has a depth"),
        (np.full((24, 32), 7, np.uint16), good, "state the unit"),
        (np.full((24, 32), 70, np.uint8), good, "lost the distances"),
    ]
    for values, intrinsics, words in cases:
        path = pair(tmp_path, values, intrinsics)
        with pytest.raises(DataError, match=words) as caught:
            read_scenes(path)
        assert "\n" not in str(caught.value)


def test_merging_keeps_models_apart():
    first, second = made(1), made(2)
    joined = merge([first, second])
    assert len(joined) == 3
    assert joined.truth.objects.tolist() == [[3, 1]] * 3
    with pytest.raises(DataError, match="different sizes"):
        merge([first, made(1, 30, 30)])


def obpose_scene():
    table = {
        "rgb": np.zeros((8, 8, 3)),
        "depth": np.full((8, 8), 0.7),
        "mask_bin": np.eye(5)[np.arange(64).reshape(8, 8) % 5],
        "pcd": np.zeros((8, 8, 3)),
        "obj_list": [{"name": "mug"}],
        "misc": {
            "camera_intrinsics": np.array([[-11.0, 0, 4], [0, -11.0, 4], [0, 0, 1]]),
            "camera_extrinsics": np.eye(4),
        },
    }
    return np.array(table, dtype=object)


def test_obpose_scenes_are_read_without_running_what_is_in_them(tmp_path):
    np.save(tmp_path / "0.npy", obpose_scene(), allow_pickle=True)
    heard = []
    sys.addaudithook(lambda event, _: heard.append(event) if event[:7] == "pickle." else None)
    scenes = read_scenes(tmp_path)
    assert heard == []
    assert scenes.intrinsics[0, 0] == 11
    assert scenes.truth.segmentation.max() == 4

    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "sprung"), "w"))

    trapped = obpose_scene()
    trapped.item()["rgb"] = Trap()
    np.save(tmp_path / "0.npy", trapped, allow_pickle=True)
    with pytest.raises(DataError, match="never loaded"):
        read_scenes(tmp_path)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("protocol", [2, 3, 4])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_are_read_out_of_a_pickle_as_unpickling_would(protocol, order):
    values = {
        "float": np.asarray(np.arange(6.0).reshape(2, 3), order=order),
        "big": np.arange(4, dtype=">i2"),
        "text": np.array(["a", "bc"]),
        "scalar": np.float32(0.5),
        "list": [1, -2, 2**70, (True, None), {"x": b"\x00\xff"}, 1.5, "ö"],
    }
    found = read_plain_pickle(pickle.dumps(np.array(values, dtype=object), protocol)).item()
    assert list(found) == list(values)
    assert found["list"] == values["list"]
    for name in ("float", "big", "text", "scalar"):
        assert np.asarray(found[name]).dtype == np.asarray(values[name]).dtype
        assert np.asarray(found[name]).tolist() == np.asarray(values[name]).tolist()


@pytest.mark.parametrize(
    "content",
    [
        b"cos\nsystem\n(S'ls'\ntR.",
        b"\x80\x04cos\nsystem\n.",
        b"\x80\x04]\x94h\x00a.",  # a list within itself
        b"\x80\x04K\x01K\x02a.",
        b"\x80\x04.",
        b"\x80\x04K\x01t.",
        b"",
    ],
)
def test_what_a_pickle_of_arrays_would_not_hold_is_refused(content):
    with pytest.raises((ValueError, IndexError, RecursionError)):
        read_plain_pickle(content)


def test_what_is_there_twice_in_a_pickle_is_read_once():
    laughs = [1]
    for _ in range(60):
        laughs = [laughs, laughs]
    found = read_plain_pickle(pickle.dumps({"x": laughs[0][0]}, 4))["x"]
    assert found[0] is found[1]


def test_obsurf_scenes(tmp_path):
    for name in ("images", "depths", "masks"):
        (tmp_path / name).mkdir()
    np.savez(tmp_path / "metadata.npz", camera_pos=np.array([[[5.0, -5.0, 5.0]]]))
    Image.fromarray(np.zeros((24, 32, 3), np.uint8)).save(tmp_path / "images/img_0_0.png")
    Image.fromarray(np.full((24, 32), 16384, np.uint16)).save(tmp_path / "depths/depths_0_0.png")
    Image.fromarray(np.ones((24, 32), np.uint8)).save(tmp_path / "masks/masks_0_0.png")
    scenes = read_scenes(tmp_path)
    middle = scenes.depth[0, 11:13, 15:17].mean()
    assert middle == pytest.approx(10.0, rel=1e-3)  # along the ray, which is the axis there
    assert scenes.depth[0, 0, 0] < middle
    assert scenes.cameras[0, :3, 2] == pytest.approx(np.array([-1, 1, -1]) / 3**0.5)
    assert scenes.truth.segmentation.min() == 1


def test_a_path_that_is_not_there_is_told(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        read_scenes(tmp_path / "y.png")
