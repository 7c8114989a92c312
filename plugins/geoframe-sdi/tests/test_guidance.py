"""The guidance family against closed forms, and against one another."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor

from geoframe import ConfigError, DataError
from geoframe_cfdm.sampling.sampler import ClosedFormDiffusion
from geoframe_diffusion.ddim import descend, invert
from geoframe_diffusion.exact import GaussianDenoiser, Smoothed
from geoframe_diffusion.guidance import Others, predicted_noise, unguided_noise
from geoframe_diffusion.schedule import scaled_linear
from geoframe_sdi import ScoreDistillation
from geoframe_sdi.guidance.inversion import inverted_noise, residual, rungs
from geoframe_sdi.guidance.rules import RULES

MEAN, STD = 0.3, 0.5


def pull(
    loss: ScoreDistillation, images: Tensor, progress: float, *given: Any, **more: Any
) -> Tensor:
    """Gradient of the summed loss: ``w (first - second)``."""
    leaf = images.clone().requires_grad_()
    loss(leaf, progress, *given, **more).backward()
    assert leaf.grad is not None
    return leaf.grad


def summed(prior: Any, name: Any, **options: Any) -> ScoreDistillation:
    return ScoreDistillation(prior, name, reduction="sum", **options)


def cached_path(prior: Any, start: Tensor, steps: int, scale: float, labels: Tensor) -> Tensor:
    """The images that whole steps of sdi-cached go through, from noise ``start``."""
    views = len(start)
    loss = summed(prior, "sdi-cached", scale=scale, views=views, item_shape=tuple(start.shape[1:]))
    loss.memory.to(start.dtype)
    loss.memory.put("noise", torch.arange(views), start)
    images = torch.zeros_like(start)
    for index in range(steps):
        images = images - pull(loss, images, index / (steps - 1) if steps > 1 else 0.0, labels)
    return images


@pytest.mark.parametrize("scale", [1.0, 7.5])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_cached_sdi_is_ddim(
    digit_prior: ClosedFormDiffusion, scale: float, dtype: torch.dtype
) -> None:
    prior = Smoothed(digit_prior, 0.1)
    labels, steps = torch.tensor([0, 3, 8]), 50
    start = torch.randn(3, 1, 8, 8, generator=torch.Generator().manual_seed(0)).to(dtype)
    found = cached_path(prior, start, steps, scale, labels)
    levels = ScoreDistillation(prior, "sdi-cached", views=3, item_shape=(1, 8, 8)).levels
    sigmas = [levels.schedule.sigma(levels.level(i / (steps - 1))) for i in range(steps)]
    expected = descend(
        lambda noisy, sigma: predicted_noise(prior, noisy, sigma, labels, scale=scale),
        sigmas[0] * start,
        sigmas,
    )
    bound = 3e-5 if dtype == torch.float32 else 1e-12
    assert (found - expected).abs().max() < bound * max(1.0, float(expected.abs().max()))


def test_cached_noise_is_given_up_where_the_image_has_moved(classes: GaussianDenoiser) -> None:
    options: dict[str, Any] = {"scale": 1.0, "views": 2, "item_shape": (1, 2, 2)}
    images, labels = torch.zeros(2, 1, 2, 2, dtype=torch.float64), torch.tensor([0, 1])
    loss = summed(classes, "sdi-cached", **options)
    following = images - pull(loss, images, 0.5, labels)
    assert float(loss.calls) == 1
    same = loss.memory.get("noise", torch.arange(2))[1].clone()
    pull(loss, following, 0.55, labels)
    assert float(loss.calls) == 2
    # One of the two images was changed by somebody else: it is inverted, the other is not.
    loss.memory.put("noise", torch.arange(2), same)
    loss.memory.put("clean", torch.arange(2), following)
    changed = following + torch.tensor([0.5, 0.0], dtype=torch.float64).reshape(2, 1, 1, 1)
    pulled = pull(loss, changed, 0.55, labels)
    assert float(loss.calls) > 4
    sigma = loss.schedule.sigma(loss.levels.level(0.55))
    state = following[1:] + sigma * same[1:]
    noise = predicted_noise(classes, state, sigma, labels[1:], scale=1.0)
    assert torch.allclose(pulled[1:], sigma * (noise - same[1:]))


def test_the_change_of_variables_is_the_ddim_step_of_diffusers(digit_prior: Any) -> None:
    """x0(t - tau) = x0(t) - sigma(t - tau) (eps(x(t - tau)) - eps(x(t))), paper's equation 6."""
    diffusers = pytest.importorskip("diffusers")
    scheduler = diffusers.DDIMScheduler(
        1000,
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        clip_sample=False,
        set_alpha_to_one=False,
    )
    scheduler.set_timesteps(20)
    prior, schedule = Smoothed(digit_prior, 0.1), scaled_linear()
    state = torch.randn(2, 1, 8, 8)
    clean: Tensor | None = None
    noise: Tensor | None = None
    for timestep in scheduler.timesteps:
        sigma = schedule.sigma(int(timestep))
        alpha = schedule.signal(sigma)
        predicted = unguided_noise(prior, state / alpha, sigma)
        step = scheduler.step(predicted, timestep, state)
        if clean is not None and noise is not None:
            clean = clean - sigma * (predicted - noise)
            assert torch.allclose(clean, step.pred_original_sample, atol=3e-5)
        clean, noise, state = step.pred_original_sample, predicted, step.prev_sample


def test_with_drawn_noise_it_is_sds_to_the_bit(gaussian: GaussianDenoiser) -> None:
    images = torch.randn(4, 1, 2, 2, dtype=torch.float64)
    drawn = summed(gaussian, "sdi", true_noise=1.0, t_max=0.98, t_min=0.02, inversion_jitter=0.0)
    plain = summed(gaussian, "sds", timing="linear")
    for progress in (0.3, 0.9):
        torch.manual_seed(5)
        torch.rand(())  # the inversion's jitter, which is 0 here
        expected = pull(plain, images, progress)
        torch.manual_seed(5)
        assert torch.equal(pull(drawn, images, progress), expected)


def test_gradient_of_a_gaussian(gaussian: GaussianDenoiser) -> None:
    """SDS: mean sigma^2 (x - mean) / (s^2 + sigma^2), variance (sigma s^2 / (s^2 + sigma^2))^2."""
    images = torch.full((4000, 1, 2, 2), 0.9, dtype=torch.float64)
    loss = summed(gaussian, "sds", timing="linear")
    sigma = loss.schedule.sigma(loss.levels.level(0.5))
    found = pull(loss, images, 0.5)
    share = sigma**2 / (STD**2 + sigma**2)
    assert float(found.mean()) == pytest.approx(share * 0.6, rel=0.02)
    assert float(found.var()) == pytest.approx((sigma * (share - 1)) ** 2, rel=0.05)
    # SDI is deterministic up to its jitter, and its inverted noise is the exact ODE's.
    steady = summed(gaussian, "sdi", inversion_steps=400, inversion_jitter=0.0)
    level = steady.levels.level(0.5)
    top = steady.schedule.sigma(level)
    pulled = pull(steady, images[:2], 0.5)
    exact = 0.6 * (math.sqrt(STD**2 + top**2) / STD - 1) / top
    state = 0.6 + top * exact
    expected = top * (top * state / (STD**2 + top**2) - exact)
    assert torch.allclose(pulled, torch.full_like(pulled, expected), atol=5e-3)


def test_the_fixed_point_is_no_noise(gaussian: GaussianDenoiser) -> None:
    """Its residual is 0, but at much noise it leaves N(0, 1), where inversion stays."""
    schedule, clean = scaled_linear(), torch.full((1, 1, 2, 2), 0.9, dtype=torch.float64)
    sigma = schedule.sigma(980)

    def noise_at(state: Tensor, at: float) -> Tensor:
        return unguided_noise(gaussian, state, at)

    fixed = torch.full_like(clean, sigma * 0.6 / STD**2)
    assert residual(noise_at, clean, fixed, sigma) < 1e-12
    assert float(fixed.mean()) == pytest.approx(31.3, rel=0.01)
    inverted = inverted_noise(noise_at, clean, rungs(schedule, 980, 500), "midpoint")
    assert float(inverted.mean()) == pytest.approx(1.155, rel=0.01)


def test_ism_is_sdi_with_another_noise(classes: GaussianDenoiser) -> None:
    """The paper's formula with an unconditional inversion and the last interval's noise."""
    images = torch.randn(3, 1, 2, 2, dtype=torch.float64) / 3
    labels, progress = torch.tensor([0, 1, 1]), 0.4
    loss = summed(classes, "ism", timing="linear", t_max=0.5, scale=7.5)
    found = pull(loss, images, progress, labels)
    schedule = loss.schedule
    level = loss.levels.level(progress)
    sigma = schedule.sigma(level)
    below = schedule.sigma(level - (0.1 - 0.05 * progress) * len(schedule))
    ladder = rungs(schedule, schedule.level(below), 5)
    state = images
    for low, high in pairwise(ladder):
        state = state + (high - low) * unguided_noise(classes, state, low)
    interval = unguided_noise(classes, state, below)
    state = state + (sigma - below) * interval
    guided = predicted_noise(classes, state, sigma, labels, scale=7.5)
    assert torch.allclose(found, sigma * (guided - interval), atol=1e-10)
    again = invert(lambda y, s: unguided_noise(classes, y, s), images, ladder, eval_at="source")
    assert torch.allclose(again + (sigma - below) * interval, state)


def test_formulas_of_the_others(classes: GaussianDenoiser) -> None:
    images, labels = torch.zeros(2, 1, 2, 2, dtype=torch.float64), torch.tensor([0, 1])

    def found(name: Any, **options: Any) -> tuple[Tensor, Tensor, float]:
        loss = summed(classes, name, timing="linear", **options)
        torch.manual_seed(1)
        pulled = pull(loss, images, 0.5, labels)
        sigma = loss.schedule.sigma(loss.levels.level(0.5))
        torch.manual_seed(1)
        return pulled, torch.randn_like(images), sigma

    for name, scale in (("csd", 1.0), ("nfsd", 7.5), ("sjc", 3.0), ("hifa", 100.0)):
        pulled, drawn, sigma = found(name, scale=scale)
        state = images + sigma * drawn
        none = unguided_noise(classes, state, sigma)
        own = unguided_noise(classes, state, sigma, labels)
        guided = none + scale * (own - none)
        share = sigma**2 / (1 + sigma**2)
        expected = {
            "csd": sigma * (own - none),
            "nfsd": sigma * scale * (own - none),
            "sjc": guided - drawn,
            "hifa": share * (guided - drawn),
        }[name]
        assert torch.allclose(pulled, expected, atol=1e-9), name
    low = summed(classes, "nfsd", timing="linear", t_max=0.1)
    torch.manual_seed(1)
    pulled = pull(low, images, 0.5, labels)
    sigma = low.schedule.sigma(low.levels.level(0.5))
    torch.manual_seed(1)
    state = images + sigma * torch.randn_like(images)
    none, own = unguided_noise(classes, state, sigma), unguided_noise(classes, state, sigma, labels)
    assert torch.allclose(pulled, sigma * (7.5 * (own - none) + none), atol=1e-9)


def test_less_noise_than_told_and_noise_that_remembers(gaussian: GaussianDenoiser) -> None:
    images = torch.randn(3, 1, 2, 2, dtype=torch.float64)
    less = summed(gaussian, "sds", timing="linear", noise_scale=0.5)
    torch.manual_seed(2)
    found = pull(less, images, 0.5)
    sigma = less.schedule.sigma(less.levels.level(0.5))
    torch.manual_seed(2)
    state = images + 0.5 * sigma * torch.randn_like(images)
    clean = gaussian.denoise(state, sigma)
    assert torch.allclose(found, images - clean, atol=1e-12)
    plain = summed(gaussian, "sds", timing="linear")
    for one, other in ((plain, summed(gaussian, "sds", timing="linear", noise_scale=1.0)),):
        torch.manual_seed(2)
        first = pull(one, images, 0.5)
        torch.manual_seed(2)
        assert torch.equal(first, pull(other, images, 0.5))
    kept = summed(
        gaussian, "sds", timing="linear", noise_memory=0.96, views=2000, item_shape=(1, 2, 2)
    )
    many = torch.zeros(2000, 1, 2, 2, dtype=torch.float64)
    pull(kept, many, 0.5)
    before = kept.memory.get("noise", torch.arange(2000))[1].clone()
    pull(kept, many, 0.5)
    after = kept.memory.get("noise", torch.arange(2000))[1]
    assert float((before * after).mean()) == pytest.approx(0.96, abs=0.05)
    assert float(after.std()) == pytest.approx(1, abs=0.05)


def test_auto_is_what_it_says(gaussian: GaussianDenoiser) -> None:
    scene = ScoreDistillation(gaussian, "auto", coupled=True)
    assert (scene.options.noise_scale, scene.options.noise_memory) == (0.5, 0.0)
    assert (scene.levels.timing, scene.levels.t_min) == ("linear", 0.1)
    image = ScoreDistillation(gaussian, "auto", step=0.1, item_shape=(1, 2, 2))
    assert image.options.noise_scale == 1.0
    assert image.options.noise_memory == pytest.approx(0.98)
    assert image.levels.t_min == 0.02


def test_kept_targets_save_calls(gaussian: GaussianDenoiser) -> None:
    images = torch.zeros(4, 1, 2, 2, dtype=torch.float64)
    options = {"views": 4, "item_shape": (1, 2, 2)}
    loss = summed(gaussian, "sdi", refresh_every=5, **options)
    pulls = [pull(loss, images, index / 20) for index in range(20)]
    whole = summed(gaussian, "sdi", **options)
    for index in range(20):
        pull(whole, images, index / 20)
    assert float(loss.calls) < float(whole.calls) / 4
    assert torch.equal(pulls[0], pulls[4])
    assert not torch.equal(pulls[4], pulls[5])


def _additions_train_alone(prior: Any, digits: tuple[Tensor, Tensor]) -> None:
    """With a rank, the network of vsd is the prior's own weights and what is added to them."""
    loss = ScoreDistillation(prior, "vsd", scale=1.0, particle_rank=2)
    assert loss.particles is not None
    before = [p.clone() for p in prior.parameters()]
    trained = [p for p in loss.particles.parameters() if p.requires_grad]
    assert sum(p.numel() for p in trained) < 0.5 * sum(p.numel() for p in before)
    places = {p.data_ptr() for p in prior.parameters()}
    assert all(p.data_ptr() in places for p in loss.particles.parameters() if not p.requires_grad)
    images, labels = digits[0][:4].clone().requires_grad_(), digits[1][:4]
    optimizer = torch.optim.Adam(trained, lr=0.05)
    for _ in range(3):
        total = loss(images, 0.5, labels)
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
    assert all(torch.equal(p, old) for p, old in zip(prior.parameters(), before, strict=True))
    noisy = torch.randn(4, 1, 8, 8)
    followed = loss.particles.denoiser.denoise(noisy, 1.0, labels)
    assert not torch.allclose(followed, prior.denoise(noisy, 1.0, labels), atol=1e-3)


def test_vsd_follows_the_renders(digits: tuple[Tensor, Tensor]) -> None:
    pytest.importorskip("diffusers")
    from geoframe_diffusion.unet.sampler import SmallUNet

    torch.manual_seed(0)
    prior = SmallUNet(channels=(8, 8), epochs=1).fit(digits[0][:64], digits[1][:64])
    loss = ScoreDistillation(prior, "vsd", scale=1.0)
    images = digits[0][:4].clone().requires_grad_()
    # An untouched copy predicts what the prior does, so nothing pulls yet.
    loss(images, 0.5, digits[1][:4]).backward()
    assert images.grad is not None
    assert images.grad.abs().max() < 1e-5
    trained = list(loss.parameters())
    assert trained
    assert all(p.grad is not None for p in trained if p.requires_grad)
    assert not any(p.requires_grad for p in prior.parameters())
    _additions_train_alone(prior, digits)
    with pytest.raises(ConfigError, match="keeps no targets"):
        ScoreDistillation(prior, "vsd", scale=1.0, refresh_every=2, item_shape=(1, 8, 8))
    # In a scene its network sees the camera: nothing at first, and something once it has learned.
    scene = ScoreDistillation(prior, "vsd", scale=1.0, coupled=True)
    assert scene.particles is not None
    assert scene.particles.poses is not None
    cameras = torch.randn(4, 7)
    scene(images, 0.5, digits[1][:4], cameras=cameras).backward()
    assert scene.particles.poses.last.weight.grad is not None
    noisy, answers = torch.randn(4, 1, 8, 8), []
    for value in (0.0, 0.1):
        torch.nn.init.constant_(scene.particles.poses.last.weight, value)
        for seen in (None, cameras):
            scene.particles.look_from(seen)
            answers.append(scene.particles.denoiser.denoise(noisy, 1.0, digits[1][:4]))
    assert torch.equal(answers[0], answers[1])
    assert torch.equal(answers[0], answers[2])
    assert not torch.allclose(answers[2], answers[3])
    with pytest.raises(ConfigError, match="has no network"):
        ScoreDistillation(GaussianDenoiser(torch.zeros(1, 1, 2, 2), 1.0), "vsd")


def test_perp_neg_reaches_the_gradient() -> None:
    torch.manual_seed(0)
    classes = GaussianDenoiser(torch.randn(3, 1, 2, 2, dtype=torch.float64), 0.4)
    images, labels = torch.randn(2, 1, 2, 2, dtype=torch.float64), torch.tensor([0, 1])
    others = Others(labels.flip(0)[:, None], torch.full((2, 1), -1.0, dtype=torch.float64))
    pulls = []
    for name in ("sds", "sdi"):
        loss = summed(classes, name, timing="linear", scale=5.0)
        for given in (None, others):
            torch.manual_seed(0)
            pulls.append(pull(loss, images, 0.5, labels, others=given))
    assert not torch.allclose(pulls[0], pulls[1])
    assert not torch.allclose(pulls[2], pulls[3])
    kept = summed(classes, "sds", timing="linear", refresh_every=2, views=2, item_shape=(1, 2, 2))
    assert pull(kept, images, 0.5, labels, others=others).isfinite().all()


def test_the_official_code_is_repeated(classes: GaussianDenoiser) -> None:
    images, labels = torch.zeros(2, 1, 2, 2, dtype=torch.float64), torch.tensor([0, 1])
    paper, official = (summed(classes, "sdi", scale=3.0, compat=c) for c in ("none", "threestudio"))
    for loss in (paper, official):
        assert pull(loss, images, 0.5, labels).isfinite().all()
    # At level 600 the fixed grid of hundreds takes 7 steps and one answer.
    fixed = summed(classes, "sdi", compat="threestudio", t_max=0.6, t_min=0.5999)
    pull(fixed, images, 0.5, labels)
    assert float(fixed.calls) == 8


def test_the_inversion_scale_is_chosen_by_residual(classes: GaussianDenoiser) -> None:
    loss = summed(classes, "sdi", scale=5.0, inversion_scale="auto")
    images, labels = torch.randn(8, 1, 2, 2, dtype=torch.float64) / 2, torch.arange(8) % 2
    pull(loss, images, 0.0, labels)
    assert loss.inversion_scale.isnan()
    pull(loss, images, 0.1, labels)
    assert float(loss.inversion_scale) in (-5.0, 0.0, 1.0)


def test_no_gradient_goes_through_the_prior(gaussian: GaussianDenoiser) -> None:
    class Watched:
        def denoise(self, noisy: Tensor, sigma: Any, condition: Any = None) -> Tensor:
            assert not torch.is_grad_enabled()
            assert not noisy.requires_grad
            return gaussian.denoise(noisy, sigma, condition)

    for name, rule in RULES.items():
        if name == "vsd" or rule.conditional:
            continue
        loss = ScoreDistillation(Watched(), name, item_shape=(1, 2, 2))  # type: ignore[arg-type]
        images = torch.zeros(1, 1, 2, 2, requires_grad=True)
        for progress in (0.0, 0.5):
            loss(images, progress).backward()
        assert images.grad is not None


def test_mistakes_are_told(gaussian: GaussianDenoiser) -> None:
    with pytest.raises(ConfigError, match=r"guidance.name: no 'sdx'"):
        ScoreDistillation(gaussian, "sdx")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="must be below"):
        ScoreDistillation(gaussian, "sds", t_max=0.1, t_min=0.5)
    images = torch.zeros(3, 1, 2, 2)
    with pytest.raises(DataError, match="difference of conditions"):
        ScoreDistillation(gaussian, "csd")(images, 0.5)
    with pytest.raises(DataError, match="make it with views = 3"):
        ScoreDistillation(gaussian, "sdi-cached", item_shape=(1, 2, 2))(images, 0.5)
    with pytest.raises(DataError, match="is not finite"):
        ScoreDistillation(gaussian, "sds")(images * torch.nan, 0.5)
