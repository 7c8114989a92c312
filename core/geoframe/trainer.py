"""The Trainer interface: fitting modules to an objective."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

import attrs
from torch import Tensor, nn
from torch.optim import Optimizer

from geoframe.errors import ConfigError
from geoframe.run.directory import Run


class Objective(nn.Module, ABC):
    """What a gradient trainer minimises: a module over ``len(self)`` indexed items.

    Everything that trains is a submodule or a parameter of it, so its ``state_dict`` is the
    whole trained state.
    """

    progress: float | None = None
    """How far the training is, from 0 to 1: set by the trainer before each step, None until then.

    Warm-ups, unfreezing and annealing hang on it. An objective that cannot do without it calls
    :meth:`require_progress` in its ``forward``.
    """

    @abstractmethod
    def __len__(self) -> int:
        """Number of items (edges, rows, images, ...)."""

    @abstractmethod
    def forward(self, items: Tensor) -> Mapping[str, Tensor]:
        """Indices ``(b,)`` of a batch -> scalars; ``"loss"`` is minimised, the rest is logged."""

    def require_progress(self) -> float:
        """Return :attr:`progress`.

        Raises
        ------
        ConfigError
            If the trainer does not set it.
        """
        if self.progress is None:
            raise ConfigError(
                [
                    "trainer.name: this trainer does not say how far it is, and "
                    f"{type(self).__name__} needs to know; use 'gradient' or another trainer "
                    "that sets objective.progress"
                ]
            )
        return self.progress

    def evaluate(self) -> Mapping[str, float]:
        """Measures of the current state, for logging and early stopping; called in eval mode."""
        return {}

    def optimizer(self, learning_rate: float, weight_decay: float) -> Optimizer | None:
        """Return an optimizer of the objective's own, or None to use the trainer's."""
        return None


@attrs.frozen(kw_only=True)
class Training:
    """How a training ended."""

    steps: int
    epochs: float
    """Passes over the items."""
    seconds: float
    """Wall-clock time in the training loop, summed over resumed parts."""
    stopped: str
    """``"steps"`` when all steps were taken, ``"patience"`` after an early stop."""


class Trainer(ABC):
    """Fits the parameters of an objective in place."""

    @abstractmethod
    def fit(self, objective: Objective, run: Run | None = None) -> Training:
        """Train ``objective``; with a ``run``, log there, checkpoint there and resume from there.

        Raises
        ------
        RunError
            If the loss stops being finite. The last good checkpoint is kept.
        """
