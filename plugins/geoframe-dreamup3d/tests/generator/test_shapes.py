import numpy as np
import pytest

from geoframe.errors import DataError
from geoframe_dreamup3d.generator.collections import blobs, mesh_shape, primitives, shapes_of
from geoframe_dreamup3d.generator.primitives import Primitive
from geoframe_dreamup3d.generator.rasterizer import rasterize
from geoframe_dreamup3d.generator.resting import resting_rotations

INTRINSICS = np.array([80.0, 80.0, 32.0, 32.0])
HALF = np.array([0.05, 0.04, 0.06])
GREY = np.full(3, 0.5)


def box_mesh(half):
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) * half
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    faces = np.array([f for a, b, c, d in quads for f in ((a, b, c), (a, c, d))])
    return corners, faces


def pose():
    c, s = np.cos(0.6), np.sin(0.6)
    turned = np.eye(4)
    turned[:3, :3] = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]) @ np.array(
        [[1, 0, 0], [0, c, -s], [0, s, c]]
    )
    turned[:3, 3] = [0.03, -0.02, 0.7]
    return turned


def test_the_rasterizer_sees_what_rays_meet():
    solid = Primitive(name="b", kind="box", half=HALF, colour=GREY)
    by_rays = solid.render(pose(), INTRINSICS, (64, 64))
    corners, faces = box_mesh(HALF)
    hits = rasterize(corners @ pose()[:3, :3].T + pose()[:3, 3], faces, INTRINSICS, (64, 64))
    assert hits.pixels.tolist() == sorted(by_rays.pixels.tolist())
    assert len(hits.pixels) > 50
    assert np.allclose(hits.depth, by_rays.depth[np.argsort(by_rays.pixels)], atol=1e-12)


def test_a_triangle_that_reaches_behind_the_camera_is_left_out():
    corners = np.array([[0, 0, -1.0], [1, 0, 1], [0, 1, 1]])
    assert not len(rasterize(corners, np.array([[0, 1, 2]]), INTRINSICS, (64, 64)).pixels)


@pytest.mark.parametrize("kind", ["ellipsoid", "box", "cylinder"])
def test_rays_end_on_the_surface_and_normals_point_to_the_camera(kind):
    half = HALF if kind != "cylinder" else np.array([0.05, 0.05, 0.06])
    solid = Primitive(name="s", kind=kind, half=half, colour=GREY)
    layer = solid.render(pose(), INTRINSICS, (64, 64))
    row, column = np.divmod(layer.pixels, 64)
    rays = np.stack([(column + 0.5 - 32) / 80, (row + 0.5 - 32) / 80, np.ones(len(row))], 1)
    points = rays * layer.depth[:, None]
    local = (points - pose()[:3, 3]) @ pose()[:3, :3] / half
    norm = {
        "ellipsoid": lambda p: np.linalg.norm(p, axis=1),
        "box": lambda p: np.abs(p).max(1),
        "cylinder": lambda p: np.maximum(np.linalg.norm(p[:, :2], axis=1), np.abs(p[:, 2])),
    }[kind]
    assert norm(local) == pytest.approx(1)
    assert (np.einsum("pk,pk->p", layer.normals, points) < 0).all()
    surface = solid.surface(2000, np.random.default_rng(0))
    assert norm(surface / half) == pytest.approx(1)


def test_points_are_even_on_an_ellipsoid():
    solid = Primitive(name="s", kind="ellipsoid", half=np.array([0.02, 0.02, 0.08]), colour=GREY)
    z = solid.surface(40_000, np.random.default_rng(0))[:, 2] / 0.08
    # Area between heights of a prolate spheroid, by quadrature.
    grid = np.linspace(-1, 1, 20_001)
    density = np.sqrt((1 - grid**2) + 0.0625 * grid**2)
    share = density[np.abs(grid) < 0.5].sum() / density.sum()
    assert (np.abs(z) < 0.5).mean() == pytest.approx(share, abs=0.01)


def test_a_brick_rests_on_its_sides_by_their_solid_angle():
    half = np.array([0.01, 0.03, 0.05])
    corners, _ = box_mesh(half)
    rotations, probabilities = resting_rotations(corners)
    heights = [float(np.ptp(corners @ r.T, axis=0)[2]) for r in rotations]
    assert len(rotations) == 6
    assert heights[0] == heights[1] == pytest.approx(0.02)
    a, b, c = half
    wide = 4 * np.arctan(b * c / (a * np.sqrt(a * a + b * b + c * c))) / (4 * np.pi)
    assert probabilities[:2] == pytest.approx(wide)
    assert probabilities.sum() == pytest.approx(1)


def test_a_stick_lies_down():
    stick, _ = box_mesh(np.array([0.004, 0.004, 0.08]))
    rotations, _ = resting_rotations(stick)
    upright = [abs(r[2, 2]) > 0.99 for r in rotations]
    assert not upright[0]
    leaning = np.concatenate([stick, [[0.3, 0, 0.08]]])  # the centre lies beside the lower end
    for r in resting_rotations(leaning)[0]:
        assert np.linalg.det(r) == pytest.approx(1)
        assert not np.allclose(r, np.eye(3))


def test_a_flat_mesh_is_refused():
    with pytest.raises(DataError, match="flat"):
        mesh_shape("f", np.eye(4, 3)[:3].repeat(2, 0), np.zeros((1, 3), int), np.zeros((6, 3)))


def test_random_shapes_depend_on_the_seed_alone_and_are_closed():
    first, second = blobs(4, 7), blobs(4, 7)
    assert all(np.array_equal(a.vertices, b.vertices) for a, b in zip(first, second, strict=True))
    assert not np.array_equal(first[0].vertices, blobs(1, 8)[0].vertices)
    for blob in first:
        edges = np.sort(blob.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
        _, count = np.unique(edges, axis=0, return_counts=True)
        assert (count == 2).all()
    assert {p.kind for p in primitives(6, 0)} == {"ellipsoid", "box", "cylinder"}


def test_shapes_of_a_folder_of_meshes(tmp_path):
    corners, faces = box_mesh(HALF * 1000)  # in millimetres
    lines = [f"v {x} {y} {z}" for x, y, z in corners] + [f"f {a} {b} {c}" for a, b, c in faces + 1]
    (tmp_path / "brick.obj").write_text("\n".join(lines))
    pytest.importorskip("trimesh")
    (brick,) = shapes_of([str(tmp_path)])
    assert brick.name == "brick"
    assert np.ptp(brick.vertices, axis=0) == pytest.approx(2 * HALF)
    with pytest.raises(DataError, match="none of"):
        shapes_of(["prisms"])
    (tmp_path / "brick.obj").write_text("nothing")
    with pytest.raises(DataError, match=r"brick\.obj"):
        shapes_of([str(tmp_path)])
