"""Both parametrisations give the frame of their matrix, and exact gradients."""

import pytest
import torch

from geoframe_cgenn.metric.frames import congruence
from geoframe_cgenn.metric.learned import FixedMetric, FrameMetric, Metric, SpectralMetric

MATRICES = {
    "diagonal": torch.diag(torch.tensor([2.0, -3.0, 0.5], dtype=torch.float64)),
    "full": torch.tensor(
        [[1.0, 0.4, 0.2], [0.4, 2.0, -0.1], [0.2, -0.1, -1.5]], dtype=torch.float64
    ),
    "degenerate": torch.diag(torch.tensor([1.0, 0.0, -1.0], dtype=torch.float64)),
}


@pytest.mark.parametrize("matrix", MATRICES.values(), ids=MATRICES)
@pytest.mark.parametrize("kind", [FixedMetric, FrameMetric, SpectralMetric])
def test_matrix_is_the_one_given(kind: type[Metric], matrix: torch.Tensor) -> None:
    metric = kind(matrix, noise=1e-5) if kind is SpectralMetric else kind(matrix)
    assert torch.allclose(metric.matrix(), matrix, atol=1e-4 if kind is SpectralMetric else 1e-12)


@pytest.mark.parametrize("matrix", MATRICES.values(), ids=MATRICES)
def test_frame_goes_forth_and_back_in_every_grade(matrix: torch.Tensor) -> None:
    frame = FixedMetric(matrix).frame()
    for grade, count in enumerate((1, 3, 3, 1)):
        values = torch.randn(4, count, dtype=torch.float64)
        assert torch.allclose(frame.leave(frame.enter(values, grade), grade), values, atol=1e-12)


def test_diagonal_forms_keep_the_order_of_their_coordinates() -> None:
    basis, signs = congruence(MATRICES["diagonal"])
    assert torch.equal(basis, torch.diag(torch.tensor([2.0, 3.0, 0.5], dtype=torch.float64).sqrt()))
    assert signs.tolist() == [1, -1, 1]


def test_a_frozen_metric_takes_no_gradient() -> None:
    for metric in (FrameMetric(MATRICES["full"]), SpectralMetric(MATRICES["full"])):
        metric.frozen = True
        assert not metric.matrix().requires_grad
        metric.frozen = False
        assert metric.matrix().requires_grad


def test_spectral_metric_refuses_equal_eigenvalues() -> None:
    with pytest.raises(ValueError, match="at least 1e-5"):
        SpectralMetric(torch.eye(3), noise=0.0)
