"""One training: a mode, a learning rate and a seed, from the pretrained model to its measures."""

from __future__ import annotations

import re
from typing import Any

import attrs
import torch
from torch import nn

from geoframe.adapter import Adapter
from geoframe.components import Component
from geoframe.errors import ConfigError
from geoframe.run.directory import Run
from geoframe.run.execute import seed_everything
from geoframe.trainer import Training
from geoframe_asymlora.config import AsymLoRAConfig
from geoframe_asymlora.lora.config import AsymmetricLoRAConfig
from geoframe_asymlora.lora.freezing import head_parameters
from geoframe_asymlora.lora.rounding import round_frozen
from geoframe_asymlora.lora.targets import find_modules, find_targets
from geoframe_asymlora.text.objective import FineTuning, passes_over
from geoframe_asymlora.text.task import Task

LOOKED_AT = 8
"""Batches of training examples that an adapter may look at before training."""

VARIANTS: dict[str, dict[str, Any]] = {
    "B": {"train": "B", "zero": "auto"},
    "B-equal": {"train": "B", "zero": "auto"},
    "B-pca": {"train": "B", "zero": "auto", "init": "pca"},
    "A": {"train": "A", "zero": "auto", "share_a": False},
    "auto": {"train": "auto", "zero": "auto"},
    # What peft starts with: A as torch's Linear, B zero.
    "both": {"train": "both", "zero": "B", "init": "kaiming", "row_norm": None, "share_a": False},
}
"""Mode -> options of the asymmetric adapter that make it."""


@attrs.frozen(kw_only=True, eq=False)
class Fitted:
    """A trained model and how it got there."""

    model: nn.Module
    adapter: Adapter | None
    heads: tuple[str, ...]
    training: Training

    def trained(self) -> tuple[int, int]:
        """Return trained parameters outside the head, and in it."""
        trained = sum(p.numel() for p in self.model.parameters() if p.requires_grad)
        heads = head_parameters(self.model, self.heads).values()
        head = sum(p.numel() for p in heads if p.requires_grad)
        return trained - head, head


def build(
    config: AsymLoRAConfig, task: Task, mode: str, *, precision: str = "float32"
) -> tuple[nn.Module, Adapter | None, tuple[str, ...]]:
    """Load the model and make it trainable in the way of ``mode``; random draws are torch's own.

    Parameters
    ----------
    precision
        That in which the model will be applied; frozen weights are rounded to it.

    Returns
    -------
    tuple
        The model to train, its adapter, and the names of its heads.
    """
    model = task.pretrained.model()
    heads = task.pretrained.heads(model)
    pretrained = list(model.modules())
    if mode == "full":
        return model, None, heads
    if mode == "head":
        model.requires_grad_(False)
        for head in heads:
            model.get_submodule(head).requires_grad_(True)
        round_frozen(pretrained, precision)
        return model, None, heads
    component = variant(config.adapter, mode, model, heads)
    adapter: Adapter = component.build()
    size = config.evaluation.batch_size
    adapted = adapter.attach(model, passes_over(task.train, LOOKED_AT, size))
    for parameter in head_parameters(adapted, heads).values():
        parameter.requires_grad_(True)  # a new output layer has to be trained, whoever adapts
    round_frozen(pretrained, precision)
    return adapted, adapter, heads


def variant(adapter: Component, mode: str, model: nn.Module, heads: tuple[str, ...]) -> Component:
    """Return the configured adapter, changed as ``mode`` says.

    Parameters
    ----------
    heads
        Output layers and other new modules of ``model``, which are trained in full.

    Raises
    ------
    ConfigError
        If the mode is a variant of the asymmetric adapter and another one is configured.
    """
    options = adapter.options
    if isinstance(options, AsymmetricLoRAConfig):
        whole = (*options.trained, *map(re.escape, heads))
        options = attrs.evolve(options, trained=tuple(dict.fromkeys(whole)))
    if mode == "adapter":
        return attrs.evolve(adapter, options=options)
    if not isinstance(options, AsymmetricLoRAConfig):
        raise ConfigError(
            [f"comparison.modes: '{mode}' is a variant of asymmetric-lora, not {adapter.name}"]
        )
    if mode == "A" and options.init == "pca":  # which is a start of A alone
        options = attrs.evolve(options, init="orthonormal")
    options = attrs.evolve(options, **VARIANTS[mode])
    if mode == "B-equal":
        options = _with_parameters_of_both(options, model, heads)
    return attrs.evolve(adapter, options=options)


def _with_parameters_of_both(
    options: AsymmetricLoRAConfig, model: nn.Module, heads: tuple[str, ...]
) -> AsymmetricLoRAConfig:
    """Raise the rank until B alone has as many parameters as A and B; the scale stays."""
    targets = find_targets(
        model,
        targets=options.targets,
        rank=options.rank,
        ranks=options.ranks,
        left_out=(*heads, *find_modules(model, options.trained)),
    )
    # Of experts, as many as there are.
    ranks = [target.rank * max(target.experts, 1) for target in targets]
    b_only = sum(r * target.d_out for r, target in zip(ranks, targets, strict=True))
    both = b_only + sum(r * target.d_in for r, target in zip(ranks, targets, strict=True))
    ratio = both / b_only
    rank = round(options.rank * ratio)
    return attrs.evolve(
        options,
        rank=rank,
        ranks={pattern: round(each * ratio) for pattern, each in options.ranks.items()},
        alpha=None if options.alpha is None else options.alpha * rank / options.rank,
    )


def train(
    config: AsymLoRAConfig,
    task: Task,
    mode: str,
    run: Run | None,
    *,
    seed: int,
    rate: float | None = None,
) -> Fitted:
    """Train one model.

    Parameters
    ----------
    run
        Where it logs and keeps its checkpoints.
    seed
        Seed of the head, the adapter and the batches.
    rate
        Replaces the trainer's learning rate.
    """
    seed_everything(seed)
    model, adapter, heads = build(config, task, mode, precision=task.precision)
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise ConfigError([f"comparison.modes: '{mode}' trains nothing: the model has no new head"])
    objective = FineTuning(
        model,
        task.train,
        parts=config.model.parts,
        validate=lambda: {
            f"validation_{name}": value
            for name, value in task.measure(model, task.validation).items()
        },
    )
    trainer = config.trainer
    if rate is not None:
        trainer = attrs.evolve(trainer, options=attrs.evolve(trainer.options, learning_rate=rate))
    torch.manual_seed(seed)  # batches must not depend on how many numbers the model drew
    training = trainer.build().fit(objective, run)
    return Fitted(model=model, adapter=adapter, heads=heads, training=training)
