"""The gradient trainer: a plain loop on accelerate that never loses a run."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from accelerate.utils import gather_object, set_seed
from torch import Tensor
from torch.optim import SGD, Adam, AdamW, Optimizer

from geoframe.errors import ConfigError, RunError
from geoframe.run.directory import Run
from geoframe.trainer import Objective, Trainer, Training
from geoframe.training.agreement import Agreement
from geoframe.training.config import GradientTrainerConfig
from geoframe.training.frozen import FrozenParts
from geoframe.training.interrupt import deferred_interrupt
from geoframe.training.patience import Patience
from geoframe.training.schedule import Batches, learning_rate_factor
from geoframe.training.state import (
    load_optimizer,
    pack,
    random_state,
    set_random_state,
    unpack,
)

LOG_LINES = 200
"""Log lines of a run when ``log_every`` is left to the trainer."""


class GradientTrainer(Trainer):
    """Minimises an :class:`~geoframe.trainer.Objective` by gradient steps.

    A resumed training on the CPU takes bit for bit the steps that it would have taken without
    the interruption. With several processes (``accelerate launch``) each takes its share of
    every batch.

    Parameters
    ----------
    **options
        The fields of :class:`~geoframe.training.config.GradientTrainerConfig`.
    """

    Config = GradientTrainerConfig

    def __init__(self, **options: Any) -> None:
        self.options = GradientTrainerConfig(**options)

    def fit(self, objective: Objective, run: Run | None = None) -> Training:
        """Train ``objective`` in place; see :meth:`geoframe.trainer.Trainer.fit`."""
        accelerator = self._accelerator()
        batches = Batches(len(objective), self.options.batch_size, torch.initial_seed())
        loop = _Loop(self.options, objective, accelerator, batches, run)
        loop.restore()
        agreement = Agreement(accelerator)
        several = accelerator.num_processes > 1
        with deferred_interrupt(among_others=several) as interrupt:
            while not loop.done:
                loop.step()
                if agreement.stops(interrupt.requested, last=loop.done):
                    loop.save()
                    # A launcher ends all processes as soon as one of them has left.
                    accelerator.wait_for_everyone()
                    raise KeyboardInterrupt
        return loop.finish()

    def _accelerator(self) -> Accelerator:
        options = self.options
        if int(os.environ.get("WORLD_SIZE", "1")) == 1:
            # accelerate remembers the first device and precision of a process; forget them.
            AcceleratorState._reset_state(reset_partial_state=True)
        if options.device.startswith("cuda") and not torch.cuda.is_available():
            raise ConfigError([f"trainer.device: '{options.device}', but torch sees no GPU"])
        if options.device.startswith("cuda:"):
            torch.cuda.set_device(options.device)
        elif options.device not in ("auto", "cpu", "cuda", "mps"):
            raise ConfigError(
                [f"trainer.device: '{options.device}' is not auto, cpu, cuda, cuda:<n> or mps"]
            )
        precision = {"float32": "no"}.get(options.precision, options.precision)
        try:
            return Accelerator(cpu=options.device == "cpu", mixed_precision=precision)
        except ValueError as error:
            raise ConfigError([f"trainer.precision: {error}"]) from None


class _Loop:
    """One training in progress: its position, and how to keep and take it up again."""

    def __init__(
        self,
        options: GradientTrainerConfig,
        objective: Objective,
        accelerator: Accelerator,
        batches: Batches,
        run: Run | None,
    ) -> None:
        self.options = options
        self.accelerator = accelerator
        self.batches = batches
        self.run = run
        self.objective = objective.to(accelerator.device)
        self.frozen = FrozenParts(self.objective)
        self.optimizer = objective.optimizer(options.learning_rate, options.weight_decay)
        if self.optimizer is None:
            self.optimizer = self._default_optimizer()
        self.peaks = [group["lr"] for group in self.optimizer.param_groups]
        self.model, self.wrapped = accelerator.prepare(objective, self.optimizer)
        self.total = options.steps if options.epochs is None else options.epochs * batches.per_epoch
        self.log_every = options.log_every or max(1, self.total // LOG_LINES)
        self.evaluate_every = options.evaluate_every or (self.log_every if options.patience else 0)
        self.patience = Patience(options.patience, options.min_delta)
        self.at = 0
        self.seconds = 0.0

    @property
    def done(self) -> bool:
        return self.at >= self.total or self.patience.exhausted

    def _default_optimizer(self) -> Optimizer:
        options = self.options
        parameters = [p for p in self.objective.parameters() if p.requires_grad]
        if not parameters:
            raise ConfigError(["trainer: there is nothing to train; no parameter needs a gradient"])
        kinds = {"adamw": AdamW, "adam": Adam, "sgd": SGD}
        # One fused kernel instead of a loop over parameters: small models are all overhead.
        fused = parameters[0].device.type in ("cpu", "cuda")
        chosen: Optimizer = kinds[options.optimizer](
            parameters, lr=options.learning_rate, weight_decay=options.weight_decay, fused=fused
        )
        return chosen

    def step(self) -> None:
        """Take one optimizer step, and log, evaluate and keep what is due after it."""
        started = time.perf_counter()
        factor = learning_rate_factor(
            self.at, self.total, self.options.schedule, self.options.warmup
        )
        assert self.optimizer is not None
        for group, peak in zip(self.optimizer.param_groups, self.peaks, strict=True):
            group["lr"] = peak * factor
        self.objective.progress = self.at / self.total
        values = self.model(self._own_share(self.batches.at(self.at)))
        self.accelerator.backward(values["loss"])
        norm = self.accelerator.clip_grad_norm_(
            self.objective.parameters(), self.options.clip_norm or math.inf
        )
        self._guard(values["loss"], norm)
        self.wrapped.step()
        self.wrapped.zero_grad()
        self.at += 1
        due = {
            key: value.item()
            for key, value in values.items()
            if self.at % self.log_every == 0 or self.done
        }
        if self.evaluate_every and (self.at % self.evaluate_every == 0 or self.at == self.total):
            due |= self._evaluate()
            self._watch(due, values)
        self.seconds += time.perf_counter() - started
        if due and self.run is not None:
            self.run.log(self.at, self.total, due)
        if self.at % self.options.checkpoint_every == 0 or self.done:
            self.save()

    def _own_share(self, items: Tensor) -> Tensor:
        if self.accelerator.num_processes > 1:
            share = items[self.accelerator.process_index :: self.accelerator.num_processes]
            items = share if len(share) else items[:1]  # every process must take part
        return items.to(self.accelerator.device)

    def _guard(self, loss: Tensor, norm: Tensor | None) -> None:
        scaled = self.options.precision == "fp16"  # its overflows are skipped by the scaler
        finite = bool(torch.isfinite(loss)) and (
            scaled or norm is None or bool(torch.isfinite(norm))
        )
        if not finite:
            last = self.run.checkpoints.last() if self.run is not None else None
            kept = f"the checkpoint of step {last.step} is kept" if last else "nothing was kept yet"
            raise RunError(
                f"the loss or its gradient is not finite at step {self.at + 1}; {kept}; "
                "lower trainer.learning_rate or trainer.clip_norm"
            )

    def _evaluate(self) -> dict[str, float]:
        self.objective.eval()
        with torch.no_grad():
            values = dict(self.objective.evaluate())
        self.objective.train()
        return values

    def _watch(self, due: Mapping[str, float], values: Mapping[str, Tensor]) -> None:
        if not self.patience.limit:
            return
        name = self.options.monitor
        known = {**{key: value.item() for key, value in values.items()}, **due}
        if name not in known:
            raise ConfigError([f"trainer.monitor: '{name}' is not one of {', '.join(known)}"])
        self.patience.see(self._agreed(known[name]), self.frozen.rest(self.frozen.unchanged()))

    def _agreed(self, value: float) -> float:
        """Return the mean over the processes: they must all lose patience after the same step."""
        if self.accelerator.num_processes == 1:
            return value
        own = torch.tensor(value, device=self.accelerator.device)
        return float(self.accelerator.reduce(own, "mean"))

    def save(self) -> None:
        """Keep everything that the next steps depend on."""
        if self.run is None:
            return
        random = gather_object([random_state()])  # one of each process
        if not self.run.main_process:
            return
        tensors: dict[str, Tensor] = {}
        assert self.optimizer is not None
        left_out = self.frozen.unchanged()
        state = {
            "model": self.frozen.rest(left_out),
            "optimizer": self.optimizer.state_dict(),
            "random": random,
            "patience": self.patience.state(),
        }
        packed = {key: pack(value, key, tensors) for key, value in state.items()}
        facts = {"seconds": self.seconds, "left_out": left_out}
        self.run.checkpoints.save(self.at, tensors, {**facts, **packed})

    def restore(self) -> None:
        """Go on from the run's last checkpoint, or begin."""
        last = None
        if self.run is not None:
            self.accelerator.wait_for_everyone()
            last = self.run.checkpoints.last()
            self.run.rewind(last.step if last else 0)
        if last is None:
            self._draw_apart()
            return
        state = {
            key: unpack(last.state[key], last.tensors)
            for key in ("model", "optimizer", "random", "patience")
        }
        # Checkpoints of series 0.1 hold everything.
        self.frozen.load(state["model"], last.state.get("left_out", {}))
        assert self.optimizer is not None
        load_optimizer(self.optimizer, state["optimizer"])
        self.patience.restore(state["patience"])
        self.at, self.seconds = last.step, last.state["seconds"]
        if len(state["random"]) == self.accelerator.num_processes:
            set_random_state(state["random"][self.accelerator.process_index])
        else:  # the run goes on with another number of processes
            self._draw_apart()

    def _draw_apart(self) -> None:
        """Let every process but the first, which was seeded already, draw numbers of its own."""
        if self.accelerator.process_index:
            set_seed((self.batches.seed + self.at) % 2**31, device_specific=True)

    def finish(self) -> Training:
        """Leave the objective with its best parameters, unwrapped and in eval mode."""
        if self.patience.best_state is not None:
            own = self.objective.state_dict()
            self.objective.load_state_dict({**own, **self.patience.best_state})
        self.accelerator.unwrap_model(self.model, keep_fp32_wrapper=False)
        self.objective.eval()
        return Training(
            steps=self.at,
            epochs=self.at / self.batches.per_epoch,
            seconds=self.seconds,
            stopped="patience" if self.at < self.total else "steps",
        )
