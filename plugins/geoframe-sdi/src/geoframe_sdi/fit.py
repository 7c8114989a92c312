"""From a config to a prior, a scene and the training of it."""

from __future__ import annotations

import inspect
import math
from typing import TYPE_CHECKING, Any

import attrs
import torch
from torch import Tensor

from geoframe import ConfigError, Embedder, Sampler, Training
from geoframe.capabilities import Denoises, capability
from geoframe.run.directory import Run
from geoframe.run.execute import seed_everything
from geoframe_diffusion.exact import Smoothed
from geoframe_diffusion.guidance import Others, predicted_noise
from geoframe_diffusion.noise import generator_of
from geoframe_sdi.config import SDIConfig
from geoframe_sdi.data import Images, label_numbers, load
from geoframe_sdi.guidance.config import GuidanceConfig
from geoframe_sdi.guidance.loss import AUTO_STEP, ScoreDistillation
from geoframe_sdi.objective import DistillationObjective
from geoframe_sdi.priors.capabilities import TrainedInRun, ViewConditioned
from geoframe_sdi.scenes.base import StartsFrom
from geoframe_sdi.scenes.cameras import COLUMNS, random_orbit, read_transforms
from geoframe_sdi.scenes.views import perp_neg_views, view_numbers

if TYPE_CHECKING:
    from collections.abc import Mapping

PRIOR = "prior"
"""Name of the prior's part of a run, and of its tensors."""


@attrs.frozen(kw_only=True, eq=False)
class Setting:
    """All that a distillation needs besides the scene."""

    config: SDIConfig
    prior: Denoises
    sampler: Sampler
    """The component that the prior was built from."""
    images: Images | None
    cameras: Tensor
    """Rows ``(n, k)``."""
    conditions: Tensor | None
    others: Others | None
    """Other views' conditions, for Perp-Neg."""
    shape: tuple[int, int, int]
    """Channels, height and width of a render."""
    flat: bool
    """Whether the scene is images, each a view of its own."""
    facts: Mapping[str, float]
    """What fitting the prior reported."""

    @property
    def item_shape(self) -> tuple[int, ...]:
        """Shape of what the prior denoises."""
        return self.sampler.item_shape


def prepare(config: SDIConfig, run: Run, *, restore: bool = False) -> Setting:
    """Build the prior and say what is distilled from where.

    Raises
    ------
    DataError
        If data or conditions cannot be used.
    ConfigError
        If the prior cannot denoise, or a file is given that nothing would read.
    """
    sampler: Sampler = config.prior.build()
    prior = capability(sampler, Denoises)
    if prior is None:
        raise ConfigError(
            [f"prior.name: '{config.prior.name}' does not denoise; geoframe list samplers"]
        )
    needs_data = not _is_ready(sampler)
    flat = issubclass(config.scene.spec.load(), StartsFrom)
    if not restore:
        _refuse_unused_files(config, needs_data=needs_data, flat=flat)
    images = load(config.data) if needs_data else None
    if images is not None and not restore:
        run.record(data={"images": len(images.data), "sha256": images.sha256})
    facts = _fit_prior(config, sampler, images, run)
    if config.sdi.bandwidth:
        prior = Smoothed(prior, config.sdi.bandwidth)
    # The same numbers from here on, whether the prior was trained now or taken from the run.
    seed_everything(config.seed)
    seen = getattr(sampler, "image_shape", sampler.item_shape)
    shape = (int(seen[0]), int(seen[1]), int(seen[2]))
    cameras = _cameras(config, flat)
    conditions, others = conditions_of(config, sampler, images, cameras)
    return Setting(
        config=config,
        prior=prior,
        sampler=sampler,
        images=images,
        cameras=cameras,
        conditions=conditions,
        others=others,
        shape=shape,
        flat=flat,
        facts=facts,
    )


def _refuse_unused_files(config: SDIConfig, *, needs_data: bool, flat: bool) -> None:
    if config.data.path is not None and not needs_data:
        raise ConfigError(
            [f"data.path: has no say, for the prior '{config.prior.name}' needs no images"]
        )
    if config.cameras.path is not None and flat:
        raise ConfigError(
            [f"cameras.path: has no say, for the scene '{config.scene.name}' is seen by no camera"]
        )


def _is_ready(sampler: Sampler) -> bool:
    """Whether the prior knows its items without any data."""
    try:
        return bool(sampler.item_shape)
    except Exception:  # each sampler says in its own way that fit comes first
        return False


def _fit_prior(
    config: SDIConfig, sampler: Sampler, images: Images | None, run: Run
) -> dict[str, float]:
    if images is None:
        return {}
    trains = capability(sampler, TrainedInRun)
    if trains is None:
        fit: Any = sampler.fit
        if images.labels is None or "labels" not in inspect.signature(fit).parameters:
            fit(images.data)
        else:
            fit(images.data, images.labels)
        return {}
    if (run.path / f"{PRIOR}.safetensors").exists():
        sampler.restore(run.read_tensors(PRIOR))
        return {}
    trainer = config.prior_trainer.build()
    facts = trains.train_with(trainer, images.data, images.labels, run.part(PRIOR))
    run.write_tensors(PRIOR, sampler.fitted())
    return facts


def _cameras(config: SDIConfig, flat: bool) -> Tensor:
    options = config.cameras
    if flat:
        count = getattr(config.scene.options, "images", 1)
        return torch.arange(count, dtype=torch.float32)[:, None].expand(-1, COLUMNS).clone()
    if options.path is not None:
        return read_transforms(options.path)
    return random_orbit(
        options.count,
        generator_of(config.seed, 0),
        azimuth=_pair(options.azimuth),
        elevation=_pair(options.elevation),
        distance=_pair(options.distance),
        field_of_view=_pair(options.field_of_view),
    )


def _pair(values: tuple[float, ...]) -> tuple[float, float]:
    return values[0], values[1]


def conditions_of(
    config: SDIConfig, sampler: Sampler, images: Images | None, cameras: Tensor
) -> tuple[Tensor | None, Others | None]:
    """What the prior is asked for from each camera, and what it is to go away from."""
    viewed = capability(sampler, ViewConditioned)
    if viewed is not None:
        return viewed.condition_of(cameras), None
    prompts = len(getattr(sampler, "prompts", ()))
    if config.sdi.view_prompts:
        if prompts != 4:
            raise ConfigError(["sdi.view_prompts: prior.prompts must be four, one for each view"])
        return perp_neg_views(cameras) if config.sdi.perp_neg else (view_numbers(cameras), None)
    if config.sdi.perp_neg:
        raise ConfigError(["sdi.perp_neg: needs sdi.view_prompts = true"])
    numbers = label_numbers(config, images, prompts)
    if not numbers:
        return None, None
    return torch.tensor([numbers[index % len(numbers)] for index in range(len(cameras))]), None


def distil(
    setting: Setting, guidance: GuidanceConfig, run: Run
) -> tuple[DistillationObjective, Training]:
    """Train a scene, logging and keeping checkpoints in ``run``."""
    objective = objective_for(setting, guidance)
    training = setting.config.trainer.build().fit(objective, run)
    return objective.cpu(), training


def objective_for(setting: Setting, guidance: GuidanceConfig) -> DistillationObjective:
    """Build the untrained scene and the loss."""
    config = setting.config
    seed_everything(config.seed)
    loss = loss_for(setting, guidance)
    scene = build_scene(setting)
    starts = capability(scene, StartsFrom)
    if starts is not None and config.sdi.start == "denoised":
        starts.start_from(_first_images(setting, loss))
    return DistillationObjective(
        scene,
        loss,
        setting.cameras,
        setting.conditions,
        others=setting.others,
        shape=setting.shape,
        weights=config.regularisers,
        active=config.sdi.active_views,
        stop=config.sdi.on_divergence == "stop",
    )


def loss_for(setting: Setting, guidance: GuidanceConfig) -> ScoreDistillation:
    """Build the guidance's loss."""
    options = setting.config.trainer.options
    plain = getattr(options, "optimizer", "") == "sgd" and guidance.reduction == "sum"
    return ScoreDistillation(
        setting.prior,
        views=len(setting.cameras),
        item_shape=setting.item_shape,
        schedule=getattr(setting.sampler, "schedule", None),
        coupled=not setting.flat,
        step=options.learning_rate if plain else AUTO_STEP,
        **attrs.asdict(guidance),
    )


def build_scene(setting: Setting) -> Embedder:
    """Build the scene, untrained."""
    context: dict[str, Any] = {
        "in_features": setting.cameras.shape[1],
        "out_features": math.prod(setting.shape),
    }
    if getattr(setting.config.scene.options, "shape", ()) is None:
        context["shape"] = setting.shape
    scene: Embedder = setting.config.scene.build(**context)
    return scene


@torch.no_grad()
def _first_images(setting: Setting, loss: ScoreDistillation) -> Tensor:
    """What the prior makes of noise alone: the first point of DDIM's path, for each view."""
    sigma = loss.schedule.sigma(loss.levels.highest)
    drawn = torch.stack(
        [
            torch.randn(setting.item_shape, generator=generator_of(setting.config.seed, 1 + index))
            for index in range(len(setting.cameras))
        ]
    )
    noisy = sigma * drawn
    noise = predicted_noise(
        setting.prior, noisy, sigma, setting.conditions, scale=loss.scale, others=setting.others
    )
    clean = noisy - sigma * noise
    decode = getattr(setting.prior, "decode", None)
    return clean if decode is None else decode(clean)
