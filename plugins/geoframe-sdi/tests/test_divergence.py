"""Signs that a distillation goes wrong, and what is said against them."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from geoframe_diffusion.exact import GaussianDenoiser
from geoframe_sdi import ScoreDistillation
from geoframe_sdi.divergence import signs_of_divergence

FINE = {"noise_std": 1.0, "saturated": 0.0}
IMAGES = torch.zeros(1, 1, 2, 2)


def signs(name: Any, values: dict[str, float], **options: Any) -> str:
    prior = GaussianDenoiser(torch.zeros(1, 1, 2, 2), 0.5)
    guide = ScoreDistillation(prior, name, scale=1.0, item_shape=(1, 2, 2), **options)
    return "; ".join(sorted(signs_of_divergence({**FINE, **values}, IMAGES, guide)))


def test_inverted_noise_that_is_none_is_told_with_what_is_not_yet_tried() -> None:
    assert signs("sdi", {}) == ""
    told = signs("sdi", {"noise_std": 25.0})
    assert "inversion_scale to 'auto'" in told
    assert "sigma_max" in told
    assert "guidance.scale" not in told  # it is 1
    assert "inversion_scale" not in signs("sdi", {"noise_std": 25.0}, inversion_scale="auto")
    assert "inversion_scale" not in signs("ism", {"noise_std": 0.1})  # which has none


@pytest.mark.parametrize(("name", "options"), [("nfsd", {}), ("sds", {"noise_scale": 0.0})])
def test_methods_that_subtract_no_noise_are_not_suspected(
    name: str, options: dict[str, float]
) -> None:
    assert signs(name, {"noise_std": 0.0}, **options) == ""


def test_saturated_and_empty_views_are_told() -> None:
    assert "saturated" not in signs("sds", {"saturated": 0.9})  # black and white, within range
    assert "empty or full" in signs("sds", {"opacity": 0.001})
    guide = ScoreDistillation(GaussianDenoiser(IMAGES, 0.5), "sds", scale=1.0)
    beyond = signs_of_divergence({**FINE, "saturated": 0.9}, IMAGES + 1.5, guide)
    assert "saturated" in "; ".join(beyond)
    assert "not finite" in "; ".join(signs_of_divergence(FINE, IMAGES / 0, guide))
