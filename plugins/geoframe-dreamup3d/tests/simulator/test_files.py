import json
from xml.etree import ElementTree as Xml

import attrs
import numpy as np
import pytest
from PIL import Image

from geoframe_dreamup3d.classical.boxes import Box
from geoframe_dreamup3d.classical.clustering import segment_by_distance
from geoframe_dreamup3d.classical.completion import VoxelShape
from geoframe_dreamup3d.generator.collections import shapes_of
from geoframe_dreamup3d.generator.scenes import SceneOptions, generate
from geoframe_dreamup3d.objects import describe, quaternion
from geoframe_dreamup3d.simulator.files import write_scene
from geoframe_dreamup3d.simulator.rest import simulate
from geoframe_dreamup3d.simulator.surface import surface_of
from geoframe_dreamup3d.table.view import view_of


@pytest.fixture(scope="module")
def found():
    scenes = generate(shapes_of(["primitives"]), 1, SceneOptions(size=128, touching=0), seed=1)
    return describe(view_of(scenes, 0), segment_by_distance, name="s")


@pytest.fixture(scope="module")
def folder(found, tmp_path_factory):
    path = tmp_path_factory.mktemp("scene")
    write_scene(path, found)
    return path


@pytest.mark.parametrize("cells", [(10, 12, 9), (1, 10, 10)])
def test_a_surface_is_closed_and_faces_outward(cells):
    box = Box(np.array([0.1, 0, 0.2]), np.eye(3), np.array(cells) * 0.01)
    shape = VoxelShape(np.ones(cells, bool), box)
    mesh = surface_of(shape)
    edges = mesh.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    _, count = np.unique(np.sort(edges, axis=1), axis=0, return_counts=True)
    assert (count == 2).all()
    directed = {tuple(edge) for edge in edges.tolist()}
    assert len(directed) == len(edges)  # neighbours run along an edge in opposite directions
    assert mesh.volume == pytest.approx(shape.volume, rel=0.25)
    assert mesh.centroid == pytest.approx(box.centre, abs=1e-6)


def test_the_drawn_scene_agrees_with_the_image(found):
    assert len(found.objects) >= 2
    assert found.check.median_error < 0.004
    assert min(found.check.agreeing.values()) > 0.9


def test_the_check_notices_a_wrong_shape(found):
    from geoframe_dreamup3d.simulator.check import check

    meshes = [
        attrs.evolve(o.mesh, vertices=o.mesh.vertices + np.array([0, 0, 0.03]))
        for o in found.objects
    ]
    worse = check(found.view, found.labels, meshes)
    assert max(worse.agreeing.values()) < 0.6


def test_files_hold_what_was_found(found, folder):
    table = json.loads((folder / "scene.json").read_text())
    labels = np.asarray(Image.open(folder / "labels.png"))
    assert np.array_equal(labels, found.labels)
    assert len(table["objects"]) == len(found.objects)
    first, row = found.objects[0], table["objects"][0]
    world = found.view.to_world @ first.tight_box.pose
    assert [row[f"world_{a}"] for a in "xyz"] == pytest.approx(world[:3, 3].tolist())
    camera = np.linalg.inv(found.view.camera) @ first.tight_box.pose
    assert [row[f"camera_q{a}"] for a in "xyzw"] == pytest.approx(
        quaternion(camera[:3, :3]).tolist()
    )
    lines = (folder / row["mesh"]).read_text().splitlines()
    corners = np.array([line.split()[1:4] for line in lines if line.startswith("v ")], float)
    assert np.abs(corners).max(0) == pytest.approx(first.tight_box.size / 2, abs=2e-6)
    assert Xml.parse(folder / "objects/object_1.urdf").getroot().tag == "robot"


def test_mujoco_holds_the_scene_still(found, folder):
    pytest.importorskip("mujoco")
    ends = simulate(folder / "scene.xml")
    assert [end.label for end in ends] == [each.label for each in found.objects]
    assert all(end.stable for end in ends)


def test_an_object_in_the_air_falls(found, tmp_path):
    pytest.importorskip("mujoco")
    first = found.objects[0]
    up = attrs.evolve(first.tight_box, centre=first.tight_box.centre + np.array([0, 0, 0.2]))
    lifted = attrs.evolve(
        found,
        objects=(
            attrs.evolve(first, tight_box=up, mesh=first.mesh.moved(translation(0.2))),
            *found.objects[1:],
        ),
    )
    write_scene(tmp_path, lifted)
    ends = simulate(tmp_path / "scene.xml")
    assert not ends[0].stable
    assert ends[0].moved > 0.1


def translation(height):
    pose = np.eye(4)
    pose[2, 3] = height
    return pose


def test_pybullet_loads_every_object(found, folder):
    bullet = pytest.importorskip("pybullet")
    client = bullet.connect(bullet.DIRECT)
    try:
        for each in found.objects:
            path = folder / "objects" / f"object_{each.label}.urdf"
            body = bullet.loadURDF(str(path), physicsClientId=client)
            mass = bullet.getDynamicsInfo(body, -1, physicsClientId=client)[0]
            assert mass == pytest.approx(500 * each.mesh.volume, rel=1e-4)
            low, high = bullet.getAABB(body, physicsClientId=client)
            margin = 2 * 0.004  # Bullet pads collision shapes
            extent = np.subtract(high, low) - margin
            assert extent == pytest.approx(each.tight_box.size, abs=0.001)
    finally:
        bullet.disconnect(client)


def test_an_empty_table_gives_an_empty_scene(tmp_path):
    scenes = generate(shapes_of(["primitives"]), 1, SceneOptions(), seed=1)
    camera = scenes.cameras[0]
    rays = scenes.points()[0] / scenes.depth[0][..., None]
    table = -camera[2, 3] / (rays @ camera[2, :3])
    empty = attrs.evolve(scenes, depth=table[None].astype(np.float32))
    found = describe(view_of(empty, 0), segment_by_distance)
    assert found.rows() == []
    assert found.check.median_error is None
    write_scene(tmp_path, found)
    assert json.loads((tmp_path / "scene.json").read_text())["objects"] == []


def test_the_same_image_gives_the_same_files(found, folder, tmp_path):
    again = describe(found.view, segment_by_distance, name="s")
    write_scene(tmp_path, again)
    for path in sorted(folder.rglob("*.*")):
        if path.name != "scene.json":
            assert path.read_bytes() == (tmp_path / path.relative_to(folder)).read_bytes()
