"""Early stopping."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from torch import Tensor


class Patience:
    """Counts evaluations without improvement and remembers the best parameters.

    Parameters
    ----------
    limit
        Evaluations without improvement before :attr:`exhausted`; 0 never stops.
    min_delta
        Smallest fall of the watched value that counts as improvement.
    """

    def __init__(self, limit: int, min_delta: float) -> None:
        self.limit = limit
        self.min_delta = min_delta
        self.best = math.inf
        self.waited = 0
        self.best_state: dict[str, Tensor] | None = None

    @property
    def exhausted(self) -> bool:
        """Whether it is time to stop."""
        return 0 < self.limit <= self.waited

    def see(self, value: float, parameters: Mapping[str, Tensor]) -> None:
        """Take note of the watched ``value`` that ``parameters`` reach."""
        if value < self.best - self.min_delta:
            self.best, self.waited = value, 0
            self.best_state = {name: tensor.clone() for name, tensor in parameters.items()}
        else:
            self.waited += 1

    def state(self) -> dict[str, Any]:
        """Everything that :meth:`restore` needs; JSON values and tensors."""
        best = None if math.isinf(self.best) else self.best
        return {"best": best, "waited": self.waited, "best_state": self.best_state}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up what :meth:`state` returned."""
        self.best = math.inf if state["best"] is None else state["best"]
        self.waited, self.best_state = state["waited"], state["best_state"]
