"""A column drawn from the others by a forest."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from geoframe_cfdm.recombination.auto import AutoSampler
from geoframe_cfdm.recombination.copula import LocalCopula
from geoframe_cfdm.recombination.target import TargetForest

Kind = type[LocalCopula] | type[AutoSampler]
LEVELS = torch.tensor([0, 0, 2])


@pytest.fixture(scope="module")
def rows() -> Tensor:
    """300 rows of a number, one that follows it with noise and gaps, and a category of both."""
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(300, generator=generator, dtype=torch.float64)
    y = (6 * x).sin() + 0.5 * torch.randn(300, generator=generator, dtype=torch.float64)
    y[::10] = torch.nan
    return torch.stack([x, y, (x > 0.5).double()], 1)


def noise_of(drawn: Tensor) -> float:
    there = drawn[~drawn[:, 1].isnan()]
    return float((there[:, 1] - (6 * there[:, 0]).sin()).std())


def test_the_target_keeps_its_relation_and_a_share_of_its_noise(rows: Tensor) -> None:
    drawn = {
        share: LocalCopula(spread=0.6, target_spread=share)
        .fit(rows, levels=LEVELS, target=1)
        .draw(600, seed=0)["items"]
        for share in (0.1, 1.0)
    }
    assert noise_of(drawn[0.1]) < noise_of(rows) < 1.1 * noise_of(drawn[1.0])
    assert noise_of(drawn[0.1]) < 0.85 * noise_of(drawn[1.0])
    known = rows[~rows[:, 1].isnan(), 1]
    found = drawn[1.0][~drawn[1.0][:, 1].isnan(), 1]
    assert known.min() <= found.min()
    assert found.max() <= known.max()
    assert 0.05 < float(drawn[1.0][:, 1].isnan().double().mean()) < 0.15


def test_a_category_is_drawn_from_the_votes(rows: Tensor) -> None:
    forest = TargetForest(rows, LEVELS, 2, 0.5)
    asked = torch.tensor([[0.1, 0.5, 0.0], [0.9, -0.5, 0.0], [0.9, 0.0, torch.nan]])
    found = forest(asked.double(), torch.zeros(3, dtype=torch.long), torch.full((3,), 0.5))
    assert found[:2].tolist() == [0.0, 1.0]
    assert found[2].isnan()


def test_whole_numbers_and_values_that_repeat_stay_so(rows: Tensor) -> None:
    few = torch.stack([rows[:, 0], (4 * rows[:, 0]).round() / 3], 1)
    drawn = LocalCopula(spread=0.6).fit(few, target=1).draw(100, seed=0)["items"]
    assert set(drawn[:, 1].tolist()) <= set(few[:, 1].tolist())


@pytest.mark.parametrize("kind", [LocalCopula, AutoSampler])
def test_the_state_holds_the_target_and_forgetting_is_exact(rows: Tensor, kind: Kind) -> None:
    first = kind().fit(rows[:80], levels=LEVELS, target=1)
    other = kind().restore(first.fitted())
    assert other.target == 1
    same(first, other)
    same(first.remove([0, 7]), kind().fit(without(rows[:80], [0, 7]), levels=LEVELS, target=1))


def without(rows: Tensor, index: list[int]) -> Tensor:
    kept = torch.ones(len(rows), dtype=torch.bool)
    kept[index] = False
    return rows[kept]


def same(first: LocalCopula | AutoSampler, second: LocalCopula | AutoSampler) -> None:
    a, b = (each.draw(6, seed=3)["items"] for each in (first, second))
    torch.testing.assert_close(a, b, equal_nan=True, atol=0, rtol=0)
