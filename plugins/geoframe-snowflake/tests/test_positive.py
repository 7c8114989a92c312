import pytest
import torch

from geoframe_snowflake.positive import POSITIVE, PositiveMatrices


@pytest.mark.parametrize("positive", list(POSITIVE))
def test_matrices_start_where_they_are_told_and_stay_positive(positive: str) -> None:
    initial = [torch.rand(3, 2) + 0.1, torch.rand(1, 3) + 0.1]
    matrices = PositiveMatrices(initial, positive=positive)  # type: ignore[arg-type]
    for got, wanted in zip(matrices(), initial, strict=True):
        torch.testing.assert_close(got, wanted)
    with torch.no_grad():
        matrices.raw.copy_(torch.randn_like(matrices.raw))
    assert all((matrix >= 0).all() for matrix in matrices())


def test_each_matrix_has_a_residual_of_its_own() -> None:
    matrices = PositiveMatrices([torch.ones(2, 3), torch.ones(3, 2)], residual=0.5)
    assert matrices.residual is not None
    with torch.no_grad():
        matrices.residual.copy_(torch.tensor([-2.0, 0.25]))
    first, second = matrices()
    torch.testing.assert_close(first, torch.ones(2, 3) + 2 * torch.eye(2, 3))
    torch.testing.assert_close(second, torch.ones(3, 2) + 0.25 * torch.eye(3, 2))
