import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from geoframe_snowflake.positive import POSITIVE
from geoframe_snowflake.snowflake_v2 import SnowflakeV2


def published(geometry: SnowflakeV2, x: Tensor, y: Tensor) -> Tensor:
    """The formula of the paper's code, written out with powers and selections."""

    def sigma(u: Tensor, raw: Tensor) -> Tensor:
        small, large = 1 + raw.abs()
        return u.sign() * torch.where(u.abs() < 1, u.abs() ** small, u.abs() ** large)

    first, *others = geometry.exponents
    u = (sigma(x, first) - sigma(y, first)).abs()
    for raw, weight in zip(others, geometry.weights(), strict=True):
        u = sigma(u, raw) @ weight.T
    return u[..., 0]


def randomised(seed: int, **options: object) -> SnowflakeV2:
    torch.manual_seed(seed)
    geometry = SnowflakeV2(**options).double()  # type: ignore[arg-type]
    with torch.no_grad():
        geometry.exponents.add_(0.7 * torch.randn_like(geometry.exponents))
        geometry.weights.raw.copy_(torch.randn_like(geometry.weights.raw))
    return geometry


@pytest.mark.parametrize(("dim", "count"), [(2, 244), (4, 264), (10, 324)])
def test_the_parameters_are_those_of_the_published_code(dim: int, count: int) -> None:
    geometry = SnowflakeV2(dim=dim)
    assert sum(parameter.numel() for parameter in geometry.parameters()) == count


def test_it_starts_like_the_published_code() -> None:
    geometry = SnowflakeV2(dim=4)
    assert geometry.weights.shapes == [(10, 4), (10, 10), (10, 10), (1, 10)]
    for raw, size in zip(
        geometry.weights.raw.split(geometry.weights.sizes), geometry.weights.sizes, strict=True
    ):
        assert 0 <= raw.min() < 0.2 / size
        assert 0.8 / size < raw.max() <= 1 / size
    torch.testing.assert_close(geometry.weights.residual, torch.full((4,), 0.1))
    torch.testing.assert_close(geometry.exponents, torch.tensor([[1e-6, 1e-3]] * 5))


@given(seed=st.integers(0, 10_000))
def test_distance_and_gradients_are_those_of_the_published_formula(seed: int) -> None:
    geometry = randomised(seed, dim=3)
    x, y = torch.randn(2, 20, 3, dtype=torch.float64) * 1.5
    x.requires_grad_()
    got, wanted = geometry.distance(x, y), published(geometry, x, y)
    torch.testing.assert_close(got, wanted)
    inputs = [x, *geometry.parameters()]
    for a, b in zip(
        torch.autograd.grad(got.sum(), inputs),
        torch.autograd.grad(wanted.sum(), inputs),
        strict=True,
    ):
        torch.testing.assert_close(a, b)


@given(
    seed=st.integers(0, 10_000),
    exponent=st.sampled_from(["free", "ge1"]),
    positive=st.sampled_from([*POSITIVE]),
    layers=st.integers(1, 4),
    scale=st.sampled_from([1e-3, 0.3, 1.0, 5.0]),
)
def test_the_promised_relaxation_holds(
    seed: int, exponent: str, positive: str, layers: int, scale: float
) -> None:
    geometry = randomised(
        seed, dim=2, layers=layers, hidden=3, exponent=exponent, positive=positive
    )
    promise = geometry.promise
    assert promise.relaxation is not None
    x, y, z = torch.randn(3, 300, 2, dtype=torch.float64) * scale
    y[:100] = (x[:100] + z[:100]) / 2  # where the triangle inequality is tightest
    with torch.no_grad():
        sides = geometry.distance(x, y) + geometry.distance(y, z)
        assert (geometry.distance(x, z) <= promise.relaxation * sides * (1 + 1e-9)).all()
        torch.testing.assert_close(geometry.distance(x, y), geometry.distance(y, x))


@given(
    small=st.floats(0.1, 4), large=st.floats(0.1, 4), a=st.floats(1e-4, 10), b=st.floats(1e-4, 10)
)
def test_one_activation_across_the_unit_is_within_its_constant(
    small: float, large: float, a: float, b: float
) -> None:
    geometry = line(small, large)
    x, y, z = (torch.tensor([value], dtype=torch.float64) for value in (0.0, a, a + b))
    with torch.no_grad():
        sides = geometry.distance(x, y) + geometry.distance(y, z)
        relaxation = geometry.promise.relaxation
        assert relaxation == pytest.approx(2 ** (max(1, small, large) - 1))
        assert geometry.distance(x, z) <= relaxation * sides * (1 + 1e-9)


@pytest.mark.parametrize("power", [1.5, 3.0])
def test_the_promised_relaxation_is_attained_by_a_plain_power(power: float) -> None:
    geometry = line(power, power)
    x, y, z = torch.tensor([[0.0], [1.0], [2.0]], dtype=torch.float64)
    with torch.no_grad():
        attained = geometry.distance(x, z) / (geometry.distance(x, y) + geometry.distance(y, z))
    assert float(attained) == pytest.approx(geometry.promise.relaxation)


def line(small: float, large: float) -> SnowflakeV2:
    """One activation on the difference of two numbers."""
    geometry = SnowflakeV2(dim=1, layers=1, exponent="free").double()
    raw = [[math.log(math.expm1(value)) for value in pair] for pair in [(1, 1), (small, large)]]
    geometry.exponents.data.copy_(torch.tensor(raw))
    return geometry


def test_exponents_below_one_make_a_metric() -> None:
    assert line(0.4, 0.9).promise.relaxation == 1


def test_dead_weights_do_not_promise_identity() -> None:
    geometry = SnowflakeV2(dim=2)
    assert geometry.promise.identity
    assert geometry.weights.residual is not None
    with torch.no_grad():
        geometry.weights.residual.zero_()
        geometry.weights.raw[0:20:2] = 0  # the first coordinate is no longer looked at
    assert not geometry.promise.identity


@pytest.mark.parametrize("exponent", ["free", "ge1"])
@pytest.mark.parametrize("raw", [-3.0, 0.0, 2.0])
def test_gradients_are_finite_at_equal_points(exponent: str, raw: float) -> None:
    geometry = SnowflakeV2(exponent=exponent)  # type: ignore[arg-type]
    geometry.exponents.data.fill_(raw)
    x = torch.tensor([[0.0, 0.0], [1.0, 2.0], [1e-20, 0.0]], requires_grad=True)
    y = torch.tensor([[0.0, 0.0], [1.0, 2.0], [0.0, 0.0]])
    distance = geometry.distance(x, y)
    assert distance[0] == distance[1] == 0
    for gradient in torch.autograd.grad(distance.sum(), [x, *geometry.parameters()]):
        assert torch.isfinite(gradient).all()


@pytest.mark.parametrize("exponent", ["free", "ge1"])
def test_gradients_are_finite_at_far_points(exponent: str) -> None:
    geometry = SnowflakeV2(exponent=exponent)  # type: ignore[arg-type]
    x = torch.tensor([[1e8, 0.0], [1e20, -1e20]], requires_grad=True)
    distance = geometry.distance(x, torch.zeros(2))
    assert (distance > 0).all()
    for gradient in torch.autograd.grad(distance.sum(), [x, *geometry.parameters()]):
        assert torch.isfinite(gradient).all()


def test_pairwise_is_blockwise_and_agrees_with_distance() -> None:
    geometry = randomised(3, dim=3)
    x, y = torch.randn(17, 3, dtype=torch.float64), torch.randn(9, 3, dtype=torch.float64)
    with torch.no_grad():
        wanted = geometry.distance(x[:, None], y[None])
        torch.testing.assert_close(geometry.pairwise(x, y, memory_budget=4096), wanted)
        assert geometry.pairwise(x[:0], y).shape == (0, 9)
