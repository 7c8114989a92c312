"""Scenes for use without geoframe: PNG, GLB, PLY, npz, and the module's tensors."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from geoframe import Embedder
from geoframe.run.files import write_bytes, write_json, write_tensors
from geoframe_sdi.glb import coloured_glb, textured_glb
from geoframe_sdi.isosurface import surface_net
from geoframe_sdi.scenes.mesh import MeshTexture
from geoframe_sdi.scenes.splats import GaussianSplats
from geoframe_sdi.scenes.volume import Volume, density_of

SOLID_DENSITY = 5.0
"""Density from which a point of a volume goes into the point cloud."""
LATTICE = 64
"""Points along an edge at which a volume is read."""
FRAME_MILLISECONDS = 80
"""Time of a turntable's frame."""
SH_CONSTANT = 0.28209479177387814
"""Of spherical harmonics of degree 0, in which PLY files of splats keep colours."""


def export_scene(
    scene: Embedder,
    views: NDArray[np.float64],
    names: Sequence[str],
    facts: Mapping[str, Any],
    folder: Path,
    frames: NDArray[np.float64] | None = None,
) -> Sequence[Path]:
    """Write a scene into a folder.

    Parameters
    ----------
    views, names
        Renders ``(n, h, w)`` or ``(n, h, w, 3)`` in [0, 1], with a name each.
    frames
        More of them, once around the scene.

    Returns
    -------
    sequence of Path
        ``scene.safetensors`` and ``scene.json`` (all that trained, with name, options and which
        view each picture shows), a PNG a view, ``turntable.gif``, and by kind: ``texture.png`` and
        ``mesh.glb``; ``splats.ply`` (as 3-D Gaussian splatting writes it); ``points.ply``,
        ``volume.npz`` and ``mesh.glb`` (the surface, if anything is solid).
    """
    paths = [folder / "scene.safetensors", folder / "scene.json"]
    write_tensors(paths[0], scene.state_dict())
    pictures = {f"{re.sub('[^a-z0-9]+', '-', name.lower())}.png": name for name in names}
    write_json(paths[1], {**facts, "pictures": pictures})
    for picture, view in zip(pictures, views, strict=True):
        paths.append(folder / picture)
        write_bytes(paths[-1], _png(view))
    if frames is not None:
        paths.append(folder / "turntable.gif")
        write_bytes(paths[-1], _gif(frames))
    if isinstance(scene, MeshTexture):
        paths += _write_texture(scene, folder)
    elif isinstance(scene, GaussianSplats):
        paths.append(folder / "splats.ply")
        write_bytes(paths[-1], _splat_ply(scene))
    elif isinstance(scene, Volume):
        paths += _write_volume(scene, folder)
    return paths


def _picture(pixels: NDArray[Any]) -> Any:
    from PIL import Image

    return Image.fromarray(np.round(np.clip(pixels, 0, 1) * 255).astype(np.uint8))


def _png(pixels: NDArray[Any]) -> bytes:
    content = BytesIO()
    _picture(pixels).save(content, "PNG")
    return content.getvalue()


def _gif(frames: NDArray[np.float64]) -> bytes:
    content = BytesIO()
    first, *others = [_picture(frame) for frame in frames]
    first.save(
        content, "GIF", save_all=True, append_images=others, duration=FRAME_MILLISECONDS, loop=0
    )
    return content.getvalue()


def _write_texture(scene: MeshTexture, folder: Path) -> list[Path]:
    texture = (torch.tanh(scene.texture.detach())[0].permute(1, 2, 0).numpy() + 1) / 2
    pixels = texture[..., 0] if texture.shape[2] == 1 else texture
    mesh = scene.mesh()
    # A corner is one with others of the same place and texture coordinates.
    corners = np.concatenate(
        [mesh.faces.reshape(-1, 1).double().numpy(), mesh.uv.reshape(-1, 2).double().numpy()], 1
    )
    kept, numbers = np.unique(corners, axis=0, return_inverse=True)
    vertices = mesh.vertices.numpy()[kept[:, 0].astype(np.int64)]
    faces = numbers.reshape(-1, 3)
    paths = [folder / "texture.png", folder / "mesh.glb"]
    write_bytes(paths[0], _png(pixels))
    write_bytes(paths[1], textured_glb(vertices, faces, kept[:, 1:], _picture(pixels)))
    return paths


def _colour(values: NDArray[Any]) -> NDArray[Any]:
    three = np.repeat(values, 3, axis=1) if values.shape[1] == 1 else values[:, :3]
    return three


def _colour_bytes(values: Tensor) -> NDArray[np.uint8]:
    """Red, green and blue ``(n, 3)`` of values ``(n, 1 or more)`` in [-1, 1]."""
    bright = np.round((_colour(values.numpy()) + 1) / 2 * 255)
    return bright.clip(0, 255).astype(np.uint8)


def _ply(columns: Mapping[str, NDArray[Any]]) -> bytes:
    """Binary little-endian PLY of vertices; bytes stay bytes, the rest become floats."""
    kinds = {name: "u1" if each.dtype == np.uint8 else "<f4" for name, each in columns.items()}
    count = len(next(iter(columns.values())))
    rows = np.empty(count, dtype=list(kinds.items()))
    for name, each in columns.items():
        rows[name] = each
    lines = ["ply", "format binary_little_endian 1.0", f"element vertex {count}"]
    lines += [
        f"property {'uchar' if kind == 'u1' else 'float'} {name}" for name, kind in kinds.items()
    ]
    return "\n".join([*lines, "end_header", ""]).encode() + rows.tobytes()


def _splat_ply(scene: GaussianSplats) -> bytes:
    means, scales = scene.means.detach().numpy(), scene.log_scales.detach().numpy()
    turned = functional.normalize(scene.quaternions.detach(), dim=1).numpy()
    colour = _colour(torch.tanh(scene.colours.detach()).numpy() / 2) / SH_CONSTANT
    columns = {name: means[:, index] for index, name in enumerate("xyz")}
    columns |= {f"f_dc_{index}": colour[:, index] for index in range(3)}
    columns["opacity"] = scene.opacities.detach().numpy()
    columns |= {f"scale_{index}": scales[:, index] for index in range(3)}
    columns |= {f"rot_{index}": turned[:, index] for index in range(4)}
    return _ply(columns)


@torch.no_grad()
def _write_volume(scene: Volume, folder: Path) -> list[Path]:
    line = torch.linspace(-1, 1, LATTICE)
    points = torch.stack(torch.meshgrid(line, line, line, indexing="ij"), -1).reshape(-1, 3)
    raw, colour = scene.field(points)
    density = (density_of(raw, points) / scene.radius).numpy()
    colours = _colour_bytes(colour)
    lattice = density.reshape(LATTICE, LATTICE, LATTICE)
    solid = density > SOLID_DENSITY
    places = (points * scene.radius).numpy()[solid]
    columns: dict[str, NDArray[Any]] = {n: places[:, i] for i, n in enumerate("xyz")}
    columns |= {n: colours[solid][:, i] for i, n in enumerate(("red", "green", "blue"))}
    paths = [folder / "points.ply", folder / "volume.npz"]
    write_bytes(paths[0], _ply(columns))
    content = BytesIO()
    np.savez_compressed(
        content,
        allow_pickle=False,
        density=lattice.astype(np.float32),
        colour=colours.reshape(LATTICE, LATTICE, LATTICE, 3),
        radius=np.float32(scene.radius),
    )
    write_bytes(paths[1], content.getvalue())
    if solid.any():
        paths.append(folder / "mesh.glb")
        write_bytes(paths[-1], _surface(scene, lattice))
    return paths


def _surface(scene: Volume, density: NDArray[Any]) -> bytes:
    """The surface of a volume with the colours there."""
    vertices, faces = surface_net(density, SOLID_DENSITY)
    places = (vertices / (LATTICE - 1) * 2 - 1).clip(-1, 1)
    colour = scene.field(torch.from_numpy(places).float())[1]
    return coloured_glb(places * scene.radius, faces, _colour_bytes(colour))
