"""Conformance of a Trainer, on a small least-squares problem."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from geoframe.config import MethodConfig
from geoframe.errors import RunError
from geoframe.method import Method, Result
from geoframe.run.creation import create_run
from geoframe.run.directory import Run
from geoframe.testing._report import Check, CheckSkipped, Report, ensure, maker, run_checks, title
from geoframe.trainer import Objective, Trainer, Training

Make = Callable[[], Trainer]


class LeastSquares(Objective):
    """Mean squared error of a linear model on 32 rows that a linear model fits."""

    def __init__(self) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.register_buffer("inputs", torch.randn(32, 3, generator=generator))
        self.register_buffer("targets", torch.randn(3, 1, generator=generator))
        self.linear = nn.Linear(3, 1)
        self.frozen = nn.Parameter(torch.ones(2), requires_grad=False)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def __len__(self) -> int:
        return 32

    def forward(self, items: Tensor) -> Mapping[str, Tensor]:
        """Mean squared error of the rows ``items``."""
        inputs: Tensor = self.inputs[items]  # type: ignore[index]
        error = self.linear(inputs) - inputs @ self.targets  # type: ignore[operator]
        return {"loss": (error**2).mean()}

    def evaluate(self) -> Mapping[str, float]:
        """Mean squared error of all rows."""
        items = torch.arange(32, device=self.linear.weight.device)
        return {"error": self(items)["loss"].item()}


class Interrupted(LeastSquares):
    """Least squares that Ctrl-C interrupts in the given call of ``forward``, if any."""

    def __init__(self, at: int | None = None) -> None:
        super().__init__()
        self.calls = 0
        self.at = at

    def forward(self, items: Tensor) -> Mapping[str, Tensor]:
        """Count the call, and raise the signal where it is due."""
        self.calls += 1
        if self.calls == self.at:
            signal.raise_signal(signal.SIGINT)
        return super().forward(items)


class Diverging(LeastSquares):
    """A loss that is no number."""

    def forward(self, items: Tensor) -> Mapping[str, Tensor]:
        """NaN."""
        return {"loss": super().forward(items)["loss"] * torch.nan}


class _NoMethod(Method):
    def run(self, config: Any, run: Run) -> Result:
        raise NotImplementedError

    def load(self, run: Run) -> Any:
        raise NotImplementedError


def training_lowers_the_loss(make: Make) -> None:
    """Without a run directory, the loss falls."""
    objective = LeastSquares()
    before = objective.evaluate()["error"]
    make().fit(objective)
    after = objective.cpu().evaluate()["error"]
    ensure(after < before, f"the loss goes from {before:.4g} to {after:.4g}")


def training_is_described(make: Make) -> None:
    """``fit`` returns a Training with sensible fields."""
    training = make().fit(LeastSquares())
    ensure(isinstance(training, Training), f"fit returns {type(training).__name__}, not Training")
    ensure(isinstance(training.steps, int) and training.steps >= 0, f"steps is {training.steps!r}")
    ensure(training.epochs >= 0, f"epochs is {training.epochs!r}")
    ensure(training.seconds >= 0, f"seconds is {training.seconds!r}")
    ensure(training.stopped in ("steps", "patience"), f"stopped is {training.stopped!r}")


def training_is_deterministic(make: Make) -> None:
    """The same seed gives the same parameters."""
    first, second = LeastSquares(), LeastSquares()
    for objective in (first, second):
        torch.manual_seed(7)
        make().fit(objective)
    _same_state(first, second, "two trainings from the same seed")


def only_trainable_parameters_change(make: Make) -> None:
    """Frozen parameters and buffers stay as they are; the rest moves."""
    objective, before = LeastSquares(), LeastSquares()
    make().fit(objective)
    objective.cpu()
    for name in ("inputs", "targets", "frozen"):
        kept = torch.equal(getattr(objective, name), getattr(before, name))
        ensure(kept, f"training changes '{name}', which is not to be trained")
    ensure(
        not torch.equal(objective.linear.weight, before.linear.weight),
        "training leaves the parameters as they were",
    )


def a_finished_run_is_taken_up(make: Make) -> None:
    """With a run, scalars are logged; a second ``fit`` finds the trained state there."""
    first, second = LeastSquares(), LeastSquares()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run"
        training = _fit(make, first, path)
        ensure((path / "metrics.jsonl").read_text(), "nothing was logged in the run")
        again = _fit(make, second, path, resume=True)
    ensure(
        again.steps == training.steps,
        f"{training.steps} steps, but {again.steps} after taking the run up again",
    )
    _same_state(first, second, "the state that a finished run gives back")


def an_interrupted_training_goes_on(make: Make) -> None:
    """After Ctrl-C in the middle a second ``fit`` ends where an undisturbed one would have.

    That includes the optimizer's momentum and the random numbers of later steps.
    """
    whole = Interrupted()
    with tempfile.TemporaryDirectory() as folder:
        _fit(make, whole, Path(folder) / "whole")
        if not whole.calls:
            raise CheckSkipped("trains in other processes")
        broken = Interrupted(at=whole.calls // 2)
        # Ctrl-C is ignored in what a shell has started in the background.
        previous = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            _fit(make, broken, Path(folder) / "run")
        except KeyboardInterrupt:
            pass
        else:
            ensure(False, "Ctrl-C does not end the training")
        finally:
            signal.signal(signal.SIGINT, previous or signal.SIG_DFL)
        resumed = Interrupted()
        _fit(make, resumed, Path(folder) / "run", resume=True)
    _same_state(whole.cpu(), resumed.cpu(), "a training that was interrupted and taken up")


def _fit(make: Make, objective: Objective, path: Path, *, resume: bool = False) -> Training:
    torch.manual_seed(7)
    run = create_run(path, "conformance", _NoMethod(), MethodConfig(), manifest={}, resume=resume)
    try:
        return make().fit(objective, run)
    finally:
        run.close()


def a_loss_that_is_no_number_is_an_error(make: Make) -> None:
    """A NaN loss ends training with a RunError."""
    try:
        make().fit(Diverging())
    except RunError:
        return
    ensure(False, "training goes on with a loss of NaN")


def _same_state(first: nn.Module, second: nn.Module, what: str) -> None:
    mine, other = first.state_dict(), second.state_dict()
    for name in mine:
        ensure(torch.equal(mine[name], other[name]), f"{what}: '{name}' differs")


TRAINER_CHECKS: tuple[Check, ...] = (
    training_lowers_the_loss,
    training_is_described,
    training_is_deterministic,
    only_trainable_parameters_change,
    a_finished_run_is_taken_up,
    an_interrupted_training_goes_on,
    a_loss_that_is_no_number_is_an_error,
)
"""Each takes what builds a trainer."""


def check_trainer(
    trainer: Trainer | Make, *, expected_failures: Mapping[str, str] | None = None
) -> Report:
    """Hold a trainer to the :class:`~geoframe.Trainer` interface.

    Parameters and errors are those of :func:`~geoframe.testing.check_geometry`.
    """
    make = maker(trainer, Trainer)
    return run_checks(
        title(make, Trainer), TRAINER_CHECKS, make, expected_failures=expected_failures
    )
