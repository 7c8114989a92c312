"""RGB-D images as sensors, drivers and programs leave them, and files that must be refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from geoframe_data.scene_files.archive import write_npz
from geoframe_data.scene_files.bop import write_bop
from geoframe_data.scenes import Scenes
from geoframe_data.testing.files import SuiteFile, Write

ROWS, COLUMNS = 24, 32
RGB = np.arange(ROWS * COLUMNS * 3, dtype=np.uint8).reshape(ROWS, COLUMNS, 3)
MILLIMETRES = (600 + np.arange(ROWS * COLUMNS, dtype=np.uint16) % 300).reshape(ROWS, COLUMNS)
MILLIMETRES[3, 5] = 0
"""Depth of every scene of :func:`good_scenes`; at one pixel nothing was measured."""
METRES = (MILLIMETRES / 1000).astype(np.float32)
INTRINSICS = (60.0, 61.0, 16.0, 12.0)
"""fx, fy, cx, cy of the scenes, where pixels have their borders at whole numbers."""
K = [60.0, 0.0, 15.5, 0.0, 61.0, 11.5, 0.0, 0.0, 1.0]
"""The same in files, where pixels have their centres there, row by row."""


def check_scenes(scenes: Scenes) -> None:
    """Assert that scenes are the one of the suite, to a tenth of a millimetre."""
    assert len(scenes) == 1, scenes
    assert np.array_equal(scenes.rgb[0], RGB), "the colours differ"
    off = np.abs(scenes.depth[0] - METRES).max()
    assert off <= 1e-4, f"depths are {off:g} m off"
    assert np.allclose(scenes.intrinsics[0], INTRINSICS), scenes.intrinsics[0]


def _scene() -> Scenes:
    return Scenes(
        rgb=RGB[None],
        depth=METRES[None],
        intrinsics=np.array([INTRINSICS]),
        cameras=np.eye(4)[None],
    )


def _png(pixels: NDArray[Any]) -> Write:
    return lambda path: Image.fromarray(pixels).save(path)


def _json(table: dict[str, Any]) -> Write:
    return lambda path: path.write_text(json.dumps(table))


FX = _json({"fx": K[0], "fy": K[4], "cx": K[2], "cy": K[5]})
CAMERA_INFO = (
    f"header: {{frame_id: camera}}\nheight: {ROWS}\nwidth: {COLUMNS}\n"
    f"distortion_model: plumb_bob\nD: [0, 0, 0, 0, 0]\nK: {K}\n---\n"
)
COLOUR, DEPTH = _png(RGB), _png(MILLIMETRES)


def _folder(**files: Write) -> Write:
    """Write files, a dot of their names as ``__``."""

    def write(path: Path) -> None:
        path.mkdir()
        for name, content in files.items():
            content(path / name.replace("__", "."))

    return write


def good_scenes() -> list[SuiteFile]:
    """Folders and archives that all hold the same scene."""
    float_depth = np.where(MILLIMETRES > 0, METRES, np.nan).astype(np.float32)
    opaque = np.dstack([RGB, np.full((ROWS, COLUMNS), 255, np.uint8)])
    arrays = {"rgb": RGB, "depth": MILLIMETRES, "K": np.reshape(K, (3, 3))}
    found: list[tuple[str, Write]] = [
        ("pair", _folder(x_color__png=COLOUR, x_depth__png=DEPTH, x__json=FX)),
        ("words", _folder(rgb_0__png=COLOUR, depth_0__png=DEPTH, camera__json=FX)),
        ("rgba", _folder(x__png=_png(opaque), x_depth__png=DEPTH, intrinsics__json=FX)),
        ("tiff", _folder(x__png=COLOUR, x_depth__tiff=_png(METRES), x__json=FX)),
        ("npy", _folder(x__png=COLOUR, x_depth__npy=lambda p: np.save(p, float_depth), x__json=FX)),
        ("K", _folder(x__png=COLOUR, x_depth__png=DEPTH, x__json=_json({"K": K}))),
        (
            "opencv",
            _folder(
                x__png=COLOUR,
                x_depth__png=DEPTH,
                x__json=_json({"camera_matrix": {"rows": 3, "cols": 3, "data": K}}),
            ),
        ),
        (
            "open3d",
            _folder(
                x__png=COLOUR,
                x_depth__png=DEPTH,
                x__json=_json({"intrinsic_matrix": np.reshape(K, (3, 3)).T.ravel().tolist()}),
            ),
        ),
        (
            "ros",
            _folder(
                x__png=COLOUR,
                x_depth__png=DEPTH,
                camera_info__yaml=lambda path: path.write_text(CAMERA_INFO),
            ),
        ),
        (
            "steps",
            _folder(
                x__png=COLOUR,
                x_depth__png=_png(MILLIMETRES * 2),
                x__json=_json({"cam_K": K, "depth_scale": 0.5}),
            ),
        ),
        ("scene.npz", lambda path: np.savez(path, **arrays)),  # type: ignore[arg-type]
        ("written.npz", lambda path: write_npz(path, _scene())),
        ("bop", lambda path: write_bop(path / "000001", _scene())),
    ]
    return [SuiteFile(*each) for each in found]


def bad_scenes() -> list[SuiteFile]:
    """Folders and files that no reader of RGB-D scenes takes."""
    wide = _json({"K": [1e6, *K[1:]]})
    square = _png(np.full((ROWS, ROWS), 700, np.uint16))
    nothing = _png(np.zeros((ROWS, COLUMNS), np.uint16))
    bad: list[tuple[str, bytes | Write, str]] = [
        ("empty", lambda path: path.mkdir(), "no RGB-D scenes in it"),
        ("colour", _folder(x__png=COLOUR, x__json=FX), "no depth image"),
        ("unknown", _folder(x__png=COLOUR, x_depth__png=DEPTH), "no intrinsics"),
        ("focal", _folder(x__png=COLOUR, x_depth__png=DEPTH, x__json=wide), "focal length"),
        ("other", _folder(x__png=COLOUR, x_depth__png=square, x__json=FX), "align the depth"),
        ("nothing", _folder(x__png=COLOUR, x_depth__png=nothing, x__json=FX), "has a depth"),
        ("rgb.npz", lambda path: np.savez(path, rgb=RGB), "no array 'depth'"),
        ("cut.npz", b"PK\x03\x04 nonsense", ""),
    ]
    return [SuiteFile(name, content, {}, message) for name, content, message in bad]


def check_all_scenes(read: Callable[[Path], Scenes], folder: Path) -> None:
    """Assert that a reader understands every good folder or archive; for third parties."""
    for file in good_scenes():
        check_scenes(read(file.write(folder)))
