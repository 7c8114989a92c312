"""Cameras, scenes and what is rendered of them."""

from __future__ import annotations

import importlib
import json
import math
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

import geoframe
from geoframe import DataError
from geoframe.api import run_method
from geoframe.testing import check_embedder
from geoframe_sdi.measures import psnr
from geoframe_sdi.priors.views import MeshViews
from geoframe_sdi.scenes.cameras import (
    axes_of,
    orbit,
    projected,
    random_orbit,
    rays,
    read_transforms,
    turntable,
)
from geoframe_sdi.scenes.hashing import HashEncoding
from geoframe_sdi.scenes.mesh import MeshTexture
from geoframe_sdi.scenes.splats import GaussianSplats
from geoframe_sdi.scenes.views import perp_neg_views, view_numbers
from geoframe_sdi.scenes.volume import HashGrid, VoxelGrid, composite
from geoframe_sdi.surface import read_obj, torus

SCENES = {
    "voxel-grid": {"resolution": 16, "samples": 16},
    "hash-grid": {"samples": 16, "levels": 4},
    "gaussian-splats": {"splats": 64},
    "mesh-texture": {"points": 20_000, "texture": 32},
}


def at(azimuth: float, elevation: float = 0.0, distance: float = 2.0) -> Tensor:
    return orbit(torch.tensor([azimuth]), torch.tensor([elevation]), distance, 50.0)


def test_cameras_look_at_the_centre() -> None:
    cameras = random_orbit(50, torch.Generator().manual_seed(0))
    flat, depth = projected(torch.zeros(1, 3), cameras)
    assert flat.abs().max() < 1e-5
    assert torch.allclose(depth[:, 0], cameras[:, :3].norm(dim=1), atol=1e-5)
    above, _ = projected(torch.tensor([[0.0, 0.1, 0.0]]), cameras)
    assert (above[..., 1] < 0).all(), "up in the world is up in the image"
    assert torch.allclose(at(0.0)[0, :3], torch.tensor([0.0, 0.0, 2.0]), atol=1e-6)
    assert torch.allclose(at(90.0)[0, :3], torch.tensor([2.0, 0.0, 0.0]), atol=1e-6)
    right, _ = projected(torch.tensor([[0.1, 0.0, 0.0]]), at(0.0))
    assert right[0, 0, 0] > 0
    behind = axes_of(at(180.0))[0]
    assert torch.allclose(behind @ behind.T, torch.eye(3), atol=1e-5)


def test_rays_go_where_points_are_projected() -> None:
    cameras = random_orbit(5, torch.Generator().manual_seed(1))
    origins, directions = rays(cameras, 6, 8)
    points = origins[:, None] + 1.7 * directions
    for index in range(5):
        flat, _ = projected(points[index], cameras[index : index + 1])
        u = (2 * torch.arange(8) + 1) / 8 - 1
        v = ((2 * torch.arange(6) + 1) / 6 - 1) * 6 / 8
        grid = torch.stack(torch.meshgrid(v, u, indexing="ij")[::-1], -1).reshape(-1, 2)
        assert torch.allclose(flat[0], grid, atol=1e-4)


def test_cameras_of_a_transforms_file(tmp_path: Path) -> None:
    expected = random_orbit(3, torch.Generator().manual_seed(2), field_of_view=(50.0, 50.0))
    frames = []
    for camera in expected:
        pose = torch.eye(4)
        pose[:3, :3], pose[:3, 3] = axes_of(camera[None])[0], camera[:3]
        frames.append({"file_path": "x", "transform_matrix": pose.tolist()})
    path = tmp_path / "transforms.json"
    path.write_text(json.dumps({"camera_angle_x": math.radians(50), "frames": frames}))
    found = read_transforms(path)
    assert torch.allclose(axes_of(found), axes_of(expected), atol=1e-5)
    assert torch.allclose(found[:, [0, 1, 2, 6]], expected[:, [0, 1, 2, 6]], atol=1e-5)
    path.write_text(json.dumps({"frames": frames}))
    with pytest.raises(DataError, match="camera_angle_x"):
        read_transforms(path)
    frames[1]["transform_matrix"][0] = [1.0, 1.0, 0.0, 0.0]
    path.write_text(json.dumps({"camera_angle_x": 0.8, "frames": frames}))
    with pytest.raises(DataError, match="frame 1 is no rotation"):
        read_transforms(path)


def test_sides_of_a_scene() -> None:
    cameras = torch.cat([at(10.0), at(-80.0), at(170.0), at(0.0, 70.0)])
    assert view_numbers(cameras).tolist() == [0, 1, 2, 3]


def test_views_go_away_from_their_neighbours() -> None:
    """threestudio's weights: none against the view itself, most against the other one."""
    cameras = torch.cat([at(0.0), at(-90.0), at(135.0), at(180.0), at(30.0, 70.0)])
    wanted, others = perp_neg_views(cameras)
    front, side, back, above = torch.eye(4)
    expected = torch.stack([front, side, (side + back) / 2, back, above])
    assert torch.allclose(wanted, expected, atol=1e-4)
    assert torch.allclose(others.conditions[0], torch.stack([front, side]))
    assert torch.allclose(others.conditions[3], torch.stack([side, front]))
    whole, none = 4 * math.exp(-0.5) - 2.426, 4 - 2.426
    behind = [-(math.exp(-0.25) - 0.606), -(math.exp(-0.25) + 0.967)]
    assert others.weights[0].tolist() == pytest.approx([-whole, -none], abs=1e-3)
    assert others.weights[2].tolist() == pytest.approx(behind, abs=1e-3)
    assert others.weights[3].tolist() == pytest.approx([-0.394, -1.967], abs=1e-3)
    assert others.weights[4].tolist() == [0.0, 0.0]


def test_compositing_is_the_integral() -> None:
    """A slab of density rho and thickness l lets exp(-rho l) through."""
    depths = torch.linspace(0, 1, 1001, dtype=torch.float64)[:-1].reshape(1, 1, -1)
    density = torch.where((depths > 0.2) & (depths < 0.6), 3.0, 0.0).to(depths)
    colour = torch.full((1, 1, 1000, 1), 0.5, dtype=torch.float64)
    seen = composite(density, colour, depths, torch.ones((), dtype=torch.float64))
    through = math.exp(-3 * 0.4)
    assert float(seen.opacity) == pytest.approx(1 - through, abs=5e-3)
    assert float(seen.colour) == pytest.approx(0.5 * (1 - through) + through, abs=5e-3)
    assert 0.2 < float(seen.depth) < 0.4


def test_the_hash_encoding_is_continuous_and_interpolates() -> None:
    encoding = HashEncoding(3, 4, 1.5, 8)
    points = torch.rand(200, 3) * 2 - 1
    near = encoding(points + 1e-6)
    assert (near - encoding(points)).abs().max() < 1e-6
    dense = HashEncoding(1, 4, 1.5, 8)  # 5^3 corners fit into the table
    corner = torch.tensor([[-1.0, -1.0, -1.0]])
    assert torch.allclose(dense(corner)[0], dense.tables[0, 0])


def test_finer_resolutions_come_in_one_by_one() -> None:
    scene = HashGrid(7, 3 * 4 * 4, levels=6, first_levels=2, samples=4)
    used = []
    for progress in (0.0, 0.19, 0.3, 0.5, 0.6, 0.99):
        scene.at_progress(progress)
        used.append(scene.encoding.used)
    assert used == [2, 2, 3, 5, 6, 6]
    scene.at_progress(0.0)
    found = scene.encoding(torch.rand(5, 3))
    assert (found[:, :4] != 0).any()
    assert (found[:, 4:] == 0).all()
    plain = HashGrid(7, 3 * 4 * 4, levels=6, samples=4)
    plain.at_progress(0.0)
    assert plain.encoding.used == 6


@pytest.mark.parametrize("name", SCENES)
def test_scenes_conform(name: str) -> None:
    def make() -> Any:
        torch.manual_seed(0)
        return geoframe.build("embedder", name, in_features=6, out_features=3, **SCENES[name])

    check_embedder(make).raise_for_failures()


@pytest.mark.parametrize("name", SCENES)
def test_scenes_learn_views(name: str) -> None:
    """Fitted to true renders of a torus, a scene shows unseen ones better than plain white."""
    torch.manual_seed(0)
    truth = MeshViews(size=16, colourings=1, points=40_000)
    cameras = random_orbit(24, torch.Generator().manual_seed(0), distance=(2.0, 2.0))
    images = truth.renders(cameras)[:, 0]
    scene = geoframe.build(
        "embedder", name, in_features=7, out_features=images[0].numel(), **SCENES[name]
    )
    optimizer = torch.optim.Adam(scene.parameters(), lr=0.05)
    for step in range(40):
        rows = torch.arange(4) + 4 * (step % 6)
        error = (scene(cameras[rows]).reshape(-1, 3, 16, 16) - images[rows]).square().mean()
        optimizer.zero_grad()
        error.backward()
        optimizer.step()
    unseen = turntable(4, elevation=20.0, distance=2.0, field_of_view=50.0)
    wanted = truth.renders(unseen)[:, 0]
    with torch.no_grad():
        found = scene.eval()(unseen).reshape(-1, 3, 16, 16)
    plain = psnr(torch.ones_like(wanted), wanted).mean()
    assert psnr(found, wanted).mean() > plain + 2


def test_geometry_terms_have_the_right_sign() -> None:
    scene = VoxelGrid(7, 3 * 16 * 16, resolution=16, samples=32)
    scene.eval()(at(20.0, 10.0))
    ball = scene.geometry_terms()
    assert float(ball["convexity"].detach()) < 0, "a ball is convex"
    with torch.no_grad():
        scene.grid[:, 0] -= 30.0  # nothing left
    scene(at(20.0, 10.0))
    empty = scene.geometry_terms()
    assert empty["sparsity"] < ball["sparsity"]
    assert float(empty["z_variance"].detach()) == 0


def test_normals_look_outward() -> None:
    torch.manual_seed(0)
    scene = VoxelGrid(7, 3 * 16 * 16, resolution=16, samples=32)
    points = torch.nn.functional.normalize(torch.randn(50, 3), dim=1) * 0.4
    outward = points / points.norm(dim=1, keepdim=True)
    assert ((scene.normals(points) * outward).sum(1) > 0.99).all()
    # From outside a ball shows its front; from inside all of it looks away.
    scene.eval()(at(20.0, 10.0))
    outside = scene.orientation_term()
    scene(at(20.0, 10.0, 0.02))
    assert float(outside.detach()) < 0.05 * float(scene.orientation_term().detach())
    outside.backward()
    assert scene.grid.grad is not None
    assert scene.grid.grad.isfinite().all()


def test_a_mesh_file(tmp_path: Path) -> None:
    path = tmp_path / "square.obj"
    path.write_text(
        "v -1 -1 0\nv 1 -1 0\nv 1 1 0\nv -1 1 0\nvt 0 0\nvt 1 0\nvt 1 1\nvt 0 1\n"
        "f 1/1 2/2 3/3 4/4\n"
    )
    surface = read_obj(path, 5000)
    expected = surface.points[:, :2] / 0.75 * math.sqrt(2) / 2 + 0.5
    assert torch.allclose(surface.uv, expected, atol=1e-5)
    scene = MeshTexture(7, 3 * 16 * 16, path=path, points=20_000)
    with torch.no_grad():  # upper half of the texture dark
        scene.texture[..., :64, :] = -9.0
        scene.texture[..., 64:, :] = 9.0
        image = scene(at(0.0)).reshape(3, 16, 16)
    assert image[0, 6, 8] < -0.9
    assert image[0, 10, 8] > 0.9
    path.write_text("v 0 0 0\nf 1 1 1\n")
    with pytest.raises(DataError, match=r"square.obj:2: cannot be read as 'f'"):
        read_obj(path, 10)
    path.write_text("v 0 0 0\n")
    with pytest.raises(DataError, match="holds no triangles"):
        read_obj(path, 10)


def test_the_nearer_point_is_seen() -> None:
    surface = torus(20_000)
    seen = surface.visible(at(0.0, 30.0)[0], 24, 24)
    points = surface.points[seen[seen >= 0]]
    assert (seen >= 0).sum() > 50
    # Of the tube in front of the hole only the near side is seen, from above.
    front = points[points[:, 2] > 0.5]
    assert (front[:, 1] > -0.28).all()
    assert front[:, 2].mean() > 0.6


STROKES = """
import torch
from geoframe import Embedder

class Strokes(Embedder):
    '''Straight strokes of ink on white paper; every row sees the same sheet.'''

    def __init__(self, in_features: int, out_features: int, *, strokes: int = 8) -> None:
        super().__init__(in_features, out_features)
        self.side = int(out_features ** 0.5)
        self.ends = torch.nn.Parameter(0.6 * torch.randn(strokes, 2, 2))
        self.width = torch.nn.Parameter(torch.full((strokes,), -1.5))

    def forward(self, items):
        line = torch.linspace(-1, 1, self.side).to(self.ends)
        sheet = torch.stack(torch.meshgrid(line, line, indexing="ij"), -1).reshape(-1, 1, 2)
        start, along = self.ends[:, 0], self.ends[:, 1] - self.ends[:, 0]
        share = (((sheet - start) * along).sum(-1) / along.square().sum(-1)).clamp(0, 1)
        away = (sheet - start - share[..., None] * along).square().sum(-1)
        ink = torch.exp(-away / self.width.exp() ** 2).amax(1)
        return (2 * ink - 1).expand(len(items), -1)
"""


def test_a_scene_of_a_third_party_by_name(tmp_path: Path, monkeypatch: Any) -> None:
    assert len(STROKES.strip().splitlines()) <= 22
    site = tmp_path / "site"
    info = site / "geoframe_strokes-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: geoframe-strokes\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[geoframe.embedders]\nstrokes = strokes_of_test:Strokes\n"
    )
    (site / "strokes_of_test.py").write_text(STROKES)
    monkeypatch.syspath_prepend(str(site))
    importlib.invalidate_caches()
    config = {
        "scene": {"name": "strokes", "strokes": 6},
        "sdi": {"labels": [1], "bandwidth": 0.3},
        "guidance": {"scale": 1.0},
        "cameras": {"count": 1},
        "trainer": {"steps": 60, "learning_rate": 0.05},
        "evaluation": {"cameras": 1, "reference": 0, "gradient": 0},
    }
    try:
        run = run_method("sdi", config, path=tmp_path / "run")
        assert run.results["metrics"]["classifier_accuracy"] == 1.0
        assert run.load().render().shape == (1, 8, 8)
    finally:
        sys.modules.pop("strokes_of_test", None)


def test_splats_are_composited_by_depth() -> None:
    scene = GaussianSplats(7, 3 * 16 * 16, splats=2)
    with torch.no_grad():
        scene.means[:] = torch.tensor([[0.0, 0.0, 0.5], [0.0, 0.0, -0.5]])
        scene.log_scales[:] = math.log(0.2)
        scene.opacities[:] = 8.0
        scene.colours[:] = torch.tensor([[5.0, -5.0, -5.0], [-5.0, 5.0, -5.0]])
        front, back = (scene(at(azimuth)).reshape(3, 16, 16)[:, 8, 8] for azimuth in (0.0, 180.0))
    assert front[0] > 0.8 > 0 > front[1]
    assert back[1] > 0.8 > 0 > back[0]


def test_scenes_need_an_image(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"7 values are no image; set scene\.shape"):
        HashGrid(7, 7)
    with pytest.raises(DataError, match="12 values are no image"):
        VoxelGrid(7, 12, shape=(3, 3, 3))
