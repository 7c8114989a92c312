import numpy as np
import pytest
import torch

from geoframe_dreamup3d.backbones.grid_unet import GridUNet
from geoframe_dreamup3d.backbones.interpolation import interpolate
from geoframe_dreamup3d.backbones.kernel_points import (
    EXTENT,
    KernelPointConv,
    kernel_points,
    neighbours,
)
from geoframe_dreamup3d.backbones.kpconv import KPConvUNet
from geoframe_dreamup3d.table.inputs import CHANNELS


@pytest.mark.parametrize(("h", "w"), [(32, 48), (21, 37)])
@pytest.mark.parametrize("stride", [1, 2])
def test_a_grid_of_any_size_keeps_its_size(h, w, stride):
    features, scene = GridUNet(CHANNELS, 5, stride=stride)(torch.rand(2, CHANNELS, h, w))
    assert features.shape == (2, 5, -(-h // stride), -(-w // stride))
    assert scene.shape == (2, 64)


def test_kernel_point_convolution_is_its_formula():
    generator = torch.Generator().manual_seed(0)
    places = torch.rand(1, 20, 3, generator=generator) * 0.1
    features = torch.rand(1, 20, 3, generator=generator)
    conv = KernelPointConv(3, 4)
    radius = 0.06
    found = conv(features, neighbours(places, places, radius, 20))[0]
    expected = torch.zeros(20, 4)
    for q in range(20):
        for s in range(20):
            offset = (places[0, s] - places[0, q]) / radius
            if offset.norm() > 1:
                continue
            for k, point in enumerate(kernel_points()):
                influence = max(0.0, 1 - float((offset - point).norm()) / EXTENT)
                expected[q] += influence * features[0, s] @ conv.weight[k]
    assert torch.allclose(found, expected, atol=1e-5)


def test_the_kernel_lies_in_its_ball_and_spreads():
    points = kernel_points()
    assert points.shape == (15, 3)
    assert points.norm(dim=1).max() <= 1
    apart = torch.pdist(points[1:])
    assert apart.min() > 0.55
    assert points.sum(0).abs().max() < 1e-6


def test_the_kernel_network_does_not_mind_the_order_of_rows():
    """Mirroring the image's rows, points and all, mirrors the features (full grid kept)."""
    torch.manual_seed(0)
    network = KPConvUNet(16).eval()
    channels = torch.rand(1, CHANNELS, 33, 33) * 0.3
    features, scene = network(channels)
    assert features.shape == (1, 16, 17, 17)
    mirrored, again = network(channels.flip(2))
    assert torch.allclose(mirrored.flip(2), features, atol=2e-4)
    assert torch.allclose(scene, again, atol=1e-4)


def test_interpolation_is_exact_at_the_places_and_between_equal_values():
    generator = torch.Generator().manual_seed(0)
    places = torch.rand(2, 30, 3, generator=generator)
    values = torch.rand(2, 4, 30, generator=generator)
    assert torch.allclose(interpolate(values, places, places), values, atol=1e-3)
    asked = torch.rand(2, 7, 3, generator=generator)
    found = interpolate(torch.ones(2, 1, 30), places, asked)
    assert np.allclose(found, 1)


def test_one_cloud_is_interpolated_as_in_a_batch():
    generator = torch.Generator().manual_seed(0)
    places, asked = (torch.rand(1, n, 3, generator=generator) for n in (40, 25))
    values = torch.rand(1, 4, 40, generator=generator)
    alone = interpolate(values, places, asked)
    batch = interpolate(*(each.expand(2, -1, -1) for each in (values, places, asked)))
    assert torch.allclose(alone[0], batch[0], atol=1e-5)


def test_flat_clouds_are_interpolated():
    places = torch.rand(1, 600, 3)
    places[..., 2] = torch.where(places[..., 2] < 0.7, 0.0, places[..., 2])
    values = torch.rand(1, 2, 600)
    found = interpolate(values, places, places[:, :50])
    assert torch.allclose(found, values[..., :50], atol=1e-3)
