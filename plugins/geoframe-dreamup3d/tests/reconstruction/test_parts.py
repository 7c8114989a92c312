import math

import numpy as np
import pytest
import torch

from geoframe_dreamup3d.reconstruction.encoders import ClusterEncoder, Posterior
from geoframe_dreamup3d.reconstruction.fields import (
    ABSENT,
    OUTSIDE,
    ConditionalField,
    compose,
    encode,
)
from geoframe_dreamup3d.reconstruction.icsbp import InstanceColouring
from geoframe_dreamup3d.reconstruction.orientation import orientations
from geoframe_dreamup3d.reconstruction.scenes import Images, draw_rays


def clusters(count=3, n=40, spread=0.02):
    generator = torch.Generator().manual_seed(0)
    middles = torch.eye(8)[:count] * 3
    return torch.cat([m + spread * torch.randn(n, 8, generator=generator) for m in middles])[None]


def test_masks_background_and_left_over_sum_to_one():
    torch.manual_seed(0)
    colours, present = torch.randn(2, 50, 8), torch.rand(2, 50)
    masks = InstanceColouring(4)(colours, present)
    total = masks.objects.sum(1) + masks.background + masks.left
    assert torch.allclose(total, torch.ones(2, 50), atol=1e-4)
    assert masks.objects.shape == (2, 4, 50)


def test_the_first_bandwidth_is_that_of_the_number_of_slots():
    assert InstanceColouring(4).log_bandwidth.exp().item() == pytest.approx(1 / (4 * math.log(2)))


def test_density_peaks_find_every_cluster_whatever_the_number_of_slots():
    colouring = InstanceColouring(2)
    colours = clusters(5)
    present = torch.ones(1, 200)
    masks = colouring.deterministic(colours, present, most=40)
    assert masks.objects.shape[1] == 5
    owner = masks.objects[0].argmax(0).reshape(5, 40)
    assert (owner == owner[:, :1]).all()
    assert len(set(owner[:, 0].tolist())) == 5
    again = colouring.deterministic(colours, present, most=40)
    assert torch.equal(masks.objects, again.objects)


def test_an_empty_scene_has_no_masks():
    masks = InstanceColouring(3).deterministic(clusters(), torch.zeros(1, 120), most=9)
    assert masks.objects.shape == (1, 0, 120)
    torch.manual_seed(0)
    drawn = InstanceColouring(3)(clusters(), torch.zeros(1, 120))
    assert drawn.idle.all()
    assert drawn.objects.abs().max() == 0


def test_the_clamp_does_not_stop_the_gradient():
    torch.manual_seed(0)
    colours = clusters().requires_grad_()
    InstanceColouring(2)(colours, torch.ones(1, 120)).objects.square().sum().backward()
    assert colours.grad.abs().sum() > 0
    assert colours.grad.isfinite().all()


def test_encoding_has_the_stated_frequencies():
    x = torch.tensor([[0.1, -0.3, 0.7]])
    found = encode(x, 3)[0]
    assert found.shape == (18,)
    expected = [math.sin(2**i * math.pi * v) for v in (0.1, -0.3, 0.7) for i in range(3)]
    assert found[:9].tolist() == pytest.approx(expected, abs=1e-6)


def test_composition_is_its_formula_and_safe_far_out():
    logits = torch.tensor([[[0.5, -3.0], [1.5, OUTSIDE], [ABSENT, ABSENT]]])
    found = compose(logits)
    g = np.array([0.5, 1.5])
    total = np.log1p(np.exp(g)).sum()
    assert found.occupancy[0, 0].item() == pytest.approx(np.tanh(total))
    share = np.exp(g) / np.exp(g).sum()
    assert found.log_share[0, :2, 0].exp().tolist() == pytest.approx(np.tanh(total) * share)
    assert found.log_share[0, 0, 1].isfinite()
    assert found.log_share[0, 2, 1].exp() == 0
    nothing = compose(torch.full((1, 2, 1), -40.0, requires_grad=True))
    assert nothing.log_share.isfinite().all()


def test_a_field_without_rays_ignores_them_and_with_rays_does_not():
    torch.manual_seed(0)
    points, code = torch.rand(2, 3, 5, 3), torch.randn(2, 3, 8)
    rays = torch.nn.functional.normalize(torch.randn(2, 3, 5, 3), dim=-1)
    for octaves in (0, 4):
        field = ConditionalField(8, width=16, layers=4, frequencies=3, view_frequencies=octaves)
        (density, one), (again, other) = (field(points, code, r) for r in (rays, -rays))
        assert torch.equal(density, again)
        assert torch.equal(density, field.logits(points, code))
        assert torch.equal(one, other) == (octaves == 0)


def test_divergence_of_a_posterior():
    torch.manual_seed(0)
    found = Posterior(torch.tensor([0.5, -1.0]), torch.tensor([0.7, 1.3]))
    normal = torch.distributions.Normal
    expected = torch.distributions.kl_divergence(
        normal(found.mean, found.deviation), normal(torch.zeros(2), torch.ones(2))
    ).sum()
    assert found.divergence().item() == pytest.approx(expected.item())


def test_a_cluster_is_known_by_its_own_points_alone():
    torch.manual_seed(0)
    encoder = ClusterEncoder(4)
    points, features = torch.rand(1, 1, 20, 3) - 0.5, torch.rand(1, 20, 4)
    weights = torch.zeros(1, 1, 20)
    weights[..., :10] = 1
    changed = features.clone()
    changed[:, 10:] = 5
    assert torch.allclose(encoder(points, features, weights), encoder(points, changed, weights))
    assert encoder(points, features, torch.zeros(1, 1, 20)).isfinite().all()


def tabletop(b=2, h=16, w=20):
    """A camera that looks straight down at a table from 0.7 m."""
    v, u = torch.meshgrid(torch.arange(h) + 0.5, torch.arange(w) + 0.5, indexing="ij")
    rays = torch.stack([(u - w / 2) / 30, -(v - h / 2) / 30, -torch.ones_like(u)], -1)
    camera = torch.diag(torch.tensor([1.0, -1.0, -1.0, 1.0]))
    camera[2, 3] = 0.7
    points = rays * 0.7 + camera[:3, 3]
    intrinsics = torch.tensor([30.0, 30.0, w / 2, h / 2])
    return Images(
        points.expand(b, -1, -1, -1),
        torch.rand(b, h, w, 3),
        torch.ones(b, h, w),
        camera.expand(b, 4, 4),
        intrinsics.expand(b, 4),
    )


def test_samples_lie_behind_the_surface_and_in_the_air_before_it():
    torch.manual_seed(0)
    images = tabletop()
    images.valid[:, :4] = 0
    rays = draw_rays(images, 100)
    assert ((rays.surface[..., 2] <= 1e-6) & (rays.surface[..., 2] >= -0.0101)).all()
    assert (rays.air[..., 2] > -1e-6).all()
    assert (rays.pixels >= 4 * 20).all()  # never without depth
    assert rays.scale.tolist() == pytest.approx([240 / 100] * 2)
    close = rays.air[..., 2] < 0.02 * 0.7
    assert close.float().mean() == pytest.approx(0.5, abs=0.12)
    # The weights make the mean over samples an integral over the ray.
    assert rays.weight.mean().item() == pytest.approx(0.7, abs=0.12)


def test_what_is_before_the_surface_is_seen_to_be_empty():
    images = tabletop()
    heights = torch.tensor([0.2, 0.01, -0.01, 0.9]).reshape(1, 4, 1)
    points = torch.cat([torch.zeros(1, 4, 2), heights], -1).expand(2, 4, 3)
    assert images.seen_empty(points).tolist() == [[True, True, False, False]] * 2
    images.valid[:] = 0
    assert not images.seen_empty(points).any()


def test_orientations_of_a_batch_are_those_of_boxes():
    from geoframe_dreamup3d.classical.boxes import Box, small_rotations
    from geoframe_dreamup3d.measures.geometry import box_surface, rotation_error

    tilt = small_rotations(np.array([[0.4, -0.3, 0.5]]))[0]
    box = Box(np.zeros(3), tilt, np.array([0.12, 0.05, 0.08]))
    own = torch.from_numpy(box_surface(box, 300, np.random.default_rng(0))).float()
    places = torch.cat([own, torch.rand(20, 3)])[None]
    masks = torch.zeros(1, 2, 320)
    masks[0, 0, :300] = 1
    masks[0, 1, 300:305] = 1
    found = orientations(places, masks, 4608)[0]
    assert rotation_error(found[0].double().numpy(), tilt) < 8
    assert torch.equal(found[1], torch.eye(3))  # few points
