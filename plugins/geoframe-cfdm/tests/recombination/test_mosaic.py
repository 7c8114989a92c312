"""Mosaics of near images."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from geoframe import DataError
from geoframe_cfdm.recombination.fields import GaussianFields
from geoframe_cfdm.recombination.mosaic import NeighborMosaic
from geoframe_cfdm.recombination.neighbors import Neighbors, balanced_neighbors
from geoframe_diffusion.noise import generator_of


@pytest.fixture(scope="module")
def fitted(digits: Tensor) -> NeighborMosaic:
    return NeighborMosaic(neighbors=4).fit(digits[:300])


def test_without_contrast_each_pixel_is_a_convex_mean_of_its_members(digits: Tensor) -> None:
    sampler = NeighborMosaic(neighbors=4, contrast=False).fit(digits[:300])
    drawn = sampler.draw(20, seed=0)
    members = digits[:300][drawn["tuple_index"]]
    assert (drawn["items"] <= members.amax(1) + 1e-4).all()
    assert (drawn["items"] >= members.amin(1) - 1e-4).all()
    torch.testing.assert_close(drawn["tuple_weight"].sum(1), torch.ones(20))


def test_samples_do_not_depend_on_where_a_stream_is_cut(fitted: NeighborMosaic) -> None:
    whole = fitted.draw(30, seed=1)
    parts = [fitted.draw(10, seed=1, first=first) for first in (0, 10, 20)]
    for name in ("tuple_index", "redrawn"):
        assert torch.equal(whole[name], torch.cat([part[name] for part in parts]))
    torch.testing.assert_close(whole["items"], torch.cat([part["items"] for part in parts]))


def test_duplicates_are_drawn_again_and_told(digits: Tensor) -> None:
    strict, free = (
        NeighborMosaic(neighbors=1, length=1.0, temperature=0.2, seams=0, redraws=redraws).fit(
            digits[:300]
        )
        for redraws in (8, 0)
    )
    drawn, raw = strict.draw(200, seed=0), free.draw(200, seed=0)
    assert not raw["redrawn"].any()
    low = strict.neighbors.low
    flat = digits[:300].flatten(1)
    gaps = [
        torch.cdist(
            strict.points.standardizer.forward(each["items"].flatten(1)),
            strict.points.standardizer.forward(flat),
        ).amin(1)
        for each in (raw, drawn)
    ]
    assert (gaps[0] < 0.999 * low).any()
    assert not (gaps[1] < 0.999 * low)[drawn["redrawn"] < 8].any()
    assert (gaps[1] < low).sum() < (gaps[0] < low).sum()
    again = drawn["redrawn"] > 0
    assert torch.equal(raw["items"][~again], drawn["items"][~again])
    assert strict.explain()[0]["redrawn"] == pytest.approx(again.double().mean())


def test_forgetting_is_never_having_seen(digits: Tensor) -> None:
    ids = torch.arange(100, 300)
    forgetful = NeighborMosaic().fit(digits[100:300], ids).remove([3, 17])
    kept = torch.ones(200, dtype=torch.bool)
    kept[[3, 17]] = False
    other = NeighborMosaic().fit(digits[100:300][kept], ids[kept])
    first, second = (each.draw(12, seed=4) for each in (forgetful, other))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.isin(first["tuple_index"], torch.tensor([103, 117])).any()


def test_auto_is_as_far_from_the_images_as_they_from_one_another(digits: Tensor) -> None:
    sampler = NeighborMosaic().fit(digits[:500])
    assert sampler.explain()[0]["neighbors"] in (2, 3, 4, 6, 8, 12, 16)
    drawn = sampler.draw(200, seed=0)
    assert (drawn["redrawn"] > 0).double().mean() < 0.05


def test_colours_and_whole_numbers_stay() -> None:
    images = torch.randint(0, 255, (40, 9, 12, 4), dtype=torch.uint8)
    drawn = NeighborMosaic(neighbors=2).fit(images).draw(3, seed=0)["items"]
    assert drawn.shape == (3, 9, 12, 4)
    assert drawn.dtype == torch.uint8


def test_rows_are_refused_with_the_remedy() -> None:
    with pytest.raises(DataError, match="local-copula"):
        NeighborMosaic().fit(torch.randn(20, 5))


def test_a_balanced_graph_has_no_hubs() -> None:
    points = torch.randn(200, 60, generator=torch.Generator().manual_seed(0))
    points[0] = 0  # the middle is near to all
    distance, index = torch.cdist(points, points).sort(1)
    found = Neighbors(distance=distance[:, 1:61], index=index[:, 1:61])
    plain, balanced = found.index[:, :3], balanced_neighbors(found, 3)
    assert plain.reshape(-1).bincount(minlength=200)[0] > 30
    assert balanced.reshape(-1).bincount(minlength=200).max() <= 6
    assert all(len(set(row)) == 3 for row in balanced.tolist())
    assert not (balanced == torch.arange(200)[:, None]).any()


def test_fields_have_unit_variance_and_their_length() -> None:
    fields = GaussianFields((12, 20), 0.15)
    drawn = fields.draw(4, [generator_of(0, k) for k in range(800)]).flatten(0, 1)
    torch.testing.assert_close(drawn.var(0), torch.ones(12, 20), atol=0.12, rtol=0)
    lagged = (drawn[:, :, 3:] * drawn[:, :, :-3]).mean()
    assert float(lagged) == pytest.approx(float(torch.tensor(-0.5).exp()), abs=0.05)
