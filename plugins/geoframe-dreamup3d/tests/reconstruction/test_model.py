import attrs
import numpy as np
import pytest
import torch

from geoframe import ConfigError, run_method
from geoframe_dreamup3d.classical.clustering import segment_by_distance
from geoframe_dreamup3d.generator.collections import shapes_of
from geoframe_dreamup3d.generator.scenes import SceneOptions, generate
from geoframe_dreamup3d.reconstruction.backend import Perceiver, ReconstructionBackend
from geoframe_dreamup3d.reconstruction.fields import ABSENT, OUTSIDE
from geoframe_dreamup3d.reconstruction.model import ReconstructionModel, upright
from geoframe_dreamup3d.reconstruction.objective import ReconstructionObjective, teacher
from geoframe_dreamup3d.reconstruction.options import ReconstructionConfig
from geoframe_dreamup3d.reconstruction.samples import image_samples
from geoframe_dreamup3d.table.view import view_of

OPTIONS = ReconstructionConfig(
    rays=32, voxels=4, width=16, layers=2, frequencies=2, teacher_share=0.3
)
ITEMS = torch.arange(3)


@pytest.fixture(scope="module")
def scenes():
    return generate(shapes_of(["primitives"], count=12), 3, SceneOptions(touching=0), seed=1)


def objective(scenes, options=OPTIONS, progress=0.0):
    torch.manual_seed(0)
    made = ReconstructionObjective(
        ReconstructionModel(options), image_samples(scenes, segment_by_distance)
    )
    made.progress = progress
    return made


def parts(made):
    torch.manual_seed(1)
    return made(ITEMS)


@pytest.mark.parametrize(
    "changes", [{}, {"backbone": "kpconv"}, {"rotations": 72}, {"view_frequencies": 2}]
)
def test_the_loss_is_finite_and_reaches_every_parameter(scenes, changes):
    made = objective(scenes, attrs.evolve(OPTIONS, **changes))
    values = parts(made)
    values["loss"].backward()
    missing = {
        name
        for name, parameter in made.named_parameters()
        if parameter.grad is None or not parameter.grad.isfinite().all()
    }
    assert values["loss"].isfinite()
    # The location learns from shapes alone, and an untrained field may show none.
    assert {name for name in missing if "offset" not in name and "where" not in name} == set()


def test_fields_get_nothing_from_the_attention_and_masks_nothing_from_the_fields(scenes):
    from geoframe_dreamup3d.reconstruction.objective import attention, surface_and_air
    from geoframe_dreamup3d.reconstruction.scenes import draw_rays

    model = objective(scenes).model
    images, _ = image_samples(scenes, None).batch(ITEMS, 48)
    seen = model.perceive(images)
    masks = model.colouring(seen.colours, seen.present)
    located = model.locate(seen, masks.objects)
    rotation = upright(located.centre)
    what = model.encode(seen, masks.objects, located.centre, rotation)
    rays = draw_rays(images, 32)
    logits, colours = model.draw(
        torch.cat([rays.surface, rays.air], 1),
        rays.rays.repeat(1, 2, 1),
        what.draw(),
        model.encode_scene(seen).draw(),
        located.centre,
        rotation,
        masks.idle,
    )

    def reached(loss):
        model.zero_grad()
        loss.backward(retain_graph=True)
        return {
            name.split(".")[0]
            for name, p in model.named_parameters()
            if p.grad is not None and p.grad.abs().sum() > 0
        }

    followed = reached(attention(seen, masks, rays, logits[..., :32], colours[:, :, :32]).sum())
    assert followed == {"backbone", "place", "colour_head", "presence_head", "colouring"}
    drawn = reached(
        sum(each.sum() for each in surface_and_air(rays, logits, colours[:, :, :32]).values())
    )
    assert {"object_field", "background_field", "what_head", "what_encoder", "scene_head"} <= drawn
    assert not drawn & {"presence_head", "colouring", "colour_head", "where_head", "offset"}


def test_objects_are_drawn_as_if_every_point_were_looked_at(scenes):
    model = objective(scenes, attrs.evolve(OPTIONS, view_frequencies=2)).model
    points = torch.rand(2, 50, 3) * 0.3 - 0.15
    rays = torch.nn.functional.normalize(torch.rand(2, 50, 3) - 0.5, dim=-1)
    codes, centre = torch.randn(2, 4, 32), torch.rand(2, 4, 3) * 0.1 - 0.05
    turn = torch.linalg.qr(torch.randn(2, 4, 3, 3)).Q
    idle = torch.tensor([[False, True, False, False]] * 2)
    logits, colours = model.draw(points, rays, codes, torch.randn(2, 32), centre, turn, idle)
    local = model.local(points.unsqueeze(1), centre, turn)
    dense, shades = model.object_field(local, codes, rays.unsqueeze(1) @ turn)
    inside = (local.abs() <= 1).all(-1)
    assert 0 < inside.sum() < inside.numel()
    seen = inside & ~idle.unsqueeze(-1)
    assert torch.allclose(logits[:, 1:][seen], dense[seen], atol=1e-5)
    assert torch.allclose(colours[:, 1:][seen], shades[seen], atol=1e-6)
    assert (logits[:, 1:][~inside & ~idle.unsqueeze(-1)] == OUTSIDE).all()
    assert (logits[:, 2] == ABSENT).all()
    assert (colours[:, 1:][~seen] == 0).all()
    for precision in (torch.float32, torch.bfloat16):  # none in any box
        with torch.autocast("cpu", precision, enabled=precision != torch.float32):
            logits, _ = model.draw(points + 9, rays, codes, codes[:, 0], centre, turn, idle)
        assert (logits[:, 1] == OUTSIDE).all()
        logits.sum().backward()


def test_the_location_learns_from_the_shape_and_moves_nothing_else(scenes):
    from geoframe_dreamup3d.reconstruction.objective import _location

    model = objective(scenes).model
    images, _ = image_samples(scenes, None).batch(ITEMS, 48)
    seen = model.perceive(images)
    masks = model.colouring(seen.colours, seen.present)
    located = model.locate(seen, masks.objects)
    cells = torch.rand(3, 4, 64, 3)
    solid = torch.ones(3, 4, 64, dtype=torch.bool)
    active = torch.ones(3, 4)
    _location(located, solid, cells, active).sum().backward()
    reached = {
        name.split(".")[0]
        for name, p in model.named_parameters()
        if p.grad is not None and p.grad.abs().sum() > 0
    }
    assert {"where_encoder", "where_head", "offset"} <= reached
    assert not reached & {"colouring", "presence_head", "colour_head", "object_field"}
    solid[:] = False
    assert _location(located, solid, cells, active).sum() == 0


def test_the_teacher_fades_and_then_is_silent(scenes):
    values = [float(parts(objective(scenes, progress=p))["teacher"]) for p in (0.0, 0.15, 0.3, 1.0)]
    assert values[0] > values[1] > 0
    assert values[2:] == [0, 0]
    silent = attrs.evolve(OPTIONS, teacher="none")
    made = objective(scenes, silent, progress=None)
    assert float(parts(made)["teacher"]) == 0  # needs no trainer that tells of progress
    with pytest.raises(ConfigError, match=r"objective\.progress"):
        parts(objective(scenes, progress=None))


def test_the_teacher_rewards_masks_that_are_its_labels(scenes):
    from geoframe_dreamup3d.reconstruction.icsbp import Masks
    from geoframe_dreamup3d.reconstruction.model import Perception

    labels = torch.tensor([[0, 1, 1, 2]])
    present = (labels > 0).float()
    none = torch.zeros(1, 4, 1)
    seen = Perception(none, none, none, present, none)
    right = torch.tensor([[[0, 1.0, 1, 0], [0, 0, 0, 1]]])
    flags = torch.zeros(1, 2, dtype=torch.bool)

    def loss(kernels):
        seeds = torch.tensor([[1, 3]])
        return float(
            teacher(seen, Masks(kernels, 1 - present, present, flags, seeds, kernels), labels)
        )

    assert loss(right) < 1e-4
    assert loss(1 - right) > 5


def test_a_few_steps_lower_the_loss(scenes):
    made = objective(scenes)
    optimizer = torch.optim.Adam(made.parameters(), 2e-3)
    losses = []
    for _ in range(25):
        loss = made(ITEMS)["loss"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert np.mean(losses[-5:]) < 0.7 * np.mean(losses[:5])


@pytest.mark.parametrize("shapes", ["carved", "fields"])
def test_objects_have_codes_and_the_same_image_the_same_objects(scenes, shapes):
    backend = ReconstructionBackend(objective(scenes, attrs.evolve(OPTIONS, shapes=shapes)).model)
    view = view_of(scenes, 0)
    labels = segment_by_distance(view)
    first, second = (backend.complete(view, labels) for _ in range(2))
    assert len(first) == labels.max()
    for a, b in zip(first, second, strict=True):
        assert a.code.shape == (OPTIONS.latent,)
        assert np.array_equal(a.code, b.code)
        assert np.array_equal(a.mesh.vertices, b.mesh.vertices)
    assert np.array_equal(backend.segment(view), backend.segment(view))


def test_a_field_that_is_solid_gives_its_box_minus_what_is_seen_to_be_empty(scenes):
    model = objective(scenes).model.eval()
    torch.nn.init.constant_(model.object_field.density.bias, 20.0)
    images, _ = image_samples(scenes, None).batch(ITEMS[:1], 48)
    centre = torch.tensor([[[0.0, 0.0, 0.05]]])
    solid, points = model.occupied(images, torch.zeros(1, 1, 32), centre, upright(centre), 12)
    free = images.seen_empty(points)
    assert torch.equal(solid, ~free & (points[..., 2] > -0.002))
    assert 0 < solid.sum() < solid.numel()


def test_a_run_of_the_paper_s_model(tmp_path):
    config = {
        "backend": "reconstruction",
        "reconstruction": {"rays": 32, "voxels": 4, "width": 16, "layers": 2},
        "data": {"dataset": {"name": "tabletop-generated", "scenes": 6, "kinds": 8}},
        "trainer": {"steps": 3, "batch_size": 2},
        "evaluation": {"pictures": 0},
    }
    run = run_method("dreamup3d", config, path=tmp_path / "r")
    trained = run.load()
    files = trained.backend.export(tmp_path)
    assert {"reconstruction.safetensors", "reconstruction.pt2"} <= {file.name for file in files}
    inputs = (torch.rand(1, 64, 64, 3), torch.rand(1, 64, 64, 3), torch.ones(1, 64, 64))
    colours, present = torch.export.load(tmp_path / "reconstruction.pt2").module()(*inputs)
    expected = Perceiver(trained.backend.model)(*inputs)
    assert torch.allclose(colours, expected[0], atol=1e-5)
    assert torch.allclose(present, expected[1], atol=1e-5)
    taught = {**config, "reconstruction": {**config["reconstruction"], "teacher": "run"}}
    with pytest.raises(ConfigError, match="teacher_run"):
        run_method("dreamup3d", taught, path=tmp_path / "t")
    taught["reconstruction"]["teacher_run"] = str(run.path)
    assert run_method("dreamup3d", taught, path=tmp_path / "u").finished
