import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from geoframe.errors import DataError
from geoframe_snowflake.positive import POSITIVE
from geoframe_snowflake.snowflake import Snowflake


def randomised(seed: int, **options: object) -> Snowflake:
    torch.manual_seed(seed)
    geometry = Snowflake(**options).double()  # type: ignore[arg-type]
    with torch.no_grad():
        for parameter in geometry.parameters():
            parameter.add_(torch.randn_like(parameter))
    return geometry


@given(
    seed=st.integers(0, 10_000),
    positive=st.sampled_from([*POSITIVE]),
    layers=st.integers(1, 3),
    irregular=st.sampled_from(["power-of-log", "log-of-power"]),
)
def test_it_is_a_metric_when_the_power_is_frozen(
    seed: int, positive: str, layers: int, irregular: str
) -> None:
    shape = {"dim": 3, "layers": layers, "hidden": 4, "irregular": irregular}
    geometry = randomised(seed, positive=positive, power="metric", **shape)
    assert geometry.promise.relaxation == 1
    x, y, z = (torch.randn(200, 3, dtype=torch.float64) * 3 for _ in range(3))
    with torch.no_grad():
        sides = geometry.distance(x, y) + geometry.distance(y, z)
        assert (geometry.distance(x, z) <= sides * (1 + 1e-9)).all()


@given(seed=st.integers(0, 10_000), power=st.floats(-3, 3))
def test_a_power_relaxes_the_triangle_inequality_as_promised(seed: int, power: float) -> None:
    geometry = randomised(seed, hidden=4)
    assert geometry.power is not None
    geometry.power.data.fill_(power)
    relaxation = geometry.promise.relaxation
    assert relaxation == pytest.approx(2 ** abs(power))
    a, b = torch.rand(2, 500, dtype=torch.float64) * 4
    with torch.no_grad():
        sides = geometry.profile(a) + geometry.profile(b)
        assert (geometry.profile(a + b) <= relaxation * sides * (1 + 1e-9)).all()


def test_the_profile_starts_at_zero_and_increases() -> None:
    geometry = randomised(0)
    t = torch.cat([torch.zeros(1), torch.logspace(-8, 4, 500)]).double()
    with torch.no_grad():
        f = geometry.profile(t)
    assert f[0] == 0
    assert (f.diff() > 0).all()
    assert geometry.promise.identity


def test_a_dead_network_does_not_promise_identity() -> None:
    geometry = Snowflake(positive="square")
    with torch.no_grad():
        geometry.weights.raw.zero_()
    assert not geometry.promise.identity


@pytest.mark.parametrize("power", ["trainable", "metric"])
def test_gradients_are_finite_at_equal_and_at_far_points(power: str) -> None:
    geometry = Snowflake(power=power)  # type: ignore[arg-type]
    x = torch.tensor([[0.0, 0.0], [1.0, 2.0], [1e-20, 0.0]], requires_grad=True)
    y = torch.tensor([[0.0, 0.0], [1e8, 0.0], [0.0, 0.0]])
    distance = geometry.distance(x, y)
    assert distance[0] == 0
    for gradient in torch.autograd.grad(distance.sum(), [x, *geometry.parameters()]):
        assert torch.isfinite(gradient).all()


def test_the_parameters_are_those_of_the_paper_plus_two_exponents_a_layer() -> None:
    # 840 weights, C and p make the paper's 847 at J = 2, h = 20; a_j and b_j are trained here.
    assert sum(p.numel() for p in Snowflake().parameters()) == 847 + 2 * 2


def test_rescaling_maps_the_median_distance_to_the_median_target() -> None:
    geometry = randomised(1)
    distances = torch.rand(101, dtype=torch.float64) * 1e4
    targets = torch.rand(101, dtype=torch.float64) * 1e-3
    geometry.rescale(distances, targets)
    torch.testing.assert_close(geometry.profile(distances.median()), targets.median())
    geometry.rescale(distances)
    torch.testing.assert_close(geometry.profile(distances.median()), torch.ones(()).double())
    restored = Snowflake().double()
    restored.load_state_dict(geometry.state_dict())
    torch.testing.assert_close(restored.profile(distances), geometry.profile(distances))


def test_rescaling_refuses_what_has_no_scale() -> None:
    with pytest.raises(DataError, match=r"median distance .* is 0"):
        Snowflake().rescale(torch.zeros(5))


def test_it_learns_a_snowflake_of_the_line() -> None:
    torch.manual_seed(0)
    geometry = Snowflake(dim=1, power="metric")
    t = torch.linspace(0.05, 3, 64)
    target = t.sqrt()
    geometry.rescale(t, target)
    optimiser = torch.optim.Adam(geometry.parameters(), lr=0.02)
    for _ in range(150):
        optimiser.zero_grad()
        loss = (geometry.profile(t) - target).square().mean()
        loss.backward()
        optimiser.step()
    assert float(loss.detach()) < 5e-3 * float(target.var())
