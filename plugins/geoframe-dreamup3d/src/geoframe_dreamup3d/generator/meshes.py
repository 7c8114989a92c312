"""Meshes as shapes. Torch-free."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from geoframe_dreamup3d.generator.rasterizer import rasterize
from geoframe_dreamup3d.generator.shapes import Layer


@attrs.frozen(eq=False, kw_only=True)
class MeshShape:
    """Triangles with colours at the vertices, need not be closed."""

    name: str
    vertices: NDArray[np.float64]
    hull: NDArray[np.float64]
    """The vertices on the convex hull."""
    faces: NDArray[np.int64]
    colours: NDArray[np.float64]
    """In [0, 1], ``(v, 3)``."""
    resting: tuple[NDArray[np.float64], NDArray[np.float64]]

    def render(
        self, pose: NDArray[np.float64], intrinsics: NDArray[np.float64], size: tuple[int, int]
    ) -> Layer:
        """Draw with flat faces; see :class:`Shape`."""
        placed = self.vertices @ pose[:3, :3].T + pose[:3, 3]
        hits = rasterize(placed, self.faces, intrinsics, size)
        corners = self.faces[hits.faces]
        a, b, c = (placed[corners[:, k]] for k in range(3))
        normals = np.cross(b - a, c - a)
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
        point = np.einsum("pk,pkj->pj", hits.weights, placed[corners])
        normals *= -np.sign((normals * point).sum(1, keepdims=True))
        colours = np.einsum("pk,pkj->pj", hits.weights, self.colours[corners])
        return Layer(hits.pixels, hits.depth, normals, colours)

    def surface(self, n: int, generator: np.random.Generator) -> NDArray[np.float64]:
        """Draw faces by area and points evenly on them."""
        return surface_points(self.vertices, self.faces, n, generator)


def surface_points(
    vertices: NDArray[np.float64],
    faces: NDArray[np.int64],
    n: int,
    generator: np.random.Generator,
) -> NDArray[np.float64]:
    """Draw points ``(n, 3)`` evenly from the surface of a mesh."""
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    areas = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    face = generator.choice(len(areas), size=n, p=areas / areas.sum())
    u, v = generator.random((2, n, 1))
    flip = u + v > 1
    u, v = np.where(flip, 1 - u, u), np.where(flip, 1 - v, v)
    return np.asarray(a[face] + u * (b - a)[face] + v * (c - a)[face])
