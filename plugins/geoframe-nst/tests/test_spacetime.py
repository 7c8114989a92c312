import pytest
import torch
from torch import nn

import geoframe
from geoframe import PartialOrder
from geoframe_nst.order.neural_order import NeuralOrder
from geoframe_nst.spacetime import NeuralSpacetime
from geoframe_snowflake.snowflake_v2 import SnowflakeV2


def spacetime(*, directed: bool = False, order: nn.Module | None = None) -> NeuralSpacetime:
    torch.manual_seed(0)
    order = order or NeuralOrder(3, mixing="identity")
    return NeuralSpacetime(SnowflakeV2(dim=2), order, time_dim=3, directed=directed).double()


def test_distance_comes_from_space_and_order_from_time() -> None:
    geometry = spacetime()
    assert isinstance(geometry, PartialOrder)
    assert (geometry.dim, geometry.point_dim) == (5, 5)
    x, y = torch.randn(2, 40, 5, dtype=torch.float64)
    moved = torch.cat([x[:, :2], torch.randn(40, 3)], dim=1)
    torch.testing.assert_close(geometry.distance(x, y), geometry.distance(moved, y))
    torch.testing.assert_close(geometry.distance(x, y), geometry.space.distance(x[:, :2], y[:, :2]))
    torch.testing.assert_close(geometry.order_gap(x, y), geometry.times(x) - geometry.times(y))


def test_precedence_is_a_partial_order_with_incomparable_points() -> None:
    geometry = spacetime()
    x = torch.randn(30, 5, dtype=torch.float64)
    before = geometry.precedes(x[:, None], x[None])
    assert before.diagonal().all()
    assert not (before & before.T).fill_diagonal_(False).any()
    paths = before.double() @ before.double() > 0
    assert (before | ~paths).all()
    assert not (before | before.T).all()


def test_order_coordinates_of_a_realizer_need_no_map() -> None:
    geometry = spacetime(order=nn.Identity())
    x = torch.tensor([0.0, 0, 1, 2, 3])
    assert geometry.precedes(x, x + torch.tensor([5.0, 5, 0, 1, 0]))
    assert not geometry.precedes(x, x + torch.tensor([0.0, 0, 1, 1, -1]))


def test_the_promise_is_that_of_space_without_identity() -> None:
    geometry = spacetime()
    assert geometry.space.promise.identity
    assert not geometry.promise.identity
    assert geometry.promise.symmetric
    assert geometry.promise.relaxation == geometry.space.promise.relaxation
    assert not spacetime(directed=True).promise.symmetric


def test_a_directed_cost_charges_only_for_going_back_and_keeps_the_relaxation() -> None:
    geometry = spacetime(directed=True)
    x, y, z = torch.randn(3, 300, 5, dtype=torch.float64)
    with torch.no_grad():
        later = y.clone()
        later[:, 2:] = x[:, 2:] + 1
        plain = geometry.space.distance(x[:, :2], y[:, :2])
        torch.testing.assert_close(geometry.distance(x, later), plain)
        assert (geometry.distance(later, x) > plain).all()
        sides = geometry.distance(x, y) + geometry.distance(y, z)
        assert (geometry.distance(x, z) <= geometry.promise.relaxation * sides + 1e-9).all()


@pytest.mark.parametrize("directed", [False, True])
def test_pairwise_agrees_with_distance(directed: bool) -> None:
    geometry = spacetime(directed=directed)
    x, y = torch.randn(7, 5, dtype=torch.float64), torch.randn(4, 5, dtype=torch.float64)
    wanted = geometry.distance(x[:, None], y[None])
    torch.testing.assert_close(geometry.pairwise(x, y, memory_budget=512), wanted)


def test_a_spacetime_needs_time() -> None:
    with pytest.raises(ValueError, match="time_dim must be at least 1"):
        NeuralSpacetime(SnowflakeV2(), nn.Identity(), time_dim=0)


def test_by_name_it_is_a_space_and_times_without_a_map():
    built = geoframe.build("geometry", "spacetime", space={"name": "sphere", "dim": 2}, time_dim=1)
    x = built.project(torch.tensor([[0.0, 1.0, 0.0], [1.0, 0.0, 0.5]]))
    assert (built.dim, built.point_dim) == (3, 4)
    assert built.precedes(x[0], x[1])
    assert not built.precedes(x[1], x[0])
