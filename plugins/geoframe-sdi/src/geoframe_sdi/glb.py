"""Triangles with a texture or with colours as a binary glTF 2.0 file (GLB)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL import Image


def textured_glb(
    vertices: NDArray[Any], faces: NDArray[Any], uv: NDArray[Any], texture: Image.Image
) -> bytes:
    """One mesh that is neither metal nor shines, with a picture on it.

    Parameters
    ----------
    vertices, faces
        ``(v, 3)`` and corners ``(f, 3)``, counter-clockwise from outside.
    uv
        Places ``(v, 2)`` in the picture, (0, 0) its lower left.
    """
    from trimesh.visual import TextureVisuals, material

    plain = material.PBRMaterial(  # type: ignore[no-untyped-call]
        metallicFactor=0.0, roughnessFactor=1.0, baseColorTexture=texture
    )
    return _written(vertices, faces, TextureVisuals(uv=uv, material=plain))  # type: ignore[no-untyped-call]


def coloured_glb(vertices: NDArray[Any], faces: NDArray[Any], colours: NDArray[np.uint8]) -> bytes:
    """One mesh with red, green and blue of each vertex ``(v, 3)``, sRGB."""
    from trimesh.visual import ColorVisuals

    share = colours / 255
    # glTF's vertex colours are linear.
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    bright = np.round(linear * 255).astype(np.uint8)
    return _written(vertices, faces, ColorVisuals(vertex_colors=bright))


def _written(vertices: NDArray[Any], faces: NDArray[Any], visual: Any) -> bytes:
    from trimesh import Trimesh
    from trimesh.exchange.gltf import export_glb

    mesh = Trimesh(vertices, faces, process=False, visual=visual)
    content: bytes = export_glb(mesh)  # type: ignore[no-untyped-call]
    return content
