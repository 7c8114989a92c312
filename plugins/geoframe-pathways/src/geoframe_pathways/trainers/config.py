"""Options of the engines. Torch-free."""

from __future__ import annotations

from typing import ClassVar

import attrs

from geoframe.config import option


@attrs.frozen(kw_only=True)
class StackedConfig:
    """Experts of a block as one batched matrix product, block after block, in this process."""

    component: ClassVar[str] = "geoframe_pathways.trainers.stacked:StackedTrainer"

    steps: int = option(2000, ge=0, unit="steps", help="Optimizer steps of every expert.")
    learning_rate: float = option(3e-3, gt=0, help="Learning rate at its peak.")
    batch_size: int = option(
        1024,
        ge=1,
        unit="rows",
        help="Rows of one step over all experts together; none gets fewer than expert_batch.",
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
        help="Steps of a block between its checkpoints; left out, steps / block: then a killed "
        "worker loses, over all experts of its block, no more work than one expert takes.",
    )

    @property
    def kept_every(self) -> int:
        """Steps of a block between its checkpoints."""
        return self.checkpoint_every or max(1, self.steps // self.block)


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
