import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from geoframe_snowflake.activations import (
    FLOOR,
    Irregular,
    fractal_components,
    signed_power,
    unsigned_power,
)

exponents = st.floats(0.05, 4.0)


def scalar(value: float) -> torch.Tensor:
    return torch.tensor(value, dtype=torch.float64)


@given(x=st.floats(-50, 50).filter(lambda x: abs(x) > FLOOR), small=exponents, large=exponents)
def test_the_signed_power_is_the_published_piecewise_power(
    x: float, small: float, large: float
) -> None:
    expected = math.copysign(abs(x) ** (small if abs(x) < 1 else large), x)
    assert float(signed_power(scalar(x), scalar(small), scalar(large))) == pytest.approx(
        expected, rel=1e-9
    )
    assert float(signed_power(scalar(x), scalar(small))) == pytest.approx(
        math.copysign(abs(x) ** small, x), rel=1e-9
    )


@given(small=exponents, large=exponents)
def test_the_signed_power_is_odd_increasing_and_zero_at_zero(small: float, large: float) -> None:
    positive = torch.logspace(-9, 3, 400, dtype=torch.float64)
    x = torch.cat([-positive.flip(0), torch.zeros(1, dtype=torch.float64), positive])
    y = signed_power(x, scalar(small), scalar(large))
    assert (y.diff() > 0).all()
    assert y[400] == 0
    torch.testing.assert_close(y, -y.flip(0))


@given(exponent=exponents, floor=st.sampled_from([FLOOR, 1e-30]))
def test_the_unsigned_power_is_the_signed_one_of_what_has_no_sign(
    exponent: float, floor: float
) -> None:
    x = torch.cat([torch.zeros(1), torch.logspace(-40, 3, 200)]).double()
    found = unsigned_power(x, scalar(exponent), floor=floor)
    assert torch.equal(found, signed_power(x, scalar(exponent), floor=floor))


def test_an_exponent_of_one_is_the_identity_bit_for_bit() -> None:
    x = torch.randn(1000) * torch.logspace(-40, 20, 1000)
    assert torch.equal(signed_power(x, torch.tensor(1.0), torch.tensor(1.0)), x)


@pytest.mark.parametrize("small", [0.05, 0.5, 1.0, 3.0])
def test_gradients_are_finite_and_right(small: float) -> None:
    x = torch.tensor([0.0, 1e-12, -1e-7, 0.3, -2.0, 1e6], requires_grad=True)
    inside, outside = (torch.tensor(e, requires_grad=True) for e in (small, 1.7))
    for gradient in torch.autograd.grad(
        signed_power(x, inside, outside).sum(), [x, inside, outside]
    ):
        assert torch.isfinite(gradient).all()
    inputs = [value.detach().double().requires_grad_() for value in (x[3:5], inside, outside)]
    assert torch.autograd.gradcheck(signed_power, inputs)


@given(
    a=st.floats(0.01, 1.0),
    b=st.floats(0.01, 1.0),
    irregular=st.sampled_from(["power-of-log", "log-of-power"]),
)
def test_every_fractal_part_is_zero_at_zero_increasing_and_concave(
    a: float, b: float, irregular: Irregular
) -> None:
    u = torch.linspace(0, 5, 501, dtype=torch.float64)
    for part in fractal_components(u, scalar(a), scalar(b), irregular=irregular):
        assert part[0] == 0
        steps = part.diff()
        assert (steps > 0).all()
        assert (steps.diff() <= 1e-12).all()


def test_the_fractal_parts_are_their_formulas() -> None:
    u = torch.tensor([0.1, 1.0, 4.0], dtype=torch.float64)
    bounded, fractal, irregular = fractal_components(u, scalar(0.3), scalar(0.6))
    torch.testing.assert_close(bounded, 1 - torch.exp(-u))
    torch.testing.assert_close(fractal, u**0.3)
    torch.testing.assert_close(irregular, torch.log(1 + u) ** 0.6)
    *_, other = fractal_components(u, scalar(0.3), scalar(0.6), irregular="log-of-power")
    torch.testing.assert_close(other, torch.log(1 + u**0.6))
