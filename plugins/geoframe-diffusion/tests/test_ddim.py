"""Guidance, DDIM and inversion on data whose denoiser is a formula."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from geoframe import DataError
from geoframe_diffusion.ddim import EvalAt, calls_of_inversion, descend, invert
from geoframe_diffusion.exact import GaussianDenoiser, Smoothed, posterior_mean
from geoframe_diffusion.guidance import (
    Others,
    no_condition,
    perp_neg,
    predicted_noise,
    unguided_noise,
)
from geoframe_diffusion.schedule import schedule

MEAN, STD = 0.3, 0.5


@pytest.fixture
def gaussian() -> GaussianDenoiser:
    return GaussianDenoiser(torch.full((1, 1, 2, 2), MEAN, dtype=torch.float64), STD)


@pytest.fixture
def classes() -> GaussianDenoiser:
    means = torch.tensor([-0.6, 0.6], dtype=torch.float64).reshape(2, 1, 1, 1)
    return GaussianDenoiser(means, 0.4)


def test_the_noise_of_a_gaussian(gaussian: GaussianDenoiser) -> None:
    noisy, sigma = torch.randn(3, 1, 2, 2, dtype=torch.float64), 1.7
    expected = sigma * (noisy - MEAN) / (STD**2 + sigma**2)
    assert torch.allclose(unguided_noise(gaussian, noisy, sigma), expected, atol=1e-14)
    rows = torch.tensor([0.5, 1.7, 4.0], dtype=torch.float64)
    each = torch.cat([unguided_noise(gaussian, noisy[i : i + 1], float(rows[i])) for i in range(3)])
    assert torch.allclose(unguided_noise(gaussian, noisy, rows), each, atol=1e-14)


def test_inversion_errors_fall_as_the_order_says(gaussian: GaussianDenoiser) -> None:
    """Exact: ``noise = (x - mean) (sqrt(std^2 + sigma^2) / std - 1) / sigma``."""
    clean, top = (
        torch.full((1, 1, 2, 2), 0.9, dtype=torch.float64),
        schedule("scaled-linear").sigma(500),
    )
    exact = (0.9 - MEAN) * (math.sqrt(STD**2 + top**2) / STD - 1) / top

    def error(steps: int, eval_at: EvalAt) -> float:
        rungs = [top * index / steps for index in range(steps + 1)]
        found = invert(
            lambda noisy, sigma: unguided_noise(gaussian, noisy, sigma),
            clean,
            rungs,
            eval_at=eval_at,
        )
        return abs(float((found - clean).mean()) / top - exact)

    for eval_at, order in (("source", 1), ("target", 1), ("midpoint", 2)):
        ratio = error(64, eval_at) / error(128, eval_at)  # type: ignore[arg-type]
        assert ratio > 0.9 * 2**order, eval_at


def test_inversion_and_descent_on_the_same_ladder_meet(gaussian: GaussianDenoiser) -> None:
    def noise_at(noisy: Tensor, sigma: float) -> Tensor:
        return unguided_noise(gaussian, noisy, sigma)

    clean = torch.full((1, 1, 2, 2), 0.9, dtype=torch.float64)
    up = [5 * index / 400 for index in range(401)]
    back = descend(noise_at, invert(noise_at, clean, up), up[:0:-1])
    assert (back - clean).abs().max() < 2e-2
    assert calls_of_inversion(401, "midpoint") == 800
    with pytest.raises(DataError, match="goes up"):
        invert(noise_at, clean, [0.0, 2.0, 1.0])


def test_guidance_follows_the_stated_convention(classes: GaussianDenoiser) -> None:
    noisy, labels = torch.randn(4, 1, 1, 1, dtype=torch.float64), torch.tensor([0, 1, 1, 0])
    none = unguided_noise(classes, noisy, 1.0)
    own = unguided_noise(classes, noisy, 1.0, labels)
    for scale in (0.0, 1.0, 7.5, -2.0):
        guided = predicted_noise(classes, noisy, 1.0, labels, scale=scale)
        assert torch.allclose(guided, none + scale * (own - none), atol=1e-14)
    assert torch.equal(predicted_noise(classes, noisy, 1.0, scale=7.5), none)
    assert torch.equal(none, unguided_noise(classes, noisy, 1.0, no_condition(labels)))
    against = predicted_noise(classes, noisy, 1.0, labels, scale=3.0, negative=1 - labels)
    other = unguided_noise(classes, noisy, 1.0, 1 - labels)
    assert torch.allclose(against, other + 3 * (own - other), atol=1e-14)
    assert no_condition(torch.zeros(2)).isnan().all()


def test_conditions_differ_from_row_to_row(classes: GaussianDenoiser) -> None:
    noisy = torch.randn(3, 1, 1, 1, dtype=torch.float64)
    mixed = classes.denoise(noisy, 0.7, torch.tensor([0, -1, 1]))
    alone = [classes.denoise(noisy[i : i + 1], 0.7, torch.tensor([k])) for i, k in ((0, 0), (2, 1))]
    assert torch.allclose(mixed[[0, 2]], torch.cat(alone))
    assert torch.allclose(mixed[1:2], classes.denoise(noisy[1:2], 0.7))


def test_perp_neg_leaves_what_is_wanted_alone() -> None:
    base, positive, negative = (torch.randn(2, 3, 4, 4, dtype=torch.float64) for _ in range(3))
    plain = base + 5 * (positive - base)
    weights = torch.tensor([[-1.0], [-0.5]], dtype=torch.float64)
    assert torch.allclose(perp_neg(base, positive, [positive], weights, 5.0), plain)
    moved = perp_neg(base, positive, [negative], weights, 5.0) - plain
    along = (moved * (positive - base)).flatten(1).sum(1)
    assert along.abs().max() < 1e-10
    assert moved.abs().max() > 0.1
    with pytest.raises(DataError, match="needs weights"):
        perp_neg(base, positive, [negative], weights[:1], 5.0)


def test_perp_neg_is_one_call() -> None:
    classes = GaussianDenoiser(torch.randn(3, 1, 2, 2, dtype=torch.float64), 0.4)
    noisy, labels = torch.randn(2, 1, 2, 2, dtype=torch.float64), torch.tensor([0, 1])
    others = Others(torch.tensor([[1], [0]]), torch.tensor([[-1.0], [-0.5]], dtype=torch.float64))
    asked: list[int] = []

    class Counted:
        def denoise(self, noisy: Tensor, sigma: Any, condition: Any = None) -> Tensor:
            asked.append(len(noisy))
            return classes.denoise(noisy, sigma, condition)

    found = predicted_noise(Counted(), noisy, 2.0, labels, scale=5.0, others=others)
    assert asked == [6]
    none, own = unguided_noise(classes, noisy, 2.0), unguided_noise(classes, noisy, 2.0, labels)
    apart = unguided_noise(classes, noisy, 2.0, labels.flip(0))
    assert torch.allclose(found, perp_neg(none, own, [apart], others.weights, 5.0))
    one = Others(others.conditions, torch.zeros(2, 1, dtype=torch.float64))
    plain = predicted_noise(classes, noisy, 2.0, labels, scale=5.0)
    assert torch.allclose(
        predicted_noise(classes, noisy, 2.0, labels, scale=5.0, others=one), plain
    )
    assert torch.equal(others.rows(torch.tensor([1])).weights, others.weights[1:])


def test_blocks_and_bandwidth_change_nothing_that_they_should_not() -> None:
    points = torch.randn(20, 5, dtype=torch.float64)
    noisy = torch.randn(4, 5, dtype=torch.float64, requires_grad=True)
    whole = posterior_mean(noisy, 0.8, [(points, None)])
    parts = posterior_mean(noisy, 0.8, [(points[:7], None), (points[7:], None)])
    assert torch.allclose(whole, parts)
    assert torch.autograd.gradcheck(lambda y: posterior_mean(y, 0.8, [(points, None)]), noisy)
    own = points.expand(4, 20, 5)
    assert torch.allclose(whole, posterior_mean(noisy, 0.8, [(own, None)]))
    one = GaussianDenoiser(points.new_zeros(1, 5), 0.0)
    wide = GaussianDenoiser(points.new_zeros(1, 5), 0.6)
    given = noisy.detach()
    assert torch.allclose(Smoothed(one, 0.6).denoise(given, 0.8), wide.denoise(given, 0.8))


def test_a_row_that_a_block_has_nothing_for() -> None:
    points = torch.randn(2, 6, 3, dtype=torch.float64)
    left_out = torch.zeros(1, 6).masked_fill(torch.ones(1, 6).bool(), -torch.inf)
    noisy = torch.randn(1, 3, dtype=torch.float64)
    found = posterior_mean(noisy, 1.0, [(points[0], left_out), (points[1], None)])
    assert torch.allclose(found, posterior_mean(noisy, 1.0, [(points[1], None)]))
