"""Colour and depth images as phones, drivers and people leave them."""

import json

import numpy as np
import pytest
from PIL import Image

from geoframe.errors import DataError
from geoframe_data.scene_files import read_scenes

CAMERA = {"fx": 60, "fy": 60, "cx": 15.5, "cy": 11.5}
UPRIGHT = np.arange(24 * 32 * 3, dtype=np.uint8).reshape(24, 32, 3)
"""What the camera saw."""
TURNED = {3: np.rot90(UPRIGHT, 2), 6: np.rot90(UPRIGHT), 8: np.rot90(UPRIGHT, 3)}
"""EXIF orientation -> pixels as they are stored."""


def pair(folder, colour, depth, camera=CAMERA, *, orientation=1):
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(np.ascontiguousarray(colour)).save(folder / "x.png", exif=exif)
    Image.fromarray(depth).save(folder / "x_depth.png")
    (folder / "x.json").write_text(json.dumps(camera))
    return read_scenes(folder / "x.png")


@pytest.mark.parametrize("orientation", TURNED)
def test_colour_is_turned_as_exif_says(tmp_path, orientation):
    depth = np.full((24, 32), 700, np.uint16)
    scenes = pair(tmp_path, TURNED[orientation], depth, orientation=orientation)
    assert np.array_equal(scenes.rgb[0], UPRIGHT)
    assert any("was turned" in remark for remark in scenes.repairs)


def test_colour_stays_where_depth_lies_as_the_sensor_did(tmp_path):
    depth, camera = np.full((32, 24), 700, np.uint16), {**CAMERA, "cx": 11.5, "cy": 15.5}
    scenes = pair(tmp_path, TURNED[6], depth, camera, orientation=6)
    assert np.array_equal(scenes.rgb[0], TURNED[6])
    assert any("not turned" in remark for remark in scenes.repairs)


def test_intrinsics_of_the_image_before_it_was_turned_are_refused(tmp_path):
    depth = np.full((32, 24), 700, np.uint16)
    with pytest.raises(DataError, match="swap fx with fy"):
        pair(tmp_path, TURNED[6], depth)
    cropped = {**CAMERA, "width": 24, "height": 32}
    assert not pair(tmp_path, TURNED[6], depth, cropped).repairs


@pytest.mark.parametrize(("depth", "told"), [(700, False), (70, True), (7000, True)])
def test_a_unit_that_makes_a_strange_distance_is_told(tmp_path, depth, told):
    scenes = pair(tmp_path, UPRIGHT, np.full((24, 32), depth, np.uint16))
    assert scenes.depth[0, 0, 0] == pytest.approx(depth / 1000)
    assert any("state the unit" in remark for remark in scenes.repairs) == told
    stated = read_scenes(tmp_path / "x.png", unit="mm")
    assert not stated.repairs


@pytest.mark.parametrize("name", ["x_depth.png", "x.json"])
def test_a_partner_in_place_of_the_colour_image_is_told(tmp_path, name):
    pair(tmp_path, UPRIGHT, np.full((24, 32), 700, np.uint16))
    with pytest.raises(DataError, match="name the colour image"):
        read_scenes(tmp_path / name)
