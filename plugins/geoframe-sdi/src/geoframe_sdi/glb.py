"""Triangles with a texture or with colours as a binary glTF 2.0 file (GLB)."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

ARRAY_BUFFER, INDEX_BUFFER = 34962, 34963
FLOAT, UNSIGNED_BYTE, UNSIGNED_INT = 5126, 5121, 5125
LINEAR, CLAMP = 9729, 33071
KINDS = {2: "VEC2", 3: "VEC3", 4: "VEC4"}
ROUGH = {"metallicFactor": 0.0, "roughnessFactor": 1.0}
"""A surface that is neither metal nor shines."""


def glb(
    vertices: NDArray[Any],
    faces: NDArray[Any],
    *,
    uv: NDArray[Any] | None = None,
    texture: bytes | None = None,
    colours: NDArray[np.uint8] | None = None,
) -> bytes:
    """One mesh, y up, lit or not as the viewer likes.

    Parameters
    ----------
    vertices, faces
        ``(v, 3)`` and corners ``(f, 3)``, counter-clockwise from outside.
    uv, texture
        Places ``(v, 2)`` in a PNG file, (0, 0) its lower left.
    colours
        Red, green and blue of each vertex ``(v, 3)``, sRGB, in place of a texture.
    """
    file = _File()
    attributes = {"POSITION": file.accessor(vertices.astype("<f4"), FLOAT, ARRAY_BUFFER, True)}
    material: dict[str, Any] = {"pbrMetallicRoughness": {**ROUGH}}
    if uv is not None and texture is not None:
        # glTF counts from the upper left.
        turned = np.stack([uv[:, 0], 1 - uv[:, 1]], 1)
        attributes["TEXCOORD_0"] = file.accessor(turned.astype("<f4"), FLOAT, ARRAY_BUFFER)
        material["pbrMetallicRoughness"]["baseColorTexture"] = {"index": 0}
        image = {"bufferView": file.view(texture), "mimeType": "image/png"}
        file.content |= {
            "images": [image],
            "samplers": [
                {"magFilter": LINEAR, "minFilter": LINEAR, "wrapS": CLAMP, "wrapT": CLAMP}
            ],
            "textures": [{"source": 0, "sampler": 0}],
        }
    if colours is not None:
        # glTF's vertex colours are linear, a multiple of four bytes each.
        bright = np.concatenate([_linear(colours), np.full((len(colours), 1), 255)], 1)
        attributes["COLOR_0"] = file.accessor(
            bright.astype(np.uint8), UNSIGNED_BYTE, ARRAY_BUFFER, normalised=True
        )
    corners = file.accessor(faces.astype("<u4").reshape(-1), UNSIGNED_INT, INDEX_BUFFER)
    primitive = {"attributes": attributes, "indices": corners, "material": 0}
    file.content |= {"materials": [material], "meshes": [{"primitives": [primitive]}]}
    return file.written()


def _linear(colours: NDArray[np.uint8]) -> NDArray[np.float64]:
    share = colours / 255
    bright = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    rounded: NDArray[np.float64] = np.round(bright * 255)
    return rounded


class _File:
    """A file in the making: its JSON and its one buffer."""

    def __init__(self) -> None:
        self.content: dict[str, Any] = {
            "asset": {"version": "2.0", "generator": "geoframe-sdi"},
            "scene": 0,
            "scenes": [{"nodes": [0]}],
            "nodes": [{"mesh": 0}],
            "accessors": [],
            "bufferViews": [],
        }
        self.buffer = b""

    def view(self, data: bytes, target: int | None = None) -> int:
        """Append bytes -> number of their view."""
        view = {"buffer": 0, "byteOffset": len(self.buffer), "byteLength": len(data)}
        self.content["bufferViews"].append(view if target is None else {**view, "target": target})
        self.buffer += data + b"\0" * (-len(data) % 4)
        return len(self.content["bufferViews"]) - 1

    def accessor(
        self,
        values: NDArray[Any],
        kind: int,
        target: int,
        bounds: bool = False,
        normalised: bool = False,
    ) -> int:
        """Append an array -> number of its accessor."""
        accessor: dict[str, Any] = {
            "bufferView": self.view(values.tobytes(), target),
            "componentType": kind,
            "count": len(values),
            "type": "SCALAR" if values.ndim == 1 else KINDS[values.shape[1]],
        }
        if bounds:
            accessor |= {"min": values.min(0).tolist(), "max": values.max(0).tolist()}
        if normalised:
            accessor["normalized"] = True
        self.content["accessors"].append(accessor)
        return len(self.content["accessors"]) - 1

    def written(self) -> bytes:
        """The file: a header, a chunk of JSON and one of bytes."""
        self.content["buffers"] = [{"byteLength": len(self.buffer)}]
        text = json.dumps(self.content, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 4)
        chunks = [(text, b"JSON"), (self.buffer, b"BIN\0")]
        body = b"".join(struct.pack("<I4s", len(data), kind) + data for data, kind in chunks)
        return struct.pack("<4sII", b"glTF", 2, 12 + len(body)) + body
