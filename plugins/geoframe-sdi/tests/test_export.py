"""Meshes for others, read back by somebody else's reader."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import trimesh
from PIL import Image

import geoframe
from geoframe_sdi.export import export_scene
from geoframe_sdi.isosurface import surface_net
from geoframe_sdi.surface import torus_mesh

CONTEXT = {"in_features": 7, "out_features": 3 * 8 * 8}
NO_VIEWS = np.zeros((0, 8, 8, 3))


def volume_of(vertices: Any, faces: Any) -> float:
    """Volume inside a closed surface; negative if its faces look inward."""
    corners = np.asarray(vertices, float)[np.asarray(faces)]
    return float((corners[:, 0] * np.cross(corners[:, 1], corners[:, 2])).sum() / 6)


def test_the_surface_of_a_ball_is_closed_and_looks_outward() -> None:
    places = np.stack(np.meshgrid(*[np.linspace(-1, 1, 25)] * 3, indexing="ij"), -1)
    vertices, faces = surface_net(0.7 - np.linalg.norm(places, axis=-1), 0.0)
    radii = np.linalg.norm(vertices / 12 - 1, axis=1)
    assert np.abs(radii - 0.7).max() < 5e-3
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    once = len(np.unique(np.sort(edges, 1), axis=0))
    assert len(vertices) - once + len(faces) == 2  # Euler: a sphere
    assert volume_of(vertices / 12 - 1, faces) == pytest.approx(4 / 3 * np.pi * 0.343, rel=0.02)
    # Up to the border it is closed too, and of nothing there is nothing.
    full, square = surface_net(np.ones((3, 4, 5)), 0.0)
    assert volume_of(full, square) > 2 * 3 * 4
    assert len(surface_net(np.zeros((3, 3, 3)), 1.0)[1]) == 0


def test_the_torus_looks_outward() -> None:
    mesh = torus_mesh()
    exact = 2 * np.pi**2 * 0.6 * 0.28**2
    assert volume_of(mesh.vertices, mesh.faces) == pytest.approx(exact, rel=0.01)


def test_a_texture_reaches_the_right_places(tmp_path: Path) -> None:
    scene = geoframe.build("embedder", "mesh-texture", texture=8, points=2000, **CONTEXT)
    with torch.no_grad():
        scene.texture[:] = -2.0
        scene.texture[0, 0, :4] = 2.0  # the upper half is red: v above 1/2
    export_scene(scene, NO_VIEWS, [], {}, tmp_path)
    mesh = trimesh.load(tmp_path / "mesh.glb", force="mesh", process=False)
    assert volume_of(mesh.vertices, mesh.faces) > 0
    # Where the file's texture coordinates say the upper half, the angle across is above pi.
    upper = mesh.visual.uv[:, 1] > 0.5
    inward = mesh.vertices[:, 1] < -1e-3
    assert (
        upper[np.abs(mesh.vertices[:, 1]) > 1e-3] == inward[np.abs(mesh.vertices[:, 1]) > 1e-3]
    ).all()
    picture = mesh.visual.material.baseColorTexture
    assert picture.getpixel((0, 0))[0] > 240 > 20 > picture.getpixel((0, 7))[0]
    with Image.open(BytesIO((tmp_path / "texture.png").read_bytes())) as image:
        assert image.size == (8, 8)


def test_a_volume_has_a_coloured_surface(tmp_path: Path) -> None:
    scene = geoframe.build("embedder", "voxel-grid", resolution=8, samples=8, radius=1.0, **CONTEXT)
    with torch.no_grad():
        scene.grid[:, 1:] = -9.0
        scene.grid[:, 2] = 9.0  # green
    export_scene(scene, NO_VIEWS, [], {}, tmp_path)
    (mesh,) = trimesh.load(tmp_path / "mesh.glb", process=False).geometry.values()
    # It begins as softplus(10 (1 - r / 0.5)), which is 5 at r = 0.25.
    assert np.linalg.norm(mesh.vertices, axis=1) == pytest.approx(0.25, abs=0.01)
    assert volume_of(mesh.vertices, mesh.faces) > 0
    assert (mesh.visual.vertex_colors[:, :3] == [0, 255, 0]).all()
