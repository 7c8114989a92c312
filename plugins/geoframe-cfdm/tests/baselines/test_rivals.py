"""Rivals against what is known of them."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from geoframe_cfdm.baselines.rivals import SMOTE, GaussianCopula, PCAMixture


@pytest.fixture(scope="module")
def rows() -> Tensor:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(800, generator=generator, dtype=torch.float64)
    y = (x + 0.5 * torch.randn(800, generator=generator, dtype=torch.float64)).exp()
    kind = (x > 0.5).double()
    kind[:80] = torch.nan
    y[::9] = torch.nan
    return torch.stack([x, y, kind], 1)


LEVELS = torch.tensor([0, 0, 2])


def test_the_copula_keeps_margins_rank_correlation_and_gaps(rows: Tensor) -> None:
    drawn = GaussianCopula().fit(rows, LEVELS).draw(4000, seed=0)["items"]
    for column in range(3):
        ours, theirs = drawn[:, column], rows[:, column]
        assert float(ours.isnan().double().mean()) == pytest.approx(
            float(theirs.isnan().double().mean()), abs=0.03
        )
        assert float(ours.nanmedian()) == pytest.approx(float(theirs.nanmedian()), abs=0.1)
    agree = ((drawn[:, 0] > 0.5).double() == drawn[:, 2])[~drawn[:, 2].isnan()]
    assert float(agree.double().mean()) > 0.65  # independent ones would agree in 0.54


def test_smote_stays_between_neighbours(rows: Tensor) -> None:
    drawn = SMOTE().fit(rows, LEVELS).draw(300, seed=0)["items"]
    assert drawn[:, 0].amin() >= rows[:, 0].amin()
    assert drawn[:, 0].amax() <= rows[:, 0].amax()
    assert set(drawn[:, 2][~drawn[:, 2].isnan()].tolist()) == {0.0, 1.0}
    assert drawn[:, 1].isnan().any()


def test_the_mixture_has_the_covariance_of_the_data(digits: Tensor) -> None:
    data = digits[:600, 2:6, 2:6]
    sampler = PCAMixture(axes=16, components=2).fit(data)
    drawn = sampler.draw(4000, seed=0)["items"]
    torch.testing.assert_close(drawn.mean(0), data.mean(0), atol=0.8, rtol=0)
    assert drawn.amin() >= 0
    assert drawn.amax() <= 16
