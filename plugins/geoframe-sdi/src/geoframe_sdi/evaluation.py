"""What a run measures: distilled views against the prior's own images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import torch
from torch import Tensor

from geoframe import Embedder, Training
from geoframe.capabilities import capability
from geoframe_cfdm.metrics import kernel_distance
from geoframe_diffusion.ddim import descend
from geoframe_diffusion.guidance import predicted_noise
from geoframe_sdi.classifier import SmallClassifier, train_classifier
from geoframe_sdi.fit import Setting, conditions_of
from geoframe_sdi.guidance.loss import ScoreDistillation
from geoframe_sdi.measures import agreement, diversity, high_frequency, psnr, saturation
from geoframe_sdi.objective import DistillationObjective
from geoframe_sdi.priors.capabilities import HasModes
from geoframe_sdi.scenes.cameras import turntable

Value = float | int | str | None
DDIM_STEPS = 50
TEST_ELEVATION = 15.0
GRADIENT_AT = 0.5
"""Progress at which the gradient's variance is measured."""


@attrs.frozen(kw_only=True, eq=False)
class Reference:
    """What the prior's own images are like."""

    cameras: Tensor
    """Rows of the views that are measured ``(m, k)``."""
    conditions: Tensor | None
    ddim: Tensor | None
    """Images that DDIM draws under the conditions ``(r, c, h, w)``."""
    modes: Tensor | None
    """Every image that the prior knows for each camera ``(m, modes, c, h, w)``."""
    real_power: float | None
    """Power of high frequencies of real images."""
    ddim_power: float | None
    classifier: SmallClassifier | None


def reference(setting: Setting) -> Reference:
    """Measure what distilled views are compared with, all but the prior's samples."""
    config = setting.config
    cameras, conditions = setting.cameras, setting.conditions
    if not setting.flat:
        cameras = test_cameras(setting)
        conditions, _ = conditions_of(config, setting.sampler, setting.images, cameras)
    known = capability(setting.sampler, HasModes)
    modes = None if known is None else known.renders(cameras)
    real = None
    if modes is not None:
        real = high_frequency(modes.flatten(0, 1))
    elif setting.images is not None:
        real = high_frequency(setting.images.data)
    classifier = None
    images = setting.images
    if config.evaluation.classifier and images is not None and images.labels is not None:
        classifier = train_classifier(images.data, images.labels, config.seed)
    return Reference(
        cameras=cameras,
        conditions=conditions,
        ddim=None,
        modes=modes,
        real_power=real,
        ddim_power=None,
        classifier=classifier,
    )


def with_samples(known: Reference, setting: Setting, loss: ScoreDistillation) -> Reference:
    """Add samples that DDIM draws from the prior at the guidance scale of a loss."""
    if not setting.config.evaluation.reference:
        return known
    ddim = _drawn(setting, loss, known.conditions)
    return attrs.evolve(known, ddim=ddim, ddim_power=high_frequency(ddim))


def test_cameras(setting: Setting) -> Tensor:
    """Cameras around the scene that training did not see."""
    options = setting.config.cameras
    return turntable(
        setting.config.evaluation.cameras,
        elevation=min(max(TEST_ELEVATION, options.elevation[0]), options.elevation[1]),
        distance=sum(options.distance) / 2,
        field_of_view=sum(options.field_of_view) / 2,
    )


@torch.no_grad()
def _drawn(setting: Setting, loss: ScoreDistillation, conditions: Tensor | None) -> Tensor:
    count = setting.config.evaluation.reference
    chosen = None
    if conditions is not None:
        chosen = conditions[torch.arange(count) % len(conditions)]
    sigmas = loss.schedule.ladder(
        DDIM_STEPS, loss.schedule.sigma(loss.levels.highest), loss.schedule.sigmas[0]
    )
    generator = torch.Generator().manual_seed(setting.config.seed)
    start = sigmas[0] * torch.randn(count, *setting.item_shape, generator=generator)
    scale = loss.scale
    clean = descend(
        lambda noisy, sigma: predicted_noise(setting.prior, noisy, sigma, chosen, scale=scale),
        start,
        sigmas,
    )
    decode = getattr(setting.prior, "decode", None)
    return clean if decode is None else decode(clean)


@torch.no_grad()
def rendered(scene: Embedder, cameras: Tensor, shape: tuple[int, int, int]) -> Tensor:
    """Views of a scene ``(n, c, h, w)``, a few at a time, in eval mode."""
    parts = [scene.eval()(part) for part in torch.split(cameras, 8)]
    return torch.cat(parts).reshape(-1, *shape)


def measure(
    setting: Setting,
    objective: DistillationObjective,
    training: Training,
    known: Reference,
) -> tuple[dict[str, Value], Tensor]:
    """Measure one distilled scene -> metrics by name, and the views they are of."""
    views = rendered(objective.scene, known.cameras, setting.shape)
    loss = objective.guidance
    steps = max(1, training.steps)
    found: dict[str, Value] = {
        "steps": training.steps,
        "seconds": training.seconds,
        "prior_calls": round(float(loss.calls), 2),
        "prior_calls_per_step": round(float(loss.calls) / steps, 3),
    }
    found |= of_images(setting, views, known) | _of_the_gradient(setting, objective)
    return found, views


def measure_samples(setting: Setting, known: Reference) -> dict[str, Value]:
    """Measure DDIM's samples of the prior as if they were views; empty if there are none.

    They are of no scene: each is drawn for itself.
    """
    if known.ddim is None:
        return {}
    rows = torch.arange(len(known.ddim)) % len(known.cameras)
    alike = attrs.evolve(
        known,
        conditions=None if known.conditions is None else known.conditions[rows],
        modes=None if known.modes is None else known.modes[rows],
    )
    return {"prior_calls": DDIM_STEPS, **of_images(setting, known.ddim, alike)}


def of_images(setting: Setting, views: Tensor, known: Reference) -> dict[str, Value]:
    """Measures of images ``(n, c, h, w)``, one for each condition of ``known``."""
    power = high_frequency(views)
    found: dict[str, Value] = {
        "high_frequency_ratio": None if not known.real_power else power / known.real_power,
        "high_frequency_ratio_ddim": (
            None
            if not (known.real_power and known.ddim_power)
            else known.ddim_power / known.real_power
        ),
        # A scene's views cannot have what the samples have of the prior's own noise.
        "high_frequency_gap": _gap(power, known) if setting.flat else None,
        "saturation": saturation(views),
        "diversity": diversity(views, known.conditions) if setting.flat else None,
    }
    return found | _against_modes(views, known) | _by_classifier(setting, views, known)


def _gap(power: float, known: Reference) -> float | None:
    """Distance of the high-frequency ratio to that of DDIM from the same prior."""
    if not (known.real_power and known.ddim_power):
        return None
    return abs(power - known.ddim_power) / known.real_power


def _against_modes(views: Tensor, known: Reference) -> dict[str, Value]:
    """Distance to the nearest image that the prior knows for each camera."""
    if known.modes is None:
        return {}
    each = psnr(known.modes, views[:, None])
    best = each.max(1)
    return {
        "psnr_nearest_mode": float(best.values.mean()),
        "mode_agreement": agreement(best.indices),
        "mode": int(torch.bincount(best.indices).argmax()),
    }


def _by_classifier(setting: Setting, views: Tensor, known: Reference) -> dict[str, Value]:
    if known.classifier is None or known.conditions is None or setting.images is None:
        return {}
    real = setting.images.data
    assert setting.images.labels is not None
    chosen = torch.isin(setting.images.labels, known.conditions.unique())
    ours, theirs = known.classifier.features(views), known.classifier.features(real[chosen])
    scale = theirs.square().mean().sqrt().clamp_min(1e-9)
    ours, theirs = ours / scale, theirs / scale
    found: dict[str, Value] = {
        "classifier_accuracy": known.classifier.accuracy(views, known.conditions),
        "kid_classifier": kernel_distance(ours, theirs) if len(ours) > 1 else None,
    }
    if known.ddim is not None:
        labels = known.conditions[torch.arange(len(known.ddim)) % len(known.conditions)]
        found["classifier_accuracy_ddim"] = known.classifier.accuracy(known.ddim, labels)
    return found


def _of_the_gradient(setting: Setting, objective: DistillationObjective) -> dict[str, Value]:
    """Variance of the gradient over its draws, over its squared mean, at fixed images."""
    draws = setting.config.evaluation.gradient
    if not draws:
        return {}
    rows = torch.arange(min(8, len(objective.cameras)))
    fresh = loss_like(objective.guidance)
    images = rendered(objective.scene, objective.cameras[rows], setting.shape)
    encode = getattr(setting.prior, "encode", None)
    with torch.no_grad():
        seen = images if encode is None else encode(images)
        condition = None if objective.conditions is None else objective.conditions[rows]
        others = objective.others(rows)
        pulls = torch.stack(
            [
                seen - fresh.step(seen, GRADIENT_AT, condition, None, rows, others=others)
                for _ in range(draws)
            ]
        )
    mean = pulls.mean(0)
    found: dict[str, Value] = {
        "gradient_variance_ratio": float(pulls.var(0).mean() / mean.square().mean()),
        "noise_std": fresh.last["noise_std"],
        "noise_residual": fresh.last["residual"],
    }
    return found


def loss_like(loss: ScoreDistillation) -> ScoreDistillation:
    """A loss with the same options that has seen nothing and whose level is fixed by progress."""
    options = attrs.asdict(loss.config) | {"refresh_every": 1, "timing": "linear"}
    return ScoreDistillation(
        loss.prior,
        views=loss.views,
        item_shape=loss.item_shape,
        schedule=loss.schedule,
        coupled=loss.coupled,
        **options,
    )


def summary(metrics: Mapping[str, Any]) -> str:
    """One sentence on how a distillation went."""
    parts = []
    if metrics.get("psnr_nearest_mode") is not None:
        parts.append(
            f"{metrics['psnr_nearest_mode']:.1f} dB from the nearest image of the prior on unseen "
            f"cameras, {metrics['mode_agreement']:.0%} of the views on one mode"
        )
    ratio, wanted = metrics["high_frequency_ratio"], metrics["high_frequency_ratio_ddim"]
    if ratio is not None:
        beside = "" if wanted is None else f" (DDIM from the same prior: {wanted:.2f})"
        parts.append(f"{ratio:.2f} of real images' power at high frequencies{beside}")
    if metrics.get("classifier_accuracy") is not None:
        parts.append(f"{metrics['classifier_accuracy']:.0%} recognised as their class")
    return "; ".join(parts) or "nothing to compare with"
