"""Noise levels against the published ones and against diffusers."""

from __future__ import annotations

import math

import pytest
import torch

from geoframe import ConfigError
from geoframe_diffusion.schedule import SCHEDULES, Schedule, by_row, schedule


@pytest.mark.parametrize("name", SCHEDULES)
def test_levels_and_sigmas_are_inverse(name: str) -> None:
    made = schedule(name)
    for level in (0, 1, 250, 999):
        assert made.level(made.sigma(level)) == level
    assert made.level(made.sigma(417.25)) == pytest.approx(417.25, abs=1e-6)
    assert made.level(1e-9) == 0
    assert made.level(1e9) == len(made) - 1
    assert made.sigma(-3) == made.sigma(0)


def test_sigmas_are_the_published_ones() -> None:
    stable, linear = schedule("scaled-linear"), schedule("ddpm-linear")
    for level, sigma in {
        100: 0.344,
        250: 0.696,
        500: 1.62,
        800: 5.11,
        980: 13.0,
        999: 14.6,
    }.items():
        assert stable.sigma(level) == pytest.approx(sigma, rel=6e-3)
    for level, sigma in {100: 0.342, 500: 3.44, 730: 15.0, 980: 130, 999: 157}.items():
        assert linear.sigma(level) == pytest.approx(sigma, rel=6e-3)
    edm = schedule("edm")
    assert (edm.sigma(0), edm.sigma(999)) == (pytest.approx(0.002), pytest.approx(80.0))


def test_they_are_those_of_diffusers() -> None:
    diffusers = pytest.importorskip("diffusers")
    for name, kind in (
        ("ddpm-linear", "linear"),
        ("scaled-linear", "scaled_linear"),
        ("cosine", "squaredcos_cap_v2"),
    ):
        beta = {"beta_start": 0.00085, "beta_end": 0.012} if kind == "scaled_linear" else {}
        products = diffusers.DDIMScheduler(1000, beta_schedule=kind, **beta).alphas_cumprod.double()
        theirs = ((1 - products) / products).sqrt()
        ours = torch.tensor(schedule(name).sigmas, dtype=torch.float64)
        error = (ours / theirs).log().abs()
        # diffusers rounds to float32; only cosine's last levels, of no signal at all, lose digits
        assert error[:950].max() < 5e-4


def test_the_state_of_each_family() -> None:
    for name, expected in (("cosine", 1 / math.sqrt(10)), ("flow", 0.25), ("edm", 1.0)):
        assert schedule(name).signal(3.0) == pytest.approx(expected)
        assert schedule(name).signal(torch.tensor([3.0]))[0] == pytest.approx(expected)


def test_a_ladder_is_even_in_level() -> None:
    made = schedule("scaled-linear")
    rungs = made.ladder(5, made.sigma(900), made.sigma(100))
    assert [made.level(sigma) for sigma in rungs] == [900, 700, 500, 300, 100]
    assert made.ladder(1, 2.0, 1.0) == [pytest.approx(2.0)]


def test_mistakes_are_told() -> None:
    with pytest.raises(ConfigError, match="did you mean 'cosine'"):
        schedule("cosin")
    with pytest.raises(ConfigError, match="must rise"):
        Schedule("own", (1.0, 0.5), "flow")


def test_one_sigma_for_each_row() -> None:
    states = torch.ones(2, 3, 4)
    assert (by_row(torch.tensor([2.0, 5.0]), states) * states)[1].unique().item() == 5
    assert by_row(2.0, states) == 2.0
