"""Score distillation as a loss."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from geoframe import ConfigError, DataError
from geoframe.capabilities import capability
from geoframe_diffusion.guidance import Others
from geoframe_diffusion.networks.copying import Copies
from geoframe_diffusion.schedule import Schedule, scaled_linear
from geoframe_sdi.guidance.choice import kept_names, step_options
from geoframe_sdi.guidance.config import GuidanceConfig, GuidanceName
from geoframe_sdi.guidance.memory import ViewMemory
from geoframe_sdi.guidance.particles import ParticleLoss
from geoframe_sdi.guidance.rules import RULES
from geoframe_sdi.guidance.scales import chosen_inversion_scale
from geoframe_sdi.guidance.step import Step
from geoframe_sdi.guidance.timing import Levels
from geoframe_sdi.scenes.cameras import COLUMNS

if TYPE_CHECKING:
    from geoframe.capabilities import Denoises

AUTO_COUPLED_T_MIN = 0.1
"""Smallest level, as a share, of auto for scenes of several cameras."""
AUTO_STEP = 0.1
"""Such a share, where the optimizer does not tell it."""


class ScoreDistillation(nn.Module):
    """A loss whose gradient leads images to what a diffusion model would make of them.

    ``loss = 1/2 |x - stop(x - w (eps_a - eps_b))|^2``: no gradient goes through the prior, and none
    of its activations are kept.

    Parameters
    ----------
    prior
        Anything with ``denoise(noisy, sigma, condition)``: a network, an exact score, your own.
        If it has ``encode``, images are encoded first, with their gradient.
    name
        ``"auto"``, ``"sds"``, ``"sds-annealed"``, ``"sdi"``, ``"sdi-cached"``, ``"ism"``,
        ``"vsd"``, ``"nfsd"``, ``"csd"``, ``"sjc"`` or ``"hifa"``.
    views
        Number of views, for methods that keep something of each; 1 for a single image.
    item_shape
        Shape of what the prior denoises; by default the prior's own, and needed only by methods
        that keep something.
    coupled
        Whether the views are of one scene, so that a step for one changes the others.
    schedule
        Noise levels; by default the prior's own, else Stable Diffusion's.
    step
        Share of its way that an optimizer step moves an image, where that is known (auto).
    **options
        The other fields of :class:`~geoframe_sdi.guidance.config.GuidanceConfig`.

    Examples
    --------
    >>> guide = ScoreDistillation(prior, "sdi", scale=7.5)             # doctest: +SKIP
    >>> for step in range(steps):                                      # doctest: +SKIP
    ...     loss = guide(render(), progress=step / steps, condition=labels)
    ...     optimizer.zero_grad(); loss.backward(); optimizer.step()
    """

    calls: Tensor
    """Prior calls so far, a guided pair counted once and part of a batch as part of a call."""

    def __init__(
        self,
        prior: Denoises,
        name: GuidanceName = "auto",
        *,
        views: int = 1,
        item_shape: tuple[int, ...] | None = None,
        schedule: Schedule | None = None,
        coupled: bool = False,
        step: float = AUTO_STEP,
        **options: Any,
    ) -> None:
        super().__init__()
        if name not in RULES:
            raise ConfigError([f"guidance.name: no '{name}'; known: {', '.join(RULES)}"])
        self.config = GuidanceConfig(name=name, **options)
        self._kept = (prior,)  # no submodule: a frozen prior is no part of a checkpoint
        self.rule = RULES[name]
        config, rule = self.config, self.rule
        self.schedule = schedule or getattr(prior, "schedule", None) or scaled_linear()
        self.scale = rule.scale if config.scale is None else config.scale
        lowest = AUTO_COUPLED_T_MIN if name == "auto" and coupled else rule.t_min
        self.levels = Levels(
            self.schedule,
            rule.timing if config.timing == "own" else config.timing,
            rule.t_max if config.t_max is None else config.t_max,
            lowest if config.t_min is None else config.t_min,
            config.sigma_max,
        )
        if self.levels.lowest >= self.levels.highest:
            raise ConfigError(["guidance.t_min: must be below t_max and the level of sigma_max"])
        self.options = step_options(config, step, coupled=coupled)
        self.views, self.coupled = views, coupled
        self.last: dict[str, float] = {"sigma": math.nan, "noise_std": 1.0, "residual": math.nan}
        known: tuple[int, ...] = getattr(prior, "item_shape", ())
        self.item_shape = known if item_shape is None else item_shape
        self.memory = ViewMemory(kept_names(config, self.options), views, self.item_shape)
        self.register_buffer("age", torch.zeros(views, dtype=torch.long), persistent=True)
        self.register_buffer("calls", torch.zeros((), dtype=torch.float64))
        self.register_buffer("inversion_scale", torch.tensor(torch.nan))
        self.particles: ParticleLoss | None = None
        if name == "vsd":
            copies = capability(prior, Copies)
            if copies is None:
                raise ConfigError(
                    ["guidance.name: 'vsd' trains a copy of the prior, and this one has no network"]
                )
            if config.refresh_every > 1:
                raise ConfigError(["guidance.refresh_every: 'vsd' keeps no targets; leave it 1"])
            network = copies.copy_to_train(config.particle_rank)
            self.particles = ParticleLoss(network, self.schedule, pose=COLUMNS if coupled else 0)

    @property
    def prior(self) -> Denoises:
        """The frozen prior."""
        return self._kept[0]

    def forward(
        self,
        images: Tensor,
        progress: float,
        condition: Tensor | None = None,
        *,
        negative: Tensor | None = None,
        others: Others | None = None,
        views: Tensor | None = None,
        cameras: Tensor | None = None,
    ) -> Tensor:
        """Return the loss, a scalar.

        Parameters
        ----------
        images
            Renders ``(B, *image_shape)`` with values in the prior's units.
        progress
            Share of the training that is done, in [0, 1).
        condition
            Labels, prompts' numbers or whatever the prior takes ``(B, ...)``; None for none.
        negative
            Condition to go away from ``(B, ...)``.
        others
            Conditions of other views, for Perp-Neg.
        views
            Number of each view ``(B,)``, for methods that keep something; 0, 1, ... if left out.
        cameras
            Where each view is seen from ``(B, k)``, for the network of vsd.

        Raises
        ------
        DataError
            If a method misses the condition it is made of, a view's number is too high, or the
            prior's answer is not finite.
        """
        if self.rule.conditional and condition is None:
            raise DataError(
                f"guidance '{self.config.name}' is a difference of conditions; give one"
            )
        encode = getattr(self.prior, "encode", None)
        seen = images if encode is None else encode(images)
        rows = torch.arange(len(seen)) if views is None else views.detach().cpu()
        if self.memory.names and int(rows.max()) >= self.views:
            raise DataError(
                f"guidance '{self.config.name}' keeps something of each of {self.views} views, and "
                f"there is a number {int(rows.max())}; make it with views = {int(rows.max()) + 1}"
            )
        with torch.no_grad():
            if self.particles is not None:
                self.particles.look_from(cameras)
            target = self._target(seen.detach(), progress, condition, negative, others, rows)
        halves = (seen - target).square() / 2
        loss = halves.mean() if self.config.reduction == "mean" else halves.sum()
        if self.config.name == "hifa" and encode is not None:
            loss = loss + self.config.image_weight * self._image_term(images, target)
        if self.particles is not None:
            loss = loss + self.particles(seen.detach(), condition)
        return loss

    def _target(
        self,
        seen: Tensor,
        progress: float,
        condition: Tensor | None,
        negative: Tensor | None,
        others: Others | None,
        rows: Tensor,
    ) -> Tensor:
        """Where images should go; those kept from an earlier step are not computed again."""
        if self.config.refresh_every == 1:
            return self.step(seen, progress, condition, negative, rows, others=others)
        known, kept = self.memory.get("target", rows)
        age = self.get_buffer("age")
        due = ~known.cpu() | (age[rows.to(age.device)].cpu() >= self.config.refresh_every)
        target = kept.to(seen)
        if bool(due.any()):
            chosen = due.to(seen.device)
            fresh = self.step(
                seen[chosen],
                progress,
                None if condition is None else condition[chosen],
                None if negative is None else negative[chosen],
                rows[due],
                others=None if others is None else others.rows(chosen),
                share=float(due.float().mean()),
            )
            self.memory.put("target", rows[due], fresh)
            target[chosen] = fresh
            age[rows[due].to(age.device)] = 0
        age[rows.to(age.device)] += 1
        return target

    def step(
        self,
        seen: Tensor,
        progress: float,
        condition: Tensor | None,
        negative: Tensor | None,
        rows: Tensor,
        *,
        others: Others | None = None,
        share: float = 1.0,
    ) -> Tensor:
        """Ask the prior about images, and return where they should go ``(B, *item_shape)``."""
        level = self.levels.level(progress)
        sigma = self.schedule.sigma(level)
        asked = Step(
            prior=self.prior,
            images=seen,
            condition=condition,
            negative=negative,
            others=others,
            rows=rows,
            progress=progress,
            level=level,
            sigma=sigma,
            schedule=self.schedule,
            scale=self.scale,
            inversion_scale=0.0,
            options=self.options,
            memory=self.memory,
            particles=None if self.particles is None else self.particles.denoiser,
        )
        asked.inversion_scale = self._inversion_scale(asked)
        first, second = self.rule.difference(asked)
        self.calls += asked.calls * share
        self.last = {
            "sigma": sigma,
            "noise_std": float(second.std(correction=0)),
            "residual": sigma**2 * float((first - second).square().mean()),
        }
        target = seen - self.weight(sigma) * (first - second)
        if not bool(target.isfinite().all()):
            raise DataError(
                f"the prior's answer at sigma = {sigma:g} is not finite; half precision overflows "
                "at images out of range: lower sigma_max, or use float32"
            )
        return target

    def weight(self, sigma: float) -> float:
        """Weight w of the difference of noises."""
        kind = self.rule.weight if self.config.weight == "own" else self.config.weight
        if kind == "sigma":
            return sigma
        return 1.0 if kind == "one" else sigma**2 / (1 + sigma**2)

    def _inversion_scale(self, asked: Step) -> float:
        wanted = self.config.inversion_scale
        if isinstance(wanted, float | int):
            return float(wanted)
        if wanted == "negative" or self.config.name != "sdi":
            return -self.scale
        if asked.progress == 0:
            return -self.scale
        chosen = self.get_buffer("inversion_scale")
        if bool(chosen.isnan()):
            chosen.fill_(chosen_inversion_scale(asked))
        return float(chosen)

    def _image_term(self, images: Tensor, target: Tensor) -> Tensor:
        decode: Any = self.prior.decode  # type: ignore[attr-defined]
        with torch.no_grad():
            wanted = decode(target)
        error: Tensor = (images - wanted).square().mean() / 2
        return error
