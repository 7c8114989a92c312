"""Rows from local copulas, with categories and gaps."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from geoframe import DataError
from geoframe_cfdm.recombination.copula import LocalCopula
from geoframe_cfdm.recombination.rows import Quantiles, RowEncoder, normal_scores


@pytest.fixture(scope="module")
def mixed() -> Tensor:
    """Rows of a number, one that depends on it and has gaps, a category that goes with both, and
    a whole number.
    """
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(500, generator=generator, dtype=torch.float64)
    y = x.square() + 0.1 * torch.randn(500, generator=generator, dtype=torch.float64)
    y[torch.rand(500, generator=generator) < 0.2] = torch.nan
    kind = (x > 0).double() + (x > 1)
    return torch.stack([x, y, kind, (5 * x).round()], 1)


LEVELS = torch.tensor([0, 0, 3, 0])


def test_margins_are_those_of_the_data(mixed: Tensor) -> None:
    drawn = LocalCopula().fit(mixed, levels=LEVELS).draw(2000, seed=0)["items"]
    levels = torch.linspace(0.05, 0.95, 9, dtype=torch.float64)
    for column in (0, 1):
        known = mixed[:, column][~mixed[:, column].isnan()]
        found = drawn[:, column][~drawn[:, column].isnan()]
        torch.testing.assert_close(
            found.quantile(levels), known.quantile(levels), atol=0.25, rtol=0.15
        )


def test_what_goes_together_stays_together(mixed: Tensor) -> None:
    drawn = LocalCopula().fit(mixed, levels=LEVELS).draw(1000, seed=0)["items"]
    there = ~drawn[:, 1].isnan()
    assert float(there.double().mean()) == pytest.approx(0.8, abs=0.05)
    error = drawn[there, 1] - drawn[there, 0].square()
    assert float(error.square().mean()) < 0.15  # its variance is above 1.5
    agree = drawn[:, 2] == (drawn[:, 0] > 0).double() + (drawn[:, 0] > 1)
    assert float(agree.double().mean()) > 0.9
    assert set(drawn[:, 2].tolist()) == {0.0, 1.0, 2.0}
    assert torch.equal(drawn[:, 3], drawn[:, 3].round())


def test_the_state_holds_the_levels(mixed: Tensor) -> None:
    sampler = LocalCopula(spread=0.6).fit(mixed, levels=LEVELS)
    other = LocalCopula(spread=0.6).restore(sampler.fitted())
    first, second = sampler.draw(5, seed=1)["items"], other.draw(5, seed=1)["items"]
    torch.testing.assert_close(first, second, equal_nan=True, atol=0, rtol=0)


def test_forgetting_is_never_having_seen(mixed: Tensor) -> None:
    forgetful = LocalCopula().fit(mixed, levels=LEVELS).remove([0, 5])
    kept = torch.ones(len(mixed), dtype=torch.bool)
    kept[[0, 5]] = False
    other = LocalCopula().fit(mixed[kept], levels=LEVELS)
    first, second = (each.draw(8, seed=4)["items"] for each in (forgetful, other))
    torch.testing.assert_close(first, second, equal_nan=True, atol=0, rtol=0)


def test_a_stream_may_be_cut_anywhere(mixed: Tensor) -> None:
    sampler = LocalCopula(batch_size=7).fit(mixed, levels=LEVELS)
    whole = sampler.draw(20, seed=1)["items"]
    parts = [sampler.draw(10, seed=1, first=first)["items"] for first in (0, 10)]
    torch.testing.assert_close(whole, torch.cat(parts), equal_nan=True)


def test_shares_add_up(mixed: Tensor) -> None:
    drawn = LocalCopula(neighbors=10).fit(mixed, levels=LEVELS).draw(20, seed=0)
    assert drawn["tuple_index"].shape == (20, 11)
    torch.testing.assert_close(drawn["tuple_weight"].sum(1), torch.ones(20))


def test_images_are_refused_with_the_remedy(digits: Tensor) -> None:
    with pytest.raises(DataError, match="neighbor-mosaic"):
        LocalCopula().fit(digits[:20])


def test_a_column_of_nothing_is_refused() -> None:
    rows = torch.randn(20, 2)
    rows[:, 1] = torch.nan
    with pytest.raises(DataError, match="column 1 has no value"):
        LocalCopula().fit(rows)


def test_other_categories_and_gaps_are_apart() -> None:
    rows = torch.tensor([[0.0, 0.0], [0.0, 1.0], [0.0, torch.nan], [1.0, 1.0]])
    points = RowEncoder.of(rows, torch.tensor([0, 2]), apart=2.0)(rows)
    assert float((points[0] - points[1]).norm()) == pytest.approx(2)
    assert float((points[1] - points[2]).norm()) == pytest.approx(2)


def test_quantiles_keep_the_manner_of_a_column() -> None:
    rows = torch.stack(
        [torch.arange(9) / 2, torch.arange(9) % 2 / 3, 7.0 * torch.arange(9)], 1
    ).double()
    found = Quantiles(rows)(torch.rand(200, 3, generator=torch.Generator().manual_seed(0)))
    assert len(found[:, 0].unique()) > 100
    assert set(found[:, 1].tolist()) <= set(rows[:, 1].tolist())
    assert torch.equal(found[:, 2], found[:, 2].round())


def test_scores_of_a_normal_column_are_itself() -> None:
    column = torch.randn(4000, 1, generator=torch.Generator().manual_seed(0))
    scores = normal_scores(column)[:, 0]
    middle = column[:, 0].abs() < 2
    torch.testing.assert_close(scores[middle].float(), column[middle, 0], atol=0.1, rtol=0)
