"""Single precision: what the stable forms keep, and where the usual ones (geoopt 0.5) lose it."""

import math

import geoopt
import mpmath
import pytest
import torch
from torch.testing import assert_close

from geoframe_spaces.hyperboloid import Hyperboloid
from geoframe_spaces.poincare import PoincareBall
from geoframe_spaces.sphere import Sphere
from geoframe_spaces.stereographic import Stereographic


def neighbours(radius, n=200):
    """Pairs about 0.3 apart at a distance ``radius`` from the origin."""
    generator = torch.Generator().manual_seed(0)
    v = torch.randn(n, 2, generator=generator)
    v = radius * v / v.norm(dim=-1, keepdim=True)
    aside = torch.randn(n, 2, generator=generator)
    w = v + 0.3 * radius * torch.exp(torch.tensor(-radius)) * aside
    return v, w * (1 + 0.2 / radius * torch.randn(n, 1, generator=generator))


def exact(v, w):
    """Hyperbolic distances of tangent vectors, with 60 digits."""
    distances = []
    with mpmath.workdps(60):
        for x, y in zip(v.tolist(), w.tolist(), strict=True):
            a, b = mpmath.hypot(*x), mpmath.hypot(*y)
            cosine = (mpmath.mpf(x[0]) * y[0] + mpmath.mpf(x[1]) * y[1]) / (a * b)
            cosh = mpmath.cosh(a) * mpmath.cosh(b) - mpmath.sinh(a) * mpmath.sinh(b) * cosine
            distances.append(float(mpmath.acosh(cosh)))
    return torch.tensor(distances, dtype=torch.float64)


def worst(distances, v, w):
    return (distances.double() - exact(v, w)).abs().max().item()


@pytest.mark.parametrize("radius", [0.1, 1.0, 4.0, 8.0, 12.0])
@pytest.mark.parametrize("space", [Hyperboloid(2), PoincareBall(2)], ids=["hyperboloid", "ball"])
def test_error_is_that_of_the_coordinates(space, radius):
    v, w = neighbours(radius)
    bound = 4 * torch.finfo(torch.float32).eps * (1 + torch.tensor(radius).exp().item())
    assert worst(space.distance(space.project(v), space.project(w)), v, w) < bound
    v, w = v.double(), w.double()
    space = type(space)(2).double()
    assert worst(space.distance(space.project(v), space.project(w)), v, w) < bound / 1e8


@pytest.mark.parametrize("radius", [6.0, 8.0])
def test_geoopt_loses_all_digits_where_ours_keep_three(radius):
    v, w = neighbours(radius)
    ours = Hyperboloid(2)
    lorentz, ball = geoopt.Lorentz(), geoopt.PoincareBall()
    flat_v, flat_w = (torch.nn.functional.pad(each, (1, 0)) for each in (v, w))
    assert worst(ours.distance(ours.project(v), ours.project(w)), v, w) < 1e-3
    assert worst(lorentz.dist(lorentz.expmap0(flat_v), lorentz.expmap0(flat_w)), v, w) > 0.05
    assert worst(ball.dist(ball.expmap0(v / 2), ball.expmap0(w / 2)), v, w) > 0.05


def test_coincident_points():
    x = torch.tensor([[0.0, 10.0, 0.0]])
    lorentz = geoopt.Lorentz()
    assert lorentz.dist(lorentz.expmap0(x), lorentz.expmap0(x)).abs() > 1
    ours = Hyperboloid(2)
    assert ours.distance(ours.project(x[:, 1:]), ours.project(x[:, 1:])) == 0

    sphere = Sphere(2)
    x = sphere.project(torch.randn(50, 2))
    assert geoopt.Sphere().dist(x, x).max() > 0.01
    assert (sphere.distance(x, x) == 0).all()


def test_far_points_stay_apart():
    """The usual ball clips all points to the same radius; ours tells 8 from 12."""
    v = torch.tensor([[8.0, 0.0], [12.0, 0.0]])
    clipped = geoopt.PoincareBall()
    assert clipped.dist0(clipped.expmap0(v / 2)).diff().abs() < 1e-3
    for space in (Hyperboloid(2), PoincareBall(2)):
        points = space.project(v)
        assert abs(space.distance(points[0], points[1]).item() - 4) < 0.03


def test_antipodes():
    sphere = Sphere(2, curvature=0.5)
    x = sphere.project(torch.randn(50, 2)).requires_grad_()
    distances = sphere.distance(x, -x.detach())
    assert_close(distances, torch.full((50,), math.pi / math.sqrt(0.5)))
    distances.sum().backward()
    assert x.grad.isfinite().all()

    ball = Stereographic(2, curvature=1.0)
    p = torch.randn(50, 2).requires_grad_()
    antipodes = (-p / (p * p).sum(-1, keepdim=True)).detach()
    distances = ball.distance(p, antipodes)
    assert_close(distances, torch.full((50,), math.pi), atol=2e-6, rtol=0)
    distances.sum().backward()
    assert p.grad.isfinite().all()
