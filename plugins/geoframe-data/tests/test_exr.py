import contextlib

import numpy as np
import OpenEXR
import pytest

from geoframe.errors import DataError
from geoframe_data.scene_files.exr import read_exr
from geoframe_data.scene_files.images import read_depth

CODECS = {
    "none": OpenEXR.NO_COMPRESSION,
    "zip": OpenEXR.ZIP_COMPRESSION,
    "piz": OpenEXR.PIZ_COMPRESSION,
}


def write(path, channels, codec="zip"):
    header = {"compression": CODECS[codec], "type": OpenEXR.scanlineimage}
    with OpenEXR.File(header, channels) as file:
        file.write(str(path))


def smooth(dtype=np.float32):
    return np.add.outer(np.linspace(0.5, 0.9, 37), np.zeros(21)).astype(dtype)


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_the_channel_of_depth_is_read(tmp_path, codec, dtype):
    depth = smooth(dtype)
    layers = {"View.Combined.R": depth + 1, "View.Depth.Z": depth, "View.A": depth * 0}
    write(tmp_path / "d.exr", layers, codec)
    found = read_depth(tmp_path / "d.exr")
    assert found.dtype == dtype
    assert np.array_equal(found, depth)


def test_a_single_channel_is_depth_whatever_its_name(tmp_path):
    write(tmp_path / "d.exr", {"range": smooth()})
    assert np.array_equal(read_depth(tmp_path / "d.exr"), smooth())


def test_without_depth_the_channels_are_named(tmp_path):
    write(tmp_path / "d.exr", {"A": smooth(), "B": smooth()})
    with pytest.raises(DataError, match=r"no channel of depth among .*A"):
        read_depth(tmp_path / "d.exr")


def test_a_large_image_is_refused_before_it_is_decoded(tmp_path):
    write(tmp_path / "d.exr", {"Z": smooth()})
    with pytest.raises(DataError, match="21x37 pixels"):
        read_exr(tmp_path / "d.exr", most=700)


@pytest.mark.parametrize("cut", [slice(1, None), slice(60), slice(-9)])
def test_what_is_cut_is_one_line(tmp_path, cut, capsys):
    write(tmp_path / "d.exr", {"Z": smooth()})
    (tmp_path / "d.exr").write_bytes((tmp_path / "d.exr").read_bytes()[cut])
    with pytest.raises(DataError, match=r"^[^\n]*$"):
        read_exr(tmp_path / "d.exr", most=10_000)
    assert not capsys.readouterr().out


def test_damage_anywhere_is_a_data_error_or_an_answer(tmp_path):
    write(tmp_path / "d.exr", {"A": smooth(np.float16), "Z": smooth()})
    good = (tmp_path / "d.exr").read_bytes()
    generator = np.random.default_rng(0)
    for _ in range(60):
        damaged = bytearray(good)
        for place in generator.integers(0, len(good), 3).tolist():
            damaged[place] = int(generator.integers(256))
        (tmp_path / "d.exr").write_bytes(bytes(damaged))
        with contextlib.suppress(DataError):
            read_exr(tmp_path / "d.exr", most=10_000)
