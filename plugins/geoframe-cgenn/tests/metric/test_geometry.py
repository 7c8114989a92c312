"""The quadratic form as a geometry: conformance, and closed forms."""

import pytest
import torch

import geoframe
from geoframe import BilinearForm, ConfigError
from geoframe.testing import GeometryConformance
from geoframe_cgenn.metric.geometry import QuadraticForm

FULL = ((2.0, 0.5, 0.0), (0.5, 1.0, -0.3), (0.0, -0.3, 0.7))
INDEFINITE = ((1.0, 0.2, 0.0), (0.2, -1.0, 0.0), (0.0, 0.0, 0.0))


class TestLearnedDefinite(GeometryConformance):
    def make(self):
        return QuadraticForm(3, matrix=FULL, learnable=True)


class TestIndefinite(GeometryConformance):
    def make(self):
        return QuadraticForm(3, matrix=INDEFINITE, learnable=True)


class TestNegativeDefinite(GeometryConformance):
    def make(self):
        return QuadraticForm(2, matrix=((-1.0, 0.0), (0.0, -4.0)))


@pytest.mark.parametrize("matrix", [FULL, INDEFINITE])
def test_matrix_and_inner_are_the_given_form(matrix: tuple[tuple[float, ...], ...]) -> None:
    space = QuadraticForm(3, matrix=matrix).double()
    given = torch.tensor(matrix, dtype=torch.float64)
    x, y = torch.randn(2, 5, 3, dtype=torch.float64)
    assert torch.allclose(space.matrix(), given, atol=1e-6)
    assert torch.allclose(space.inner(x, y), torch.einsum("bi,ij,bj->b", x, given, y), atol=1e-5)
    assert isinstance(space, BilinearForm)


def test_distance_of_a_definite_form() -> None:
    space = QuadraticForm(2, matrix=((4.0, 0.0), (0.0, 9.0)))
    apart = space.distance(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]))
    assert float(apart) == pytest.approx(13**0.5)
    assert space.definite


def test_interval_of_an_indefinite_form() -> None:
    space = geoframe.build("geometry", "quadratic-form", dim=2, matrix=[[1.0, 0.0], [0.0, -1.0]])
    assert float(space.distance(torch.tensor([0.0, 2.0]), torch.zeros(2))) == -4.0
    assert not space.definite
    assert "signature=+-" in repr(space)


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([[1.0, 0.0]], "1 rows need 1 numbers each"),
        ([[1.0, 2.0], [3.0, 1.0]], "must be symmetric"),
        ([[1.0]], "has 1 rows, and dim is 2"),
    ],
)
def test_bad_matrices_are_told_in_one_line(matrix: list[list[float]], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        geoframe.build("geometry", "quadratic-form", dim=2, matrix=matrix)
