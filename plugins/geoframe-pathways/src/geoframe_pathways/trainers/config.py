"""Options of the engines. Torch-free."""

from __future__ import annotations

from typing import ClassVar

import attrs

from geoframe.config import option

LEAST_KEPT = 4
"""Times that a block is kept, if not more often."""


@attrs.frozen(kw_only=True)
class Schedule:
    """How long experts are trained, and in which steps."""

    steps: int = 2000
    learning_rate: float = 3e-3
    batch_size: int = 1024


@attrs.frozen(kw_only=True)
class StackedConfig:
    """Experts of a block as one batched matrix product, block after block, in this process."""

    component: ClassVar[str] = "geoframe_pathways.trainers.stacked:StackedTrainer"

    steps: int | None = option(
        None,
        ge=0,
        unit="steps",
        help="Optimizer steps of every expert; left out, the method chooses by the number of "
        f"rows, or {Schedule().steps}.",
    )
    learning_rate: float | None = option(
        None,
        gt=0,
        help="Learning rate at its peak; left out, the method chooses, or "
        f"{Schedule().learning_rate:g}.",
    )
    batch_size: int | None = option(
        None,
        ge=1,
        unit="rows",
        help="Rows of one step over all experts together; none gets fewer than expert_batch. "
        f"Left out, the method chooses, or {Schedule().batch_size}.",
    )
    expert_batch: int = option(
        32, ge=1, unit="rows", help="Least rows of one step for each expert."
    )
    weight_decay: float | None = option(
        None,
        ge=0,
        help="Decoupled weight decay; left out, the method chooses (pathways.weight_decays), or 0.",
    )
    warmup: float = option(
        0.1, ge=0, lt=1, help="Share of the steps in which the rate rises; then it falls to 0."
    )
    clip_norm: float | None = option(
        1.0, gt=0, help="Largest norm of the gradient, expert by expert."
    )
    block: int = option(
        32,
        ge=1,
        unit="experts",
        help="Experts trained together: the unit of work. The result depends on it in the last "
        "bits, and on no other choice of engine.",
    )
    checkpoint_every: int | None = option(
        None,
        ge=1,
        unit="steps",
        help="Steps of a block between its checkpoints; left out, steps / experts in the block, "
        "or a fourth of them: then a killed worker loses, over all experts of its block, no more "
        "work than one expert takes.",
    )

    @property
    def schedule(self) -> Schedule:
        """What is given of it, and defaults for the rest."""
        given = {each.name: getattr(self, each.name) for each in attrs.fields(Schedule)}
        return Schedule(**{name: value for name, value in given.items() if value is not None})

    def kept_every(self, experts: int) -> int:
        """Steps between the checkpoints of a block of so many experts."""
        return self.checkpoint_every or max(1, self.schedule.steps // max(experts, LEAST_KEPT))


@attrs.frozen(kw_only=True)
class ProcessesConfig(StackedConfig):
    """The same blocks in worker processes that talk over TCP (torch.distributed's store)."""

    component: ClassVar[str] = "geoframe_pathways.trainers.processes:ProcessesTrainer"

    workers: int = option(
        0, ge=0, unit="processes", help="Worker processes on this machine; 0: one per core."
    )
    address: str = option(
        "127.0.0.1", help="Address that this machine's workers, or other machines, connect to."
    )
    port: int = option(
        0, ge=0, le=65535, help="TCP port; 0 takes a free one, which other machines cannot know."
    )
    retries: int = option(3, ge=0, help="How often a worker that dies is started again.")


@attrs.frozen(kw_only=True)
class RayConfig(StackedConfig):
    """The same blocks in actors of a Ray cluster (needs geoframe-pathways[ray])."""

    component: ClassVar[str] = "geoframe_pathways.trainers.ray:RayTrainer"

    workers: int = option(0, ge=0, unit="actors", help="Actors; 0: one per core of the cluster.")
    address: str | None = option(
        None, help="Cluster to join (auto, host:port, ray://...); without it one is started here."
    )
    retries: int = option(3, ge=0, help="How often the actor of a block may be lost and replaced.")
