"""What is chosen for which data."""

from __future__ import annotations

import torch
from torch import Tensor

from geoframe import Provenance, capability
from geoframe_cfdm.recombination.auto import AutoSampler
from geoframe_cfdm.sampling.sampler import ClosedFormDiffusion


def test_data_decide(digits: Tensor) -> None:
    chosen = {
        "images": digits[:80],
        "rows": torch.randn(80, 5),
        "other": torch.randn(20, 2, 3, 4),
    }
    found = {name: type(AutoSampler().fit(data).chosen).__name__ for name, data in chosen.items()}
    assert found == {
        "images": "NeighborMosaic",
        "rows": "LocalCopula",
        "other": "ClosedFormDiffusion",
    }


def test_the_closed_form_gets_smoothing_that_does_not_copy() -> None:
    dense = torch.randn(150, 12, 1, generator=torch.Generator().manual_seed(0))
    chosen = AutoSampler().fit(dense).chosen
    assert isinstance(chosen, ClosedFormDiffusion)
    assert chosen.options.sigma_relative >= 1  # 47 % are duplicates with 0.25


def test_it_tells_and_forgets(digits: Tensor) -> None:
    sampler = AutoSampler().fit(digits[:60], torch.arange(60) + 100)
    told = capability(sampler, Provenance)
    assert told is not None
    index, share = told.provenance(sampler.remove([0]).draw(6, seed=0))
    assert int(index.min()) > 100
    torch.testing.assert_close(share.sum(1), torch.ones(6))
