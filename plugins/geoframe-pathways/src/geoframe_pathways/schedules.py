"""How long and how fast the trainings of a run are, where the user leaves it open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from geoframe import Trainer
from geoframe.components import Component
from geoframe_pathways.config import (
    BATCH,
    DECAYS,
    FEW_DECAYS,
    LEAST_STEPS,
    MOST_STEPS,
    PASSES,
    RATE,
    ModelConfig,
)
from geoframe_pathways.trainers.config import StackedConfig


def weight_decays(options: ModelConfig, trainer: Component, *, few: bool) -> tuple[float, ...]:
    """Weight decays to try: the trainer's own if one was given, or if it has no such option."""
    fields = {field.name: field for field in attrs.fields(type(trainer.options))}
    if "weight_decay" not in fields:
        return (0.0,)
    given = trainer.options.weight_decay
    if given not in (None, fields["weight_decay"].default):
        return (given,)
    return options.weight_decays or (FEW_DECAYS if few else DECAYS)


def schedule_for(rows: int) -> dict[str, Any]:
    """Steps, rows of a step and rate of a training on many rows, where the user gives none.

    Small steps at a high rate: on 8,192 rows of a smooth function of eight inputs they end at a
    smaller error than thrice as many, larger ones at the rate for few rows.
    """
    steps = min(max(PASSES * rows // BATCH, LEAST_STEPS), MOST_STEPS)
    return {"steps": steps, "batch_size": BATCH, "learning_rate": RATE}


def kept_as(full: Mapping[str, Any], trainer: Component, experts: int) -> dict[str, Any]:
    """Return ``checkpoint_every`` of a pilot: a kill costs no more than a full expert takes."""
    options = trainer.options
    if not isinstance(options, StackedConfig):
        return {}
    return {"checkpoint_every": attrs.evolve(options, **full).kept_every(experts)}


def trainer_with(trainer: Component, *, weight_decay: float, **schedule: Any) -> Trainer:
    """Build a trainer with a weight decay, if it has such an option, and what else it leaves open.

    Parameters
    ----------
    **schedule
        Values of options that the user has left out.
    """
    options = trainer.options
    context = {"weight_decay": weight_decay} if hasattr(options, "weight_decay") else {}
    context |= {key: value for key, value in schedule.items() if getattr(options, key, 0) is None}
    built: Trainer = trainer.build(**context)
    return built
