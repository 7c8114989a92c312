"""Adding and removing items: as if the data had always been so, to the last bit."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from geoframe import DataError
from geoframe_cfdm.sampling.sampler import ClosedFormDiffusion


def assert_equal(first: ClosedFormDiffusion, second: ClosedFormDiffusion) -> None:
    assert torch.equal(first.standardizer.mean, second.standardizer.mean)
    assert torch.equal(first.standardizer.scale, second.standardizer.scale)
    assert first.sigma == second.sigma
    drawn, expected = first.draw(6, seed=4), second.draw(6, seed=4)
    for name, value in drawn.items():
        assert torch.equal(value, expected[name])


@settings(max_examples=8, deadline=None)
@given(gone=st.sets(st.integers(0, 199), min_size=1, max_size=150))
def test_removing_leaves_no_trace(gone: set[int]) -> None:
    data = torch.rand(200, 6, generator=torch.Generator().manual_seed(0))
    kept = torch.tensor([row for row in range(200) if row not in gone])
    forgot = ClosedFormDiffusion(steps=5).fit(data).remove(sorted(gone))
    assert_equal(forgot, ClosedFormDiffusion(steps=5).fit(data[kept]))


def test_removed_items_are_never_used(digits: Tensor) -> None:
    sampler = ClosedFormDiffusion(sigma=0.0, steps=30).fit(digits[:50])
    used = sampler.draw(20, seed=0)["tuple_index"].unique()
    sampler.remove(used)
    drawn = sampler.draw(20, seed=0)["items"].flatten(1)
    assert torch.cdist(drawn, digits[used].flatten(1)).min() > 0.5


def test_adding_equals_fitting_on_all(digits: Tensor, digit_labels: Tensor) -> None:
    grown = ClosedFormDiffusion(steps=5).fit(digits[:100], digit_labels[:100])
    grown.add(digits[100:180], digit_labels[100:180])
    assert_equal(grown, ClosedFormDiffusion(steps=5).fit(digits[:180], digit_labels[:180]))


def test_items_keep_the_names_they_were_given(digits: Tensor) -> None:
    ids = torch.arange(20) * 10
    sampler = ClosedFormDiffusion(sigma=0.0, steps=30).fit(digits[:20], ids=ids)
    assert set(sampler.draw(20, seed=0)["tuple_index"].flatten().tolist()) <= set(ids.tolist())
    sampler.remove(list(range(18))).add(digits[:1])
    drawn = sampler.draw(20, seed=0)["tuple_index"].flatten()
    assert set(drawn.tolist()) == {180, 190, 191}


def test_changes_that_cannot_be(digits: Tensor) -> None:
    sampler = ClosedFormDiffusion().fit(digits[:10])
    with pytest.raises(DataError, match="between 0 and 9"):
        sampler.remove([10])
    with pytest.raises(DataError, match="at least two"):
        sampler.remove(list(range(9)))
    with pytest.raises(DataError, match="shape"):
        sampler.add(torch.zeros(2, 3))
    with pytest.raises(DataError, match="fit"):
        ClosedFormDiffusion().remove([0])


def test_what_cannot_be_added_leaves_the_sampler_as_it_was(digits: Tensor) -> None:
    sampler = ClosedFormDiffusion(steps=5).fit(digits[:40])
    before = sampler.draw(4, seed=1)["items"]
    with pytest.raises(DataError, match="not finite"):
        sampler.add(torch.full((1, 8, 8), torch.nan))
    with pytest.raises(DataError, match=r"float64 does not go into"):
        sampler.add(torch.zeros(1, 8, 8, dtype=torch.float64))
    assert torch.equal(sampler.draw(4, seed=1)["items"], before)
    bytes_ = ClosedFormDiffusion(steps=5).fit(digits[:40].to(torch.uint8))
    with pytest.raises(DataError, match="convert"):
        bytes_.add(digits[:2] + 0.5)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (torch.zeros(4, 1, dtype=torch.long), "one for each of 4 items"),
        (torch.zeros(3, dtype=torch.long), "one for each of 4 items"),
        (torch.zeros(4), "must be integers"),
    ],
)
def test_labels_that_are_none(labels: Tensor, message: str) -> None:
    with pytest.raises(DataError, match=message):
        ClosedFormDiffusion().fit(torch.rand(4, 2), labels)
