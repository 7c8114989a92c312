import struct
import zlib

import numpy as np
import pytest

from geoframe.errors import DataError
from geoframe_data.scene_files.exr import read_exr
from geoframe_data.scene_files.images import read_depth

CODES = {"none": 0, "zips": 2, "zip": 3, "piz": 4}
KINDS = {np.dtype(np.float16): 1, np.dtype(np.float32): 2}


def attribute(name, kind, content):
    return f"{name}\0{kind}\0".encode() + struct.pack("<i", len(content)) + content


def packed(raw):
    data = np.frombuffer(raw, np.uint8)
    parted = np.concatenate([data[0::2], data[1::2]]).astype(int)
    small = zlib.compress((np.diff(parted, prepend=128) + 128).astype(np.uint8).tobytes())
    return small if len(small) < len(raw) else raw


def exr(channels, compression, version=2):
    """Write an image as the format's description says, first line number 3."""
    names = sorted(channels)
    h, w = channels[names[0]].shape
    listing = b"".join(
        f"{n}\0".encode() + struct.pack("<4i", KINDS[channels[n].dtype], 0, 1, 1) for n in names
    )
    head = b"\x76\x2f\x31\x01" + struct.pack("<I", version)
    head += attribute("channels", "chlist", listing + b"\0")
    head += attribute("compression", "compression", bytes([CODES[compression]]))
    head += attribute("dataWindow", "box2i", struct.pack("<4i", 0, 3, w - 1, h + 2)) + b"\0"
    lines = 16 if compression == "zip" else 1
    blocks = []
    for top in range(0, h, lines):
        rows = range(top, min(h, top + lines))
        raw = b"".join(channels[n][r].tobytes() for r in rows for n in names)
        raw = raw if compression == "none" else packed(raw)
        blocks.append(struct.pack("<2i", top + 3, len(raw)) + raw)
    starts = len(head) + 8 * len(blocks) + np.cumsum([0, *map(len, blocks[:-1])])
    return head + struct.pack(f"<{len(blocks)}Q", *starts.tolist()) + b"".join(blocks)


def smooth(dtype):
    return np.add.outer(np.linspace(0.5, 0.9, 37), np.zeros(21)).astype(dtype)


@pytest.mark.parametrize("compression", ["none", "zips", "zip"])
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_the_channel_of_depth_is_read(tmp_path, compression, dtype):
    depth = smooth(dtype)
    layers = {"View.Combined.R": depth + 1, "View.Depth.Z": depth, "View.A": depth * 0}
    (tmp_path / "d.exr").write_bytes(exr(layers, compression))
    found = read_depth(tmp_path / "d.exr")
    assert found.dtype == dtype
    assert np.array_equal(found, depth)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"no image", "no OpenEXR"),
        (exr({"Z": smooth(np.float32)}, "piz"), "compression"),
        (exr({"Z": smooth(np.float32)}, "zip", version=0x202), "tiles"),
        (exr({"A": smooth(np.float32), "B": smooth(np.float32)}, "zip"), "no channel of depth"),
        (exr({"Z": smooth(np.float32)}, "zip")[:-9], "damaged"),
        (exr({"Z": smooth(np.float32)}, "none")[:60], "damaged"),
    ],
)
def test_what_cannot_be_read_is_one_line(tmp_path, content, words):
    (tmp_path / "d.exr").write_bytes(content)
    with pytest.raises(DataError, match=words) as caught:
        read_exr(tmp_path / "d.exr", most=1000)
    assert "\n" not in str(caught.value)


def test_a_large_image_is_refused_before_it_is_decoded(tmp_path):
    (tmp_path / "d.exr").write_bytes(exr({"Z": smooth(np.float32)}, "zip"))
    with pytest.raises(DataError, match="21x37 pixels"):
        read_exr(tmp_path / "d.exr", most=700)


def test_damage_anywhere_is_a_data_error(tmp_path):
    good = exr({"A": smooth(np.float16), "Z": smooth(np.float32)}, "zip")
    generator = np.random.default_rng(0)
    for _ in range(60):
        damaged = bytearray(good)
        for place in generator.integers(0, len(good), 3).tolist():
            damaged[place] = int(generator.integers(256))
        (tmp_path / "d.exr").write_bytes(bytes(damaged))
        try:
            read_exr(tmp_path / "d.exr", most=10_000)
        except DataError:
            continue
