"""Labels and known parts."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from geoframe import DataError
from geoframe_cfdm.sampling.condition import Condition
from geoframe_cfdm.sampling.sampler import ClosedFormDiffusion


def test_a_label_draws_from_its_items(digits: Tensor, digit_labels: Tensor) -> None:
    sampler = ClosedFormDiffusion().fit(digits, digit_labels)
    drawn = sampler.draw(20, seed=0, condition=Condition(label=3))
    assert (digit_labels[drawn["tuple_index"]] == 3).all()
    free = sampler.draw(20, seed=0)
    assert not (digit_labels[free["tuple_index"]] == 3).all()


def test_inpainting_keeps_the_known_part_and_fits_the_rest(digits: Tensor) -> None:
    sampler = ClosedFormDiffusion(sigma_relative=0.1).fit(digits[:1700])
    mask = torch.zeros(8, 8, dtype=torch.bool)
    mask[:, :5] = True
    errors, guesses = [], []
    for item in digits[1700:1710]:
        drawn = sampler.draw(8, seed=0, condition=Condition(known=item, mask=mask))["items"]
        torch.testing.assert_close(drawn[:, mask], item[mask].expand(8, -1))
        errors.append((drawn.mean(0) - item)[~mask].square().mean())
        guesses.append((digits[:1700].mean(0) - item)[~mask].square().mean())
    assert torch.stack(errors).mean() < 0.7 * torch.stack(guesses).mean()


def test_inpainting_follows_bayes_rule() -> None:
    data = torch.tensor([[0.0, -1.0], [0.0, 1.0], [3.0, 5.0]])
    sampler = ClosedFormDiffusion(sigma=0.0, steps=60).fit(data)
    mask = torch.tensor([True, False])
    condition = Condition(known=torch.tensor([0.0, 9.0]), mask=mask, tolerance=0.1)
    drawn = sampler.draw(400, seed=0, condition=condition)["items"][:, 1]
    assert drawn.abs().sub(1).abs().max() < 0.1
    assert 0.4 < (drawn > 0).float().mean() < 0.6


def test_weights_choose_among_items() -> None:
    data = torch.tensor([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0]])
    weights = torch.tensor([0.75, 0.0, 0.25]).log()
    sampler = ClosedFormDiffusion(sigma=0.0, steps=60).fit(data)
    drawn = sampler.condition_on(Condition(log_weights=weights)).draw(400, seed=0)
    found = torch.cdist(drawn["items"], data).argmin(1).bincount(minlength=3) / 400
    torch.testing.assert_close(found, weights.exp(), atol=0.07, rtol=0)
    assert found[1] == 0
    free = sampler.condition_on(None).draw(100, seed=0)["items"]
    assert (torch.cdist(free, data).argmin(1) == 1).any()


def test_conditions_that_cannot_be(digits: Tensor, digit_labels: Tensor) -> None:
    with pytest.raises(DataError, match="no labels"):
        ClosedFormDiffusion().fit(digits).draw(1, seed=0, condition=Condition(label=1))
    sampler = ClosedFormDiffusion().fit(digits, digit_labels)
    nan = torch.full((len(digits),), torch.nan)
    with pytest.raises(DataError, match="label 77 has 0 items"):
        sampler.draw(1, seed=0, condition=Condition(label=77))
    with pytest.raises(DataError, match="both"):
        Condition(known=digits[0])
    for weights, message in ((torch.zeros(3), "one number for each"), (nan, "must be numbers")):
        with pytest.raises(DataError, match=message):
            sampler.draw(1, seed=0, condition=Condition(log_weights=weights))
    out = Condition(log_weights=torch.full((len(digits),), -torch.inf))
    with pytest.raises(DataError, match="leaves no training item"):
        sampler.draw(1, seed=0, condition=out)
    nothing = Condition(known=digits[0], mask=torch.zeros(8, 8, dtype=torch.bool))
    with pytest.raises(DataError, match="no coordinate"):
        sampler.draw(1, seed=0, condition=nothing)


def test_conditions_that_are_none(digits: Tensor) -> None:
    for mask in (torch.ones(8, 8), torch.arange(64).reshape(8, 8)):
        with pytest.raises(DataError, match="mask must be booleans"):
            Condition(known=digits[0], mask=mask)
    with pytest.raises(DataError, match="tolerance must be above 0"):
        Condition(tolerance=0.0)
