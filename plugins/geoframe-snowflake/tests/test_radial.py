"""The geometries with a closed-form or spline profile, and the table of a profile."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from geoframe.testing import GeometryConformance
from geoframe_snowflake.positive import POSITIVE
from geoframe_snowflake.power import SnowflakePower
from geoframe_snowflake.radial import Radial, Tabulated, tabulated_pairwise
from geoframe_snowflake.snowflake import Snowflake
from geoframe_snowflake.snowflake_v2 import SnowflakeV2
from geoframe_snowflake.spline import SnowflakeSpline


class TestPower(GeometryConformance):
    def make(self) -> SnowflakePower:
        return SnowflakePower(3)


class TestSquare(GeometryConformance):
    def make(self) -> SnowflakePower:
        return SnowflakePower(3, exponent=2.0, learnable=True)


class TestSpline(GeometryConformance):
    def make(self) -> SnowflakeSpline:
        return SnowflakeSpline(dim=3)


def randomised(seed: int, **options: object) -> SnowflakeSpline:
    torch.manual_seed(seed)
    spline = SnowflakeSpline(**options).double()  # type: ignore[arg-type]
    with torch.no_grad():
        for parameter in spline.parameters():
            parameter.add_(torch.randn_like(parameter))
    spline.rescale(torch.rand(100, dtype=torch.float64) * 10)
    return spline


@given(seed=st.integers(0, 10**6), knots=st.integers(1, 20), positive=st.sampled_from([*POSITIVE]))
def test_a_spline_rises_bends_down_and_starts_at_zero(seed: int, knots: int, positive: str) -> None:
    spline = randomised(seed, knots=knots, positive=positive, power="metric")
    t = torch.linspace(0, 15, 500, dtype=torch.float64)
    with torch.no_grad():
        f = spline.profile(t)
    assert f[0] == 0
    assert (f.diff() > 0).all()
    assert (f.diff().diff() <= 1e-12).all()


@given(seed=st.integers(0, 10**6))
def test_a_spline_has_the_slopes_that_its_weights_add_up_to(seed: int) -> None:
    spline = randomised(seed, knots=5, power="metric")
    (weights,) = spline.weights()
    slopes = torch.stack([weights[0, k:].sum() for k in range(6)]).detach()
    t = spline.knots.clone().requires_grad_()
    (found,) = torch.autograd.grad(spline.profile(t).sum(), t)
    torch.testing.assert_close(found, spline.output_scale * slopes)


@given(seed=st.integers(0, 10**6), power=st.floats(-2, 2))
def test_a_spline_keeps_its_promise(seed: int, power: float) -> None:
    spline = randomised(seed, dim=3)
    assert spline.power is not None
    spline.power.data.fill_(power)
    x, y, z = (torch.randn(300, 3, dtype=torch.float64) * 4 for _ in range(3))
    with torch.no_grad():
        sides = spline.distance(x, y) + spline.distance(y, z)
        relaxation = spline.promise.relaxation
        assert relaxation == pytest.approx(2 ** abs(power))
        assert (spline.distance(x, z) <= relaxation * sides * (1 + 1e-9)).all()


def test_rescaling_makes_the_median_distance_the_median_target() -> None:
    distances = torch.rand(101) * 7 + 0.1
    targets = 3 * torch.rand(101) + 1
    for geometry in (SnowflakeSpline(), SnowflakePower(exponent=1.7)):
        geometry.rescale(distances, targets)
        torch.testing.assert_close(geometry.profile(distances.median()), targets.median())
    same = torch.full((10,), 2.0)
    geometry = SnowflakeSpline()
    geometry.rescale(same)
    assert geometry.profile(torch.linspace(0, 3, 50)).isfinite().all()


@given(exponent=st.floats(0.05, 8))
def test_a_power_is_that_power(exponent: float) -> None:
    geometry = SnowflakePower(2, exponent=exponent).double()
    t = torch.logspace(-3, 2, 50, dtype=torch.float64)
    torch.testing.assert_close(geometry.profile(t), t**exponent, rtol=1e-10, atol=0)
    learned = SnowflakePower(2, exponent=exponent, learnable=True)
    assert float(learned.exponent().detach()) == pytest.approx(exponent, rel=1e-5)
    assert geometry.promise.relaxation == pytest.approx(max(1, 2 ** (exponent - 1)))


@pytest.mark.parametrize(
    "geometry", [Snowflake(dim=3), SnowflakeSpline(dim=3), SnowflakePower(3, exponent=0.5)]
)
def test_a_table_is_nearly_as_good_as_the_profile(geometry: Snowflake) -> None:
    torch.manual_seed(0)
    x, y = torch.randn(80, 3), torch.randn(70, 3)
    with torch.no_grad():
        exact = geometry.pairwise(x, y)
    found = tabulated_pairwise(geometry, x, y)
    assert (found - exact).abs().max() < 5e-6
    assert not found.requires_grad


def test_a_table_ends_at_its_largest_argument() -> None:
    table = Tabulated(SnowflakePower(2, exponent=2.0), 3.0)
    assert float(table(torch.tensor(5.0))) == pytest.approx(9, rel=1e-5)
    assert float(table(torch.tensor(0.0))) == 0


def test_only_radial_geometries_have_a_table() -> None:
    assert isinstance(Snowflake(), Radial)
    assert not isinstance(SnowflakeV2(), Radial)
    with pytest.raises(TypeError, match="SnowflakeV2"):
        tabulated_pairwise(SnowflakeV2(), torch.zeros(2, 2), torch.zeros(2, 2))
    with pytest.raises(ValueError, match="positive"):
        Tabulated(SnowflakePower(), 0.0)
