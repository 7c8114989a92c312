"""Options of the gradient trainer. Torch-free."""

from __future__ import annotations

from typing import ClassVar, Literal

import attrs

from geoframe.config.fields import option


@attrs.frozen(kw_only=True)
class GradientTrainerConfig:
    """Gradient loop on accelerate: any device, mixed precision, several processes, resumable."""

    component: ClassVar[str] = "geoframe.training.gradient:GradientTrainer"

    steps: int = option(1000, ge=0, unit="steps", help="Optimizer steps, unless epochs are given.")
    epochs: int | None = option(
        None, ge=0, unit="epochs", instead_of="steps", help="Passes over the data."
    )
    learning_rate: float = option(1e-3, gt=0, help="Learning rate at its peak.")
    batch_size: int = option(0, ge=0, unit="items", help="Items of one step; 0 takes all of them.")
    optimizer: Literal["adamw", "adam", "sgd"] = option("adamw", help="Update rule.")
    weight_decay: float = option(0.0, ge=0, help="Decoupled weight decay (adamw) or L2 penalty.")
    schedule: Literal["constant", "cosine", "linear"] = option(
        "constant", help="How the learning rate falls from its peak to 0 at the last step."
    )
    warmup: int = option(0, ge=0, unit="steps", help="Steps of linear rise to the peak.")
    clip_norm: float | None = option(1.0, gt=0, help="Largest norm of the whole gradient.")
    device: str = option("auto", help="auto, cpu, cuda, cuda:1 or mps.")
    precision: Literal["float32", "bf16", "fp16"] = option(
        "float32", help="Precision of the forward pass (mixed precision if not float32)."
    )
    checkpoint_every: int = option(500, ge=1, unit="steps", help="Steps between checkpoints.")
    log_every: int = option(0, ge=0, unit="steps", help="Steps between log lines; 0: 200 a run.")
    evaluate_every: int = option(
        0, ge=0, unit="steps", help="Steps between evaluations; 0: only when patience needs them."
    )
    patience: int = option(
        0, ge=0, unit="evaluations", help="Evaluations without improvement before stopping; 0: off."
    )
    min_delta: float = option(0.0, ge=0, help="Smallest fall of the monitored value that counts.")
    monitor: str = option("loss", help="Logged or evaluated value that patience watches.")
