"""One channel of an OpenEXR image, as renderers write depth, without a further library.

Images of scan lines, uncompressed or compressed by ZIP, are read ("OpenEXR File Layout", the
project's own description); tiles, several parts, and the wavelet and lossy codecs are not.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import attrs
import numpy as np
from numpy.typing import NDArray

from geoframe.data import listed, read_bytes, shown
from geoframe.errors import DataError

MAGIC = b"\x76\x2f\x31\x01"
SINGLE_PART = 2
"""Version field of an image of scan lines; bits above the version mean tiles, parts, deep data."""
LONG_NAMES = 0x400
LINES = {0: 1, 2: 1, 3: 16}
"""Scan lines of a block by code of compression: none, ZIPS, ZIP."""
TYPES = (np.dtype("<u4"), np.dtype("<f2"), np.dtype("<f4"))
DEPTH_NAMES = ("z", "depth", "distance", "v", "y", "r")
"""Channels that hold depth, lower case, without the layer's name; the first that there is."""


@attrs.frozen
class _Channel:
    name: str
    dtype: np.dtype[np.generic]


@attrs.frozen
class _Header:
    channels: tuple[_Channel, ...]
    compression: int
    width: int
    height: int
    top: int
    end: int
    """Place of the table of blocks."""


def read_exr(path: Path, *, most: int) -> NDArray[np.generic]:
    """Read the channel of depth ``(h, w)`` of an OpenEXR image.

    Parameters
    ----------
    most
        Pixels of the largest image that is decoded.

    Raises
    ------
    DataError
        If it is damaged, too large, or of a kind that is not read.
    """
    content = read_bytes(path)
    try:
        header = _header(path, content)
        if header.width * header.height > most:
            raise DataError(
                f"{path}: has {header.width}x{header.height} pixels; the most is {most}"
            )
        return _pixels(content, header, _depth_channel(header.channels))
    except DataError:
        raise
    except (struct.error, ValueError, IndexError, OverflowError, zlib.error) as error:
        raise DataError(f"{path}: the OpenEXR image is damaged: {shown(error)}") from None


def _header(path: Path, content: bytes) -> _Header:
    if content[:4] != MAGIC:
        raise DataError(f"{path}: is no OpenEXR image")
    (version,) = struct.unpack_from("<I", content, 4)
    if version & ~LONG_NAMES != SINGLE_PART:
        raise DataError(
            f"{path}: OpenEXR with tiles, several parts or deep data is not read; save depth as "
            "one image of scan lines"
        )
    found: dict[str, bytes] = {}
    at = 8
    while content[at] != 0:
        name, at = _text(content, at)
        _, at = _text(content, at)
        (size,) = struct.unpack_from("<i", content, at)
        if size < 0:
            raise ValueError(f"attribute {name} has a size of {size}")
        found[name] = content[at + 4 : at + 4 + size]
        at += 4 + size
    missing = {"channels", "compression", "dataWindow"} - found.keys()
    if missing:
        raise ValueError(f"no attribute {listed(sorted(missing))}")
    compression = found["compression"][0]
    if compression not in LINES:
        raise DataError(
            f"{path}: this compression of OpenEXR is not read; save depth with ZIP or none"
        )
    left, top, right, bottom = struct.unpack("<4i", found["dataWindow"])
    if right < left or bottom < top:
        raise ValueError("the data window is empty")
    return _Header(
        _channels(found["channels"]), compression, right - left + 1, bottom - top + 1, top, at + 1
    )


def _channels(content: bytes) -> tuple[_Channel, ...]:
    made = []
    at = 0
    while content[at] != 0:
        name, at = _text(content, at)
        kind, _, x, y = struct.unpack_from("<4i", content, at)
        if (x, y) != (1, 1) or not 0 <= kind < len(TYPES):
            raise ValueError(f"channel {name} has not a number for every pixel")
        made.append(_Channel(name, TYPES[kind]))
        at += 16
    return tuple(made)


def _depth_channel(channels: tuple[_Channel, ...]) -> int:
    """Return the number of the channel that holds depth."""
    names = [each.name.lower() for each in channels]
    last = [name.rpartition(".")[2] for name in names]
    if len(names) == 1:
        return 0
    for wanted in DEPTH_NAMES:
        if wanted in last:
            return last.index(wanted)
    raise ValueError(f"no channel of depth among {listed([each.name for each in channels])}")


def _pixels(content: bytes, header: _Header, wanted: int) -> NDArray[np.generic]:
    width, lines = header.width, LINES[header.compression]
    sizes = [width * each.dtype.itemsize for each in header.channels]
    before, line = sum(sizes[:wanted]), sum(sizes)
    image = np.zeros((header.height, width), header.channels[wanted].dtype)
    blocks = -(-header.height // lines)
    for offset in struct.unpack_from(f"<{blocks}Q", content, header.end):
        y, size = struct.unpack_from("<2i", content, offset)
        row = y - header.top
        rows = min(lines, header.height - row)
        if row < 0 or rows < 1 or size < 0:
            raise ValueError(f"a block begins in line {y}")
        raw = content[offset + 8 : offset + 8 + size]
        data = np.frombuffer(_unpacked(raw, rows * line), np.uint8).reshape(rows, line)
        own = np.ascontiguousarray(data[:, before : before + sizes[wanted]])
        image[row : row + rows] = own.view(image.dtype)
    return image


def _unpacked(raw: bytes, size: int) -> bytes:
    """Undo ZIP of differences of bytes, even ones before odd ones; what did not shrink is raw."""
    if len(raw) == size:
        return raw
    unzip = zlib.decompressobj()
    data = np.frombuffer(unzip.decompress(raw, size), np.uint8)
    if len(data) != size:
        raise ValueError(f"a block holds {len(data)} bytes instead of {size}")
    steps = data.astype(np.int64)
    steps[1:] -= 128
    values = np.cumsum(steps).astype(np.uint8)
    half = (size + 1) // 2
    whole = np.empty(size, np.uint8)
    whole[0::2], whole[1::2] = values[:half], values[half:]
    return whole.tobytes()


def _text(content: bytes, at: int) -> tuple[str, int]:
    """Text that ends with a zero byte, and the place behind it."""
    end = content.index(b"\0", at)
    return content[at:end].decode("utf-8", "replace"), end + 1
