"""The same space in geoopt: equal distances (float64), and its Riemannian optimizers."""

import geoopt
import pytest
import torch
from torch.testing import assert_close

from geoframe_spaces.euclidean import Euclidean
from geoframe_spaces.hyperboloid import Hyperboloid
from geoframe_spaces.poincare import PoincareBall
from geoframe_spaces.sphere import Sphere
from geoframe_spaces.stereographic import Stereographic

SPACES = [
    Euclidean(2),
    Hyperboloid(2, curvature=-0.5),
    PoincareBall(2, curvature=-0.5),
    Sphere(2),
    Stereographic(2, curvature=0.5),
    Stereographic(2, curvature=-0.5),
]


@pytest.mark.parametrize("space", SPACES, ids=repr)
def test_points_and_distances_are_those_of_geoopt(space):
    space = space.double()
    manifold = space.manifold.double()
    x, y = space.project(torch.randn(2, 30, 2, dtype=torch.float64)).detach()
    for point in x:
        assert manifold.check_point_on_manifold(point, atol=1e-9)
    assert_close(manifold.dist(x, y), space.distance(x, y).detach(), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("space", SPACES, ids=repr)
def test_riemannian_descent_with_our_distance(space):
    space = space.double()
    generator = torch.Generator().manual_seed(0)
    raw = torch.randn(2, 10, 2, dtype=torch.float64, generator=generator)
    start, target = space.project(0.5 * raw).detach()
    points = geoopt.ManifoldParameter(start.clone(), manifold=space.manifold.double())
    optimizer = geoopt.optim.RiemannianAdam([points], lr=0.05)
    for _ in range(200):
        optimizer.zero_grad()
        space.distance(points, target).square().sum().backward()
        optimizer.step()
    assert space.distance(points, target).max() < 0.05
    for point in points.detach():
        assert space.manifold.double().check_point_on_manifold(point, atol=1e-6)


def test_geoopt_has_the_unit_sphere_only():
    with pytest.raises(ValueError, match=r"no sphere of curvature 0\.5"):
        _ = Sphere(2, curvature=0.5).manifold
