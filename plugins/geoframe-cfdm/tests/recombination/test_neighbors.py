"""Neighbour lists by a tree beside those by all products."""

from __future__ import annotations

import pytest
import torch

from geoframe_cfdm.engines.points import Points
from geoframe_cfdm.recombination import neighbors
from geoframe_cfdm.recombination.neighbors import neighbors_of
from geoframe_cfdm.sampling.standardize import fit_standardizer


@pytest.mark.parametrize("k", [1, 6])
def test_a_tree_finds_the_same_neighbours(monkeypatch: pytest.MonkeyPatch, k: int) -> None:
    data = torch.randn(400, 4, generator=torch.Generator().manual_seed(0))
    data[:20] = data[20:40]
    data[50:60] = data[50]
    points = Points(data, fit_standardizer(data, "none"))
    plain = neighbors_of(points, k)
    monkeypatch.setattr(neighbors, "TREE_FROM", 400)
    found = neighbors_of(points, k)
    torch.testing.assert_close(found.distance, plain.distance, atol=2e-3, rtol=1e-4)
    own = (data[found.index] - data[:, None]).norm(dim=2)
    torch.testing.assert_close(own, found.distance)
    alone = 100 + (plain.index[100:] >= 100).all(1).nonzero()[:, 0]  # without equal points
    assert len(alone) > 50
    assert torch.equal(found.index[alone], plain.index[alone])
    assert not (found.index == torch.arange(400)[:, None]).any()
    assert found.index.dtype == plain.index.dtype
    assert found.distance.dtype == plain.distance.dtype
