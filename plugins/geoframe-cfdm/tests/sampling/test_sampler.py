"""The sampler: what the paper promises, and what we promise."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from geoframe import ConfigError, DataError
from geoframe_cfdm.sampling.sampler import ClosedFormDiffusion


def tuple_means(sampler: ClosedFormDiffusion, drawn: dict[str, Tensor]) -> Tensor:
    """Sum of the training items of each sample, by their shares."""
    items = sampler.collection.flat.float()[drawn["tuple_index"]]
    return (drawn["tuple_weight"][..., None] * items).sum(1)


@pytest.mark.parametrize("engine", ["auto", "dense", "window", "gram", "neighbors"])
def test_the_last_step_is_a_mean_of_training_items(digits: Tensor, engine: str) -> None:
    sampler = ClosedFormDiffusion(engine=engine, steps=30, grid="cosine", perturbations=3)
    drawn = sampler.fit(digits).draw(24, seed=0)
    residual = (drawn["items"].flatten(1) - tuple_means(sampler, drawn)).abs().amax(1)
    exact = drawn["tuple_weight"].sum(1) > 1 - 1e-6
    assert exact.float().mean() > 0.7
    assert residual[exact].max() < 1e-4  # pixels are 0 to 16
    assert torch.allclose(drawn["tuple_weight"][exact], torch.tensor(1 / 3), atol=1e-5)


@pytest.mark.slow
def test_the_last_step_is_a_mean_of_real_photographs(data_folder: Path) -> None:
    with np.load(data_folder / "mnist" / "mnist28.npz") as file:
        data = torch.from_numpy(file["train_x"])
    sampler = ClosedFormDiffusion(steps=40).fit(data[:8000].float())
    drawn = sampler.draw(32, seed=0)
    residual = (drawn["items"].flatten(1) - tuple_means(sampler, drawn)).abs().amax(1)
    assert residual.median() < 1e-4  # of 255
    assert sampler.records.engine_steps()["window-kept"] > 10


def test_no_smoothing_means_memorising(digits: Tensor) -> None:
    drawn = ClosedFormDiffusion(sigma=0.0, steps=50).fit(digits).draw(32, seed=1)
    gaps = torch.cdist(drawn["items"].flatten(1), digits.flatten(1)).amin(1)
    assert gaps.median() < 1e-3
    assert drawn["tuple_index"].shape == (32, 1)


def test_smoothing_makes_new_items(digits: Tensor) -> None:
    drawn = ClosedFormDiffusion(sigma_relative=0.4).fit(digits).draw(32, seed=1)
    gaps = torch.cdist(drawn["items"].flatten(1), digits.flatten(1)).amin(1)
    assert (gaps > 1).float().mean() > 0.9


@pytest.mark.parametrize("noise", ["sample", "shared", "fresh"])
@pytest.mark.parametrize("engine", ["auto", "neighbors"])
def test_items_do_not_depend_on_the_batch_size(digits: Tensor, noise: str, engine: str) -> None:
    options: dict[str, Any] = {"noise": noise, "engine": engine, "steps": 10}
    whole = ClosedFormDiffusion(batch_size=20, **options).fit(digits).draw(20, seed=5)
    parts = ClosedFormDiffusion(batch_size=7, **options).fit(digits)
    cut = torch.cat([parts.draw(n, seed=5, first=first)["items"] for first, n in ((0, 9), (9, 11))])
    torch.testing.assert_close(whole["items"], cut, atol=1e-2, rtol=0)


def test_equal_draws_are_equal_to_the_last_bit(digits: Tensor) -> None:
    sampler = ClosedFormDiffusion(steps=10).fit(digits)
    first, again = sampler.draw(70, seed=5), sampler.draw(70, seed=5)
    for name, value in first.items():
        assert torch.equal(value, again[name])
    assert not torch.equal(first["items"], sampler.draw(70, seed=6)["items"])


def test_engines_draw_the_same_items(clustered: Tensor) -> None:
    options: dict[str, Any] = {"perturbations": 2, "precision": "float32"}

    def drawn(data: Tensor, **changes: Any) -> tuple[Tensor, str]:
        sampler = ClosedFormDiffusion(**options, **changes).fit(data)
        return sampler.draw(16, seed=2)["items"], " ".join(sampler.records.engine_steps())

    few = clustered[:90]
    for data, changes, name in (
        (clustered, {"engine": "auto"}, "window-kept"),
        (clustered, {"memory": 2.0}, "dense-streamed"),
        (few, {"engine": "auto"}, "gram"),
    ):
        expected, _ = drawn(data, engine="dense")
        other, engines = drawn(data, **changes)
        assert name in engines
        same = (other - expected).abs().amax(1) < 1e-3
        assert same.float().mean() >= 0.9  # near ties may go either way


def test_data_on_the_disk_stay_there(tmp_path: Path, clustered: Tensor) -> None:
    np.save(tmp_path / "x.npy", clustered.numpy())
    mapped = torch.from_numpy(np.load(tmp_path / "x.npy", mmap_mode="c"))
    options: dict[str, Any] = {"steps": 5, "grid": "uniform"}
    sampler = ClosedFormDiffusion(memory=1.0, **options).fit(mapped)
    assert sampler.points.all is None
    expected = ClosedFormDiffusion(engine="dense", precision="float32", **options).fit(clustered)
    torch.testing.assert_close(
        sampler.draw(8, seed=0)["items"], expected.draw(8, seed=0)["items"], atol=1e-3, rtol=0
    )


@pytest.mark.parametrize("kind", ["auto", "scale", "feature", "whiten", "none"])
def test_standardising_is_undone(digits: Tensor, kind: str) -> None:
    sampler = ClosedFormDiffusion(standardize=kind, sigma=0.0, steps=40).fit(digits)
    drawn = sampler.draw(16, seed=0)["items"].flatten(1)
    gaps = torch.cdist(drawn, digits.flatten(1)).amin(1)
    assert gaps.median() < 0.05


@pytest.mark.parametrize("grid", ["uniform", "cosine", "posterior"])
@pytest.mark.parametrize("start", [0.0, 0.8])
def test_grids_go_from_start_to_one(digits: Tensor, grid: str, start: float) -> None:
    sampler = ClosedFormDiffusion(grid=grid, start=start, steps=10).fit(digits[:300])
    times = sampler.times
    assert math.isclose(times[0], start, abs_tol=1e-9)
    assert times[-1] == 1.0
    assert all(a < b for a, b in pairwise(times))
    assert sampler.draw(4, seed=0)["items"].isfinite().all()


def test_starting_late_with_little_smoothing_copies(digits: Tensor) -> None:
    sampler = ClosedFormDiffusion(start=0.9, sigma_relative=0.02).fit(digits)
    drawn = sampler.draw(32, seed=0)["items"].flatten(1)
    assert (torch.cdist(drawn, digits.flatten(1)).amin(1) < 0.05).float().mean() > 0.9


def test_whole_numbers_stay_whole(digits: Tensor) -> None:
    drawn = ClosedFormDiffusion(steps=5).fit(digits.to(torch.uint8)).draw(5, seed=0)["items"]
    assert drawn.dtype == torch.uint8
    assert drawn.max() <= 16


def test_antithetic_pairs_cancel(digits: Tensor) -> None:
    sampler = ClosedFormDiffusion(antithetic=True, perturbations=4, steps=5).fit(digits)
    from geoframe_cfdm.sampling.noise import SampleNoise

    drawn = SampleNoise(0, 0, 3, 64, sampler._policy()).perturbations()
    assert drawn is not None
    torch.testing.assert_close(drawn.sum(1), torch.zeros(3, 64), atol=1e-5, rtol=0)


def test_gaussian_start_changes_little(digits: Tensor) -> None:
    options: dict[str, Any] = {"sigma": 0.0, "steps": 40, "grid": "uniform"}
    exact = ClosedFormDiffusion(**options).fit(digits)
    early = ClosedFormDiffusion(gaussian_until=0.05, **options).fit(digits)
    same = (exact.draw(32, seed=0)["items"] - early.draw(32, seed=0)["items"]).abs().amax((1, 2))
    assert (same < 1e-3).float().mean() > 0.7
    assert early.records.engine_steps()["gaussian"] == 2


def test_bf16_keeps_the_tolerance(digits: Tensor) -> None:
    sampler = ClosedFormDiffusion(precision="bf16", sigma=0.0, check_every=1, tolerance=1e-2).fit(
        digits.repeat(1, 2, 2)
    )
    sampler.draw(32, seed=0)
    assert sampler.records.engine_steps().get("dense-bf16", 0) > 0
    assert sampler.records.max_relative_error is not None
    assert sampler.records.max_relative_error < 1e-2


def test_explain_tells_engine_and_reason(digits: Tensor) -> None:
    sampler = ClosedFormDiffusion(steps=4, grid="uniform").fit(digits)
    sampler.draw(3, seed=0)
    rows = sampler.explain()
    assert [row["t"] for row in rows] == [0, 0.25, 0.5, 0.75]
    assert all(row["why"] for row in rows)
    assert sum(sampler.records.engine_steps().values()) == pytest.approx(4)


@pytest.mark.parametrize("shape", [(1, 4), (5,), (5, 0)])
def test_unusable_data_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(DataError, match="at least two items"):
        ClosedFormDiffusion().fit(torch.zeros(shape))


@pytest.mark.parametrize("device", ["tpu", "cuda:99"])
def test_unknown_devices_are_refused(digits: Tensor, device: str) -> None:
    with pytest.raises(ConfigError, match="has no device"):
        ClosedFormDiffusion(device=device).fit(digits)


def test_data_that_are_not_finite_are_refused() -> None:
    data = torch.randn(10, 3)
    data[4, 1] = torch.nan
    with pytest.raises(DataError, match="not finite"):
        ClosedFormDiffusion().fit(data)


def test_equal_items_are_drawn(digits: Tensor) -> None:
    data = digits[:1].repeat(5, 1, 1)
    drawn = ClosedFormDiffusion().fit(data).draw(3, seed=0)["items"]
    torch.testing.assert_close(drawn, data[:3], atol=1e-3, rtol=0)


@pytest.mark.parametrize("kind", ["auto", "feature", "whiten", "none"])
@pytest.mark.parametrize("dtype", [torch.float64, torch.int64])
def test_numbers_that_differ_in_their_last_digits(kind: str, dtype: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(0)
    steps = torch.randint(1000, (200, 2), generator=generator)
    data = (1_700_000_000 + steps).to(dtype)  # seconds, which float32 holds to 128
    sampler = ClosedFormDiffusion(standardize=kind, sigma=0.0, steps=40).fit(data)
    assert torch.equal(data, (1_700_000_000 + steps).to(dtype))  # they are the user's
    drawn = sampler.draw(20, seed=0)
    assert drawn["items"].dtype == dtype
    gaps = torch.cdist(drawn["items"].double() - 1.7e9, steps.double()).amin(1)
    assert gaps.median() < 1
    assert torch.allclose(
        sampler.log_density(data),
        ClosedFormDiffusion(standardize=kind).fit(steps.float()).log_density(steps.float()),
        atol=1e-3,
    )


def test_numbers_without_end() -> None:
    huge = 1e200 * torch.randn(10, 3, dtype=torch.float64)
    for kind in ("scale", "whiten"):
        with pytest.raises(DataError, match="too large to be squared"):
            ClosedFormDiffusion(standardize=kind).fit(huge)
    with pytest.raises(DataError, match="not finite"):
        ClosedFormDiffusion().fit(torch.full((3, 2), torch.inf))


def test_gram_needs_memory(digits: Tensor) -> None:
    sampler = ClosedFormDiffusion(engine="gram", memory=0.1).fit(digits[:100].repeat(4, 1, 1))
    with pytest.raises(ConfigError, match=r"raise sampler\.memory"):
        sampler.draw(1, seed=0)
