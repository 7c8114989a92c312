"""Distances against closed forms, and the models against each other (float64)."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from geoframe_spaces.euclidean import Euclidean
from geoframe_spaces.hyperboloid import Hyperboloid
from geoframe_spaces.poincare import PoincareBall
from geoframe_spaces.sphere import Sphere
from geoframe_spaces.stereographic import Stereographic


@pytest.fixture(autouse=True, scope="module")
def double():
    """Build everything in float64, so that curvatures are not rounded to float32."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


vectors = st.lists(st.floats(-2, 2), min_size=3, max_size=3).map(
    lambda values: torch.tensor(values)
)
magnitudes = st.floats(0.05, 1.0)
close = {"rtol": 1e-9, "atol": 1e-9}


def spaces(magnitude):
    return [
        Euclidean(3),
        Hyperboloid(3, curvature=-magnitude),
        PoincareBall(3, curvature=-magnitude),
        Sphere(3, curvature=magnitude),
        Stereographic(3, curvature=magnitude),
        Stereographic(3, curvature=-magnitude),
    ]


def within(v, radius):
    return v * min(1.0, radius / max(float(v.norm()), 1e-30))


@given(v=vectors, magnitude=magnitudes)
def test_a_tangent_vector_is_as_long_as_its_distance(v, magnitude):
    v = within(v, 0.95 * math.pi / math.sqrt(magnitude))
    for space in spaces(magnitude):
        origin = space.expmap0(torch.zeros(3))
        assert_close(space.distance(origin, space.expmap0(v)), v.norm(), **close)
        assert_close(space.logmap0(space.expmap0(v)), v, rtol=1e-7, atol=1e-9)


@given(v=vectors, w=vectors, magnitude=magnitudes)
def test_hyperbolic_models_agree(v, w, magnitude):
    distances = [
        space.distance(space.project(v), space.project(w))
        for space in (
            Hyperboloid(3, curvature=-magnitude),
            PoincareBall(3, curvature=-magnitude),
            Stereographic(3, curvature=-magnitude),
        )
    ]
    assert_close(distances[1], distances[0], **close)
    assert_close(distances[2], distances[0], **close)


@given(v=vectors, w=vectors, magnitude=magnitudes)
def test_law_of_cosines(v, w, magnitude):
    """cosh c = cosh a cosh b - sinh a sinh b cos(gamma), and its spherical twin."""
    v, w = within(v, 2.9), within(w, 2.9)
    a, b = v.norm(), w.norm()
    cosine = (v @ w / (a * b)).clamp(-1, 1) if a * b > 1e-12 else torch.tensor(0.0)
    hyperbolic = Hyperboloid(3)
    c = hyperbolic.distance(hyperbolic.expmap0(v), hyperbolic.expmap0(w))
    assert_close(c.cosh(), a.cosh() * b.cosh() - a.sinh() * b.sinh() * cosine, check_dtype=False)
    for spherical in (Sphere(3), Stereographic(3, curvature=1.0)):
        c = spherical.distance(spherical.expmap0(v), spherical.expmap0(w))
        assert_close(c.cos(), a.cos() * b.cos() + a.sin() * b.sin() * cosine, check_dtype=False)


@given(v=vectors, w=vectors, magnitude=magnitudes)
def test_curvature_is_a_matter_of_scale(v, w, magnitude):
    scale = math.sqrt(magnitude)
    for unit, space in (
        (Hyperboloid(3), Hyperboloid(3, curvature=-magnitude)),
        (Sphere(3), Sphere(3, curvature=magnitude)),
    ):
        expected = unit.distance(unit.project(scale * v), unit.project(scale * w)) / scale
        assert_close(space.distance(space.project(v), space.project(w)), expected, **close)


@given(v=vectors, w=vectors)
def test_flat_space_is_the_limit_from_both_sides(v, w):
    flat = (v - w).norm()
    for curvature in (0.0, 1e-9, -1e-9):
        space = Stereographic(3, curvature=curvature)
        distance = space.distance(space.project(v), space.project(w))
        assert_close(distance, flat, rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("curvature", [-0.5, -1e-3, 0.0, 1e-3, 0.5])
def test_gradient_for_the_curvature(curvature):
    """Autograd and finite differences agree, at zero and where the series takes over."""
    generator = torch.Generator().manual_seed(0)
    v, w = torch.randn(2, 6, 3, generator=generator)

    def distances(value):
        space = Stereographic(3)
        del space.curvature
        space.curvature = value
        return space.distance(space.project(v), space.project(w))

    value = torch.tensor(curvature, requires_grad=True)
    assert torch.autograd.gradcheck(distances, (value,))


def test_points_lie_where_they_should():
    raw = torch.randn(100, 3)
    hyperboloid = Hyperboloid(3, curvature=-0.5)
    x = hyperboloid.project(raw)
    assert_close(hyperboloid.inner(x, x), torch.full((100,), -2.0))
    assert (x[:, 0] > 0).all()
    ball = PoincareBall(3, curvature=-0.5).project(1e6 * raw)
    assert (ball.norm(dim=-1) < math.sqrt(2)).all()
    sphere = Sphere(3, curvature=0.5).project(10 * raw)
    assert_close(sphere.norm(dim=-1), torch.full((100,), math.sqrt(2)))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_lifted(dtype):
    for space in spaces(1.0):
        assert space.float().project(torch.randn(4, 3).to(dtype)).dtype == torch.float32


@pytest.mark.parametrize("space", [Hyperboloid, PoincareBall, Sphere])
@pytest.mark.parametrize("magnitude", [0.0, math.nan, math.inf, "wrong sign"])
def test_impossible_curvatures_are_refused(space, magnitude):
    sign = 1 if space is Sphere else -1
    curvature = -sign if magnitude == "wrong sign" else sign * magnitude
    with pytest.raises(ValueError, match="curvature must be"):
        space(2, curvature=curvature)


def test_a_learnable_curvature_keeps_its_sign():
    space = Hyperboloid(2, curvature=-0.01, learnable=True)
    optimizer = torch.optim.SGD(space.parameters(), lr=100.0)
    for _ in range(5):
        optimizer.zero_grad()
        (-space.curvature()).backward()
        optimizer.step()
    assert space.curvature() < 0
    assert "trained" in repr(space)
    assert not list(Hyperboloid(2).parameters())
