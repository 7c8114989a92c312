"""The polar geometry and the layers: right far out, where others fail."""

import geoopt
import mpmath as mp
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from geoframe.testing import EmbedderConformance, GeometryConformance
from geoframe_hnn.hyperbolic.geometry import HyperbolicPolar
from geoframe_hnn.network.layers import HyperbolicLinear, translate
from geoframe_hnn.network.network import HyperbolicNetwork
from geoframe_spaces.hyperboloid import Hyperboloid


class TestPolar(GeometryConformance):
    def make(self):
        return HyperbolicPolar(dim=3, curvature=-0.5)


class TestTangentNetwork(EmbedderConformance):
    def make(self):
        return HyperbolicNetwork(4, 2, hidden=8, layers=2)


class TestLayeredNetwork(EmbedderConformance):
    def make(self):
        torch.manual_seed(0)
        return HyperbolicNetwork(4, 2, kind="layers", hidden=8, layers=2)


def exact(x: list[float], y: list[float]) -> float:
    """Distance of exp_o(x) and exp_o(y), in arithmetic that holds every digit."""
    with mp.workprec(300 + int(8 * max(map(abs, x + y)))):
        r, s = (mp.sqrt(sum(mp.mpf(c) ** 2 for c in p)) for p in (x, y))
        if r == 0 or s == 0:
            return float(r + s)
        cosine = sum(mp.mpf(a) * mp.mpf(b) for a, b in zip(x, y, strict=True)) / (r * s)
        cosh = mp.cosh(r) * mp.cosh(s) - mp.sinh(r) * mp.sinh(s) * cosine
        return float(mp.acosh(mp.fabs(cosh) if cosh >= 1 else mp.mpf(1)))


RADII = [0.1, 1.0, 5.0, 9.0, 12.0, 20.0, 50.0, 300.0, 1000.0]


@pytest.mark.parametrize("radius", RADII)
def test_float32_is_right_at_every_radius_where_geoopt_fails(radius):
    """Relative errors of the float32 distance of two points at an angle of 0.3, per radius."""
    x = torch.tensor([radius, 0.0])
    y = torch.tensor([radius * np.cos(0.3), radius * np.sin(0.3)], dtype=torch.float32)
    expected = exact(x.tolist(), y.tolist())
    space = HyperbolicPolar(dim=2)
    x.requires_grad_()
    y.requires_grad_()
    found = space.distance(x, y)
    found.backward()
    assert found.item() == pytest.approx(expected, rel=1e-6)
    assert torch.isfinite(x.grad).all()
    assert torch.isfinite(y.grad).all()
    # A point moves along its ray at unit speed, seen from afar.
    if radius >= 20:
        assert x.grad[0].item() == pytest.approx(1.0, rel=1e-5)
    if radius >= 50:  # the same points in geoopt, float32: wrong or not finite
        lorentz, ball = geoopt.Lorentz(), geoopt.PoincareBall()
        with torch.no_grad():
            on_sheet = [lorentz.expmap0(torch.cat([torch.zeros(1), p])) for p in (x, y)]
            in_ball = [ball.expmap0(p / 2) for p in (x, y)]
            others = [lorentz.dist(*on_sheet), ball.dist(*in_ball)]
        for other in others:
            wrong = abs(other.item() / expected - 1) > 1e-3
            assert wrong or not np.isfinite(other.item())


@settings(max_examples=100)
@given(
    x=st.lists(st.floats(-40, 40), min_size=2, max_size=2),
    y=st.lists(st.floats(-40, 40), min_size=2, max_size=2),
)
def test_distances_equal_high_precision(x, y):
    found = HyperbolicPolar(dim=2).distance(
        torch.tensor(x, dtype=torch.float64), torch.tensor(y, dtype=torch.float64)
    )
    # Two directions of float64 may be 1e-16 apart by rounding alone, which a radius r magnifies.
    radius = max(np.linalg.norm(x), np.linalg.norm(y))
    assert found.item() == pytest.approx(exact(x, y), rel=1e-10, abs=1e-10 + 1e-15 * np.exp(radius))


@pytest.mark.parametrize("x", [[0.0, 0.0], [1e-9, 0.0], [3.0, 1.0], [40.0, 1.0], [1e6, 0.0]])
@pytest.mark.parametrize("y", [[0.0, 0.0], [3.0, 1.0], [40.0, 1.0], [-1e6, 5.0], [1e6, 1e-3]])
def test_gradients_are_finite_everywhere(x, y):
    p = torch.tensor(x, requires_grad=True)
    q = torch.tensor(y, requires_grad=True)
    HyperbolicPolar(dim=2).distance(p, q).backward()
    assert torch.isfinite(p.grad).all()
    assert torch.isfinite(q.grad).all()


def test_gradients_are_right():
    torch.manual_seed(0)
    x = (6 * torch.randn(20, 3, dtype=torch.float64)).requires_grad_()
    y = (6 * torch.randn(20, 3, dtype=torch.float64)).requires_grad_()
    assert torch.autograd.gradcheck(HyperbolicPolar(dim=3, curvature=-2.0).distance, (x, y))


def test_rotations_are_isometries_and_curvature_scales():
    torch.manual_seed(0)
    x, y = 8 * torch.randn(2, 50, 3, dtype=torch.float64)
    turn, _ = torch.linalg.qr(torch.randn(3, 3, dtype=torch.float64))
    space = HyperbolicPolar(dim=3)
    assert torch.allclose(space.distance(x @ turn, y @ turn), space.distance(x, y))
    curved = HyperbolicPolar(dim=3, curvature=-4.0)
    assert torch.allclose(curved.distance(x / 2, y / 2), space.distance(x, y) / 2)


def test_translation_is_geoopt_transport_and_exponential():
    torch.manual_seed(0)
    space, manifold = Hyperboloid(3).double(), geoopt.Lorentz().double()
    x = space.expmap0(torch.randn(10, 3, dtype=torch.float64))
    bias = torch.randn(3, dtype=torch.float64)
    tangent = torch.cat([torch.zeros(1, dtype=torch.float64), bias]).expand(10, 4)
    expected = manifold.expmap(x, manifold.transp0(x, tangent))
    assert torch.allclose(translate(space, x, bias), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("curvature", [-0.25, -1.0, -3.0])
def test_translation_goes_the_length_of_the_bias_and_takes_the_origin_along(curvature):
    torch.manual_seed(0)
    space = Hyperboloid(3, curvature=curvature).double()
    x = space.expmap0(torch.randn(10, 3, dtype=torch.float64))
    a, b = torch.randn(2, 3, dtype=torch.float64)
    assert torch.allclose(translate(space, x, torch.zeros(3, dtype=torch.float64)), x)
    to_a, to_b = translate(space, x, a), translate(space, x, b)
    assert torch.allclose(space.distance(x, to_a), a.norm().expand(10))
    apart = space.distance(space.expmap0(a), space.expmap0(b))
    assert torch.allclose(space.distance(to_a, to_b), apart.expand(10))


def test_layers_without_bias_are_the_tangent_network():
    torch.manual_seed(0)
    space = Hyperboloid(2, curvature=-2.0)
    layer = HyperbolicLinear(3, space).double()
    tangent = torch.randn(7, 3, dtype=torch.float64)
    out = layer(tangent)
    assert torch.allclose(space.inner(out, out), torch.tensor(-0.5, dtype=torch.float64))
    plain = torch.relu(layer.linear(tangent))
    assert torch.allclose(space.logmap0(out), plain, atol=1e-12)
    with torch.no_grad():
        layer.bias.fill_(0.7)
    assert not torch.allclose(space.logmap0(layer(tangent)), plain, atol=0.1)
