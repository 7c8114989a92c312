"""Minkowski and de Sitter spacetimes against the published formulas."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from geoframe import PartialOrder
from geoframe_spaces.desitter import DeSitter
from geoframe_spaces.minkowski import Minkowski


def test_minkowski_is_the_squared_interval():
    space = Minkowski(3)
    x = torch.tensor([0.0, 0.0, 0.0])
    y = torch.tensor([3.0, 4.0, 2.0])
    assert space.distance(x, y) == 21  # 9 + 16 - 4
    assert Minkowski(3, time_dims=2).distance(x, y) == -11  # 9 - 16 - 4
    assert_close(Minkowski(3, root=True).distance(x, y), torch.tensor(21.0).sqrt())


def test_de_sitter_is_the_published_piecewise_form():
    space = DeSitter(4).double()
    points = space.project(torch.randn(200, 4, dtype=torch.float64))
    x, y = points[:100], points[100:]
    q = (x[:, :-1] * y[:, :-1]).sum(-1) - x[:, -1] * y[:, -1]
    published = torch.where(q > 1, q.clamp_min(1).acosh() ** 2, 2 * (q - 1))
    assert (q > 1).any()
    assert (q < 1).any()
    assert_close(space.distance(x, y), published)


def test_de_sitter_points_lie_on_their_hyperboloid():
    raw = torch.randn(50, 4, dtype=torch.float64)
    space = DeSitter(4)
    x = space.project(raw)
    assert_close(space.inner(x, x), torch.ones(50, dtype=torch.float64))
    assert_close(x[:, -1], raw[:, -1])
    assert_close(space.project(torch.tensor([0.0, 0.0, 0.0, 0.0])), torch.eye(4)[0])


@pytest.mark.parametrize("space", [Minkowski(3, root=True), DeSitter(3, root=True)], ids=repr)
def test_the_root_is_signed(space):
    plain = type(space)(3)
    x, y = space.project(torch.randn(2, 100, 3, dtype=torch.float64))
    squared, root = plain.distance(x, y), space.distance(x, y)
    assert (squared < 0).any()
    assert_close(root * root.abs(), squared)


def test_the_root_has_a_finite_slope_on_the_light_cone():
    x = torch.tensor([1.0, 1.0], requires_grad=True)
    distance = Minkowski(2, root=True).distance(x, torch.zeros(2))
    distance.backward()
    assert distance == 0
    assert x.grad.isfinite().all()


coordinates = st.lists(st.floats(-3, 3, width=32), min_size=4, max_size=4).map(torch.tensor)


@given(x=coordinates, y=coordinates)
def test_u_precedes_v_iff_no_time_of_u_is_later(x, y):
    for times in (1, 2, 3):
        space = Minkowski(4, time_dims=times)
        assert isinstance(space, PartialOrder)
        assert space.precedes(x, y) == (x[-times:] <= y[-times:]).all()
    space = DeSitter(4)
    assert space.precedes(space.project(x), space.project(y)) == (x[-1] <= y[-1])


@pytest.mark.parametrize("time_dims", [0, 2, 3])
def test_minkowski_needs_space_and_time(time_dims):
    with pytest.raises(ValueError, match="time_dims must be"):
        Minkowski(2, time_dims=time_dims)


def test_de_sitter_needs_a_direction():
    with pytest.raises(ValueError, match="dim must be at least 3"):
        DeSitter(2)
