"""Measures against closed forms."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from geoframe_cfdm.metrics import (
    duplicate_rate,
    kernel_distance,
    mean_gap,
    recall,
    wasserstein2,
)


@settings(max_examples=20, deadline=None)
@given(n=st.integers(2, 30), seed=st.integers(0, 99))
def test_transport_of_a_shift_is_the_shift(n: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n, 2, generator=generator)
    shuffled = x[torch.randperm(n, generator=generator)] + torch.tensor([3.0, 4.0])
    assert math.isclose(wasserstein2(x, shuffled), 5, rel_tol=1e-5)


def test_transport_needs_equal_sizes() -> None:
    with pytest.raises(ValueError, match="cannot be assigned"):
        wasserstein2(torch.zeros(2, 2), torch.zeros(3, 2))


def test_kernel_distance_is_unbiased() -> None:
    generator = torch.Generator().manual_seed(0)
    same = [
        kernel_distance(
            torch.randn(60, 4, generator=generator), torch.randn(80, 4, generator=generator)
        )
        for _ in range(200)
    ]
    mean = sum(same) / len(same)
    deviation = torch.tensor(same).std() / len(same) ** 0.5
    assert abs(mean) < 4 * float(deviation)
    far = kernel_distance(
        torch.randn(60, 4, generator=generator), 2 + torch.randn(80, 4, generator=generator)
    )
    assert far > 5


def test_kernel_distance_by_hand() -> None:
    x, y = torch.tensor([[0.0], [1.0]]), torch.tensor([[2.0], [2.0]])
    # k(0,1) = 1, k(2,2) = 125, k(0,2) = 1, k(1,2) = 27
    assert kernel_distance(x, y) == pytest.approx(1 + 125 - 2 * (1 + 1 + 27 + 27) / 4)


def test_recall_counts_what_is_reached() -> None:
    generated = torch.tensor([[0.0], [1.0], [2.0], [3.0], [4.0]])
    real = torch.tensor([[0.5], [3.5], [90.0], [2.0]])
    assert recall(generated, real, k=3) == 0.75


def test_mean_gap_is_to_the_nearest() -> None:
    generated, real = torch.tensor([[0.0], [10.0]]), torch.tensor([[1.0], [4.0], [13.0]])
    assert mean_gap(generated, real) == pytest.approx((1 + 4 + 3) / 3)


def test_duplicate_rate() -> None:
    assert duplicate_rate(torch.tensor([0.1, 0.5, 2.0, 3.0]), 1.0) == 0.5
