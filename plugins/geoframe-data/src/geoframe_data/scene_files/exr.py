"""The channel of depth of an OpenEXR image, as renderers write it."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoframe.data import listed, read_bytes, shown
from geoframe.errors import DataError

MAGIC = b"\x76\x2f\x31\x01"
DEPTH_NAMES = ("z", "depth", "distance", "v", "y", "r")
"""Channels that hold depth, lower case, without the layer's name; the first that there is."""


def read_exr(path: Path, *, most: int) -> NDArray[np.generic]:
    """Read the channel of depth ``(h, w)`` of an OpenEXR image.

    Parameters
    ----------
    most
        Pixels of the largest image that is decoded.

    Raises
    ------
    DataError
        If it is damaged or too large, has no channel of depth, or OpenEXR is not installed.
    """
    if read_bytes(path)[:4] != MAGIC:
        raise DataError(f"{path}: is no OpenEXR image")
    try:
        import OpenEXR
    except ImportError:
        raise DataError(
            f"{path}: reading OpenEXR needs a package; pip install 'geoframe-data[exr]'"
        ) from None
    try:
        with OpenEXR.File(str(path), header_only=True) as file:
            first, last = (corner.tolist() for corner in file.header()["dataWindow"])
        width, height = (high - low + 1 for low, high in zip(first, last, strict=True))
        if width * height > most:
            raise DataError(f"{path}: has {width}x{height} pixels; the most is {most}")
        # What the package cannot decode it also says on standard output, before it raises.
        said = contextlib.redirect_stdout(io.StringIO())
        with said, OpenEXR.File(str(path), separate_channels=True) as file:
            return _depth(file.channels())
    except DataError:
        raise
    except Exception as error:  # RuntimeError, ValueError and others, by what is damaged
        raise DataError(f"{path}: the OpenEXR image is damaged: {shown(error)}") from None


def _depth(channels: dict[str, Any]) -> NDArray[np.generic]:
    last = {name.lower().rpartition(".")[2]: name for name in reversed(channels)}
    found = list(channels) if len(channels) == 1 else [last[n] for n in DEPTH_NAMES if n in last]
    if not found:
        raise ValueError(f"no channel of depth among {listed(list(channels))}")
    pixels: NDArray[np.generic] = np.array(channels[found[0]].pixels)
    return pixels
