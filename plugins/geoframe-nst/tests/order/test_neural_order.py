import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from geoframe_nst.order.neural_order import NeuralOrder


def randomised(seed: int, mixing: str, dim: int = 3) -> NeuralOrder:
    torch.manual_seed(seed)
    order = NeuralOrder(dim, mixing=mixing).double()  # type: ignore[arg-type]
    with torch.no_grad():
        for parameter in order.parameters():
            parameter.add_(0.5 * torch.randn_like(parameter))
    return order


@pytest.mark.parametrize(("dim", "count"), [(2, 280), (4, 322), (10, 448)])
def test_the_parameters_are_those_of_the_published_code(dim: int, count: int) -> None:
    assert sum(parameter.numel() for parameter in NeuralOrder(dim).parameters()) == count


@given(seed=st.integers(0, 10_000), mixing=st.sampled_from(["dense", "identity"]))
def test_it_is_increasing_in_every_coordinate(seed: int, mixing: str) -> None:
    order = randomised(seed, mixing)
    x = 3 * torch.randn(200, 3, dtype=torch.float64)
    y = x + torch.rand(200, 3, dtype=torch.float64) * (torch.rand(200, 3) < 0.5)
    with torch.no_grad():
        assert (order(x) <= order(y) + 1e-9).all()


def test_the_dense_map_is_the_published_formula() -> None:
    order = randomised(0, "dense")
    x = torch.randn(50, 3, dtype=torch.float64)
    z = x
    for weight, bias, raw in zip(order.weights(), order.biases, order.exponents, strict=True):
        z = torch.where(z > 0, z, 0.01 * z)
        z = z.sign() * z.abs() ** raw.abs() @ weight.T + bias.T
    torch.testing.assert_close(order(x), z)


def test_the_dense_map_starts_as_nearly_one_common_time_and_the_identity_map_apart() -> None:
    torch.manual_seed(0)
    x = torch.randn(500, 4)
    with torch.no_grad():
        dense, identity = NeuralOrder(4)(x), NeuralOrder(4, mixing="identity")(x)
    assert torch.corrcoef(dense.T).min() > 0.9
    torch.testing.assert_close(identity, x, atol=0.02, rtol=0)


@pytest.mark.parametrize("mixing", ["dense", "identity"])
def test_gradients_are_finite_where_a_coordinate_is_zero(mixing: str) -> None:
    order = NeuralOrder(2, mixing=mixing)  # type: ignore[arg-type]
    with torch.no_grad():
        for bias in order.biases:
            bias.zero_()
    x = torch.zeros(3, 2, requires_grad=True)
    for gradient in torch.autograd.grad(order(x).sum(), [x, *order.parameters()]):
        assert torch.isfinite(gradient).all()


def test_leading_axes_are_kept() -> None:
    order = randomised(1, "dense")
    x = torch.randn(2, 5, 3, dtype=torch.float64)
    torch.testing.assert_close(order(x)[1, 4], order(x[1, 4]))


def test_more_time_coordinates_than_hidden_units_stay_apart() -> None:
    x = torch.randn(20, 15)
    with torch.no_grad():
        torch.testing.assert_close(NeuralOrder(15, mixing="identity")(x), x, atol=0.02, rtol=0)
