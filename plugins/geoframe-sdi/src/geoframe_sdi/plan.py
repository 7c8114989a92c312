"""What a distillation would cost, before it is started."""

from __future__ import annotations

import math
import time
from typing import Any

import attrs
import torch
from torch import Tensor

from geoframe import Result
from geoframe.run.resources import peak_memory_mib
from geoframe_sdi.fit import Setting, build_scene, loss_for
from geoframe_sdi.guidance.config import GuidanceConfig

ASKED = 100
"""Steps of the training, evenly spread, whose prior calls are counted."""
TIMED = 3


class _Silent:
    """A prior that answers at once, for counting what it is asked."""

    def denoise(self, noisy: Tensor, sigma: Tensor | float, condition: Any = None) -> Tensor:
        """Nothing but zeros."""
        return torch.zeros_like(noisy)

    def copy_to_train(self, rank: int = 0) -> torch.nn.Module:
        """Something that denoises too."""
        return _SilentModule()


class _SilentModule(torch.nn.Module, _Silent):
    pass


def calls_per_step(setting: Setting, guidance: GuidanceConfig) -> float:
    """Mean prior calls of a step, counted by running the guidance on a prior that is no work."""
    loss = loss_for(setting, guidance)
    counted = type(loss)(
        _Silent(),
        views=1,
        item_shape=(1, 1, 1),
        schedule=loss.schedule,
        coupled=loss.coupled,
        **{**attrs.asdict(loss.config), "refresh_every": 1},
    )
    condition = torch.zeros(1, dtype=torch.long)
    with torch.random.fork_rng(devices=[]):
        for index in range(ASKED):
            counted.step(
                torch.randn(1, 1, 1, 1), index / ASKED, condition, None, torch.zeros(1).long()
            )
    return float(counted.calls) / ASKED * _asked_share(setting, guidance.refresh_every)


def _asked_share(setting: Setting, refresh_every: int) -> float:
    """Share of a view's visits at which its target is computed anew."""
    options, cameras = setting.config.trainer.options, len(setting.cameras)
    if refresh_every == 1 or 0 < setting.config.sdi.active_views < cameras:
        return 1 / refresh_every
    visits: float = options.steps * (options.batch_size or cameras) / cameras
    return min(1.0, math.ceil(visits / refresh_every) / visits)


def plan(setting: Setting) -> Result:
    """Time a render and a prior call, and say what the config's training would take."""
    config = setting.config
    options = config.trainer.options
    views = options.batch_size or len(setting.cameras)
    steps = options.steps
    scene, loss = build_scene(setting), loss_for(setting, config.guidance)
    rows = setting.cameras[: min(views, len(setting.cameras))]
    condition = None if setting.conditions is None else setting.conditions[: len(rows)]
    render, call = [], []
    for _ in range(TIMED):
        started = time.perf_counter()
        images = scene(rows).reshape(-1, *setting.shape)
        images.square().mean().backward()
        render.append(time.perf_counter() - started)
        started = time.perf_counter()
        noisy = torch.randn(len(rows), *setting.item_shape)
        with torch.no_grad():
            setting.prior.denoise(noisy, 1.0, condition)
        call.append(time.perf_counter() - started)
    pair = 1 if loss.scale in (0, 1) or condition is None else 2
    pair = pair if setting.others is None else 2 + setting.others.weights.shape[1]
    rows_of: list[dict[str, Any]] = []
    for name in dict.fromkeys((config.guidance.name, *config.sdi.compare)):
        each = calls_per_step(setting, attrs.evolve(config.guidance, name=name))
        seconds = steps * (min(render) + each * pair * min(call))
        rows_of.append(
            {
                "guidance": name,
                "steps": steps,
                "prior_calls_per_step": round(each, 2),
                "prior_calls": round(each * steps),
                "minutes": seconds / 60,
            }
        )
    total = sum(row["minutes"] for row in rows_of)
    return Result(
        metrics={
            "prior_calls": rows_of[0]["prior_calls"],
            "minutes": total,
            "render_seconds": min(render),
            "call_seconds": pair * min(call),
            "memory_mib": peak_memory_mib(),
        },
        tables={"plan": rows_of},
        notes=[
            f"A dry run: nothing was trained. {steps} steps of {len(rows)} views would take about "
            f"{total:.1f} minutes on this machine, {rows_of[0]['prior_calls']} prior calls for "
            f"'{rows_of[0]['guidance']}'.",
            "Memory is the peak of building everything and of one step; activations of the prior "
            "are not kept.",
        ],
    )
