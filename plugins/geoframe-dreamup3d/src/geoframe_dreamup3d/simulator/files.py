"""A description as files: masks, meshes, and scenes for MuJoCo and PyBullet. Torch-free."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import numpy as np
from numpy.typing import NDArray

from geoframe.data import shown
from geoframe.run.files import explained, write_bytes, write_json
from geoframe_dreamup3d.objects import Description, SceneObject, meshes_of, quaternion
from geoframe_dreamup3d.simulator.surface import Mesh

DENSITY = 500.0
"""Kilograms per cubic metre of an object: that of filled packages."""
FRICTION = 0.8
"""Sliding friction of objects and table."""
TABLE = (0.75, 0.75, 0.02)
"""Half sides of the table, metres."""


def write_scene(folder: Path, description: Description) -> list[Path]:
    """Write all files of a scene into a folder; return their paths.

    ``labels.png`` (16 bits, 0 for no object), ``overlay.png``, ``objects/object_<k>.obj`` and
    ``.urdf``, ``scene.xml`` (MJCF), ``scene.json`` (poses in table, world and camera frame, sizes,
    confidence, self-check).

    Raises
    ------
    RunError
        If something cannot be written.
    """
    with explained(folder):
        (folder / "objects").mkdir(parents=True, exist_ok=True)
    written: list[Path] = []

    def keep(name: str, content: bytes) -> None:
        write_bytes(folder / name, content)
        written.append(folder / name)

    keep("labels.png", png(description.labels.astype(np.uint16)))
    keep("overlay.png", png(overlay(description.view.rgb, description.labels)))
    for each, mesh in zip(description.objects, meshes_of(description.objects), strict=True):
        name = f"object_{each.label}"
        keep(f"objects/{name}.obj", obj(mesh))
        keep(f"objects/{name}.urdf", urdf(name, each, mesh))
    keep("scene.xml", mjcf(description))
    write_json(folder / "scene.json", summary(description))
    return [*written, folder / "scene.json"]


def summary(description: Description) -> dict[str, Any]:
    """Everything but the meshes, as JSON."""
    return {
        "scene": description.name,
        "units": "metres; quaternions x, y, z, w; camera axes x right, y down, z forward",
        "camera_to_table": description.view.camera,
        "table_to_world": description.view.to_world,
        "objects": [
            {
                **row,
                "mesh": f"objects/object_{row['object']}.obj",
                "table_pose": each.tight_box.pose,
                "upright_box": {"pose": each.box.pose, "size": each.box.size},
            }
            for row, each in zip(description.rows(), description.objects, strict=True)
        ],
        "self_check": description.check.summary(),
        "seconds": dict(description.seconds),
        "repairs": list(description.view.repairs),
    }


def obj(mesh: Mesh) -> bytes:
    """Wavefront OBJ with colours at the vertices."""
    lines = [
        f"v {x:.6f} {y:.6f} {z:.6f} {r:.4f} {g:.4f} {b:.4f}"
        for (x, y, z), (r, g, b) in zip(
            mesh.vertices.tolist(), (mesh.colours / 255).tolist(), strict=True
        )
    ]
    lines += [f"f {a} {b} {c}" for a, b, c in (mesh.faces + 1).tolist()]
    return ("\n".join(lines) + "\n").encode()


def mjcf(description: Description) -> bytes:
    """Return an MJCF model: the table, a light, the camera of the image and free bodies."""
    root = Xml.Element("mujoco", model=shown(description.name) or "scene")
    Xml.SubElement(root, "compiler", angle="radian", meshdir="objects", balanceinertia="true")
    Xml.SubElement(root, "option", timestep="0.002")
    asset, world = Xml.SubElement(root, "asset"), Xml.SubElement(root, "worldbody")
    Xml.SubElement(world, "light", pos="0 0 2", dir="0 0 -1")
    view = description.view
    # MuJoCo's cameras look along -z with y up.
    turned = view.camera[:3, :3] @ np.diag([1.0, -1.0, -1.0])
    h = view.depth.shape[0]
    Xml.SubElement(
        world,
        "camera",
        name="image",
        pos=_text(view.camera[:3, 3]),
        quat=_real_first(turned),
        fovy=f"{2 * np.arctan(h / (2 * view.intrinsics[1])):.6f}",
    )
    a, b, c = TABLE
    Xml.SubElement(
        world,
        "geom",
        name="table",
        type="box",
        size=f"{a} {b} {c}",
        pos=f"0 0 {-c}",
        rgba="0.7 0.7 0.7 1",
        friction=f"{FRICTION} 0.005 0.0001",
    )
    for each in description.objects:
        name = f"object_{each.label}"
        Xml.SubElement(asset, "mesh", name=name, file=f"{name}.obj", inertia="convex")
        pose = each.tight_box.pose
        body = Xml.SubElement(
            world, "body", name=name, pos=_text(pose[:3, 3]), quat=_real_first(pose[:3, :3])
        )
        Xml.SubElement(body, "freejoint")
        Xml.SubElement(
            body,
            "geom",
            type="mesh",
            mesh=name,
            density=f"{DENSITY:g}",
            rgba=f"{_text(each.colour)} 1",
            friction=f"{FRICTION} 0.005 0.0001",
        )
    return _xml(root)


def urdf(name: str, each: SceneObject, mesh: Mesh) -> bytes:
    """Return a URDF of one object in its own frame; where it stands is in ``scene.json``."""
    root = Xml.Element("robot", name=name)
    link = Xml.SubElement(root, "link", name=name)
    mass = DENSITY * mesh.volume
    x, y, z = (each.tight_box.size**2).tolist()
    inertial = Xml.SubElement(link, "inertial")
    Xml.SubElement(inertial, "origin", xyz=_text(mesh.centroid), rpy="0 0 0")
    Xml.SubElement(inertial, "mass", value=f"{mass:.6g}")
    Xml.SubElement(
        inertial,
        "inertia",
        ixx=f"{mass * (y + z) / 12:.6g}",
        iyy=f"{mass * (x + z) / 12:.6g}",
        izz=f"{mass * (x + y) / 12:.6g}",
        ixy="0",
        ixz="0",
        iyz="0",
    )
    for part in ("visual", "collision"):
        element = Xml.SubElement(link, part)
        geometry = Xml.SubElement(element, "geometry")
        Xml.SubElement(geometry, "mesh", filename=f"{name}.obj")
        if part == "visual":
            material = Xml.SubElement(element, "material", name=f"{name}_colour")
            Xml.SubElement(material, "color", rgba=f"{_text(each.colour)} 1")
    contact = Xml.SubElement(link, "contact")
    Xml.SubElement(contact, "lateral_friction", value=f"{FRICTION}")
    return _xml(root)


def overlay(rgb: NDArray[np.uint8], labels: NDArray[np.int32]) -> NDArray[np.uint8]:
    """Colour image with each object tinted and outlined."""
    colours = palette(int(labels.max(initial=0)))
    tinted = np.where(
        labels[..., None] > 0, 0.55 * rgb + 0.45 * 255 * colours[labels], rgb.astype(np.float64)
    )
    edge = np.zeros(labels.shape, dtype=bool)
    edge[:, 1:] |= labels[:, 1:] != labels[:, :-1]
    edge[1:] |= labels[1:] != labels[:-1]
    tinted[edge & (labels > 0)] = 255 * colours[labels[edge & (labels > 0)]]
    return np.clip(tinted, 0, 255).astype(np.uint8)


def palette(count: int) -> NDArray[np.float64]:
    """Colours ``(count + 1, 3)`` that differ: black, then hues a golden section apart."""
    import colorsys

    hues = [colorsys.hsv_to_rgb((0.618034 * k) % 1, 0.85, 1.0) for k in range(count)]
    return np.array([(0.0, 0.0, 0.0), *hues])


def png(pixels: NDArray[Any]) -> bytes:
    """Encode an image."""
    from PIL import Image

    content = BytesIO()
    Image.fromarray(pixels).save(content, "png")
    return content.getvalue()


def _text(values: NDArray[np.floating]) -> str:
    return " ".join(f"{float(value):.6f}" for value in values)


def _real_first(rotation: NDArray[np.floating]) -> str:
    x, y, z, w = quaternion(rotation)
    return f"{w:.6f} {x:.6f} {y:.6f} {z:.6f}"


def _xml(root: Xml.Element) -> bytes:
    Xml.indent(root)
    return bytes(Xml.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"
