"""What a prior may be able to do besides denoising."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from torch import Tensor

if TYPE_CHECKING:
    from geoframe import Trainer
    from geoframe.run.directory import Run


@runtime_checkable
class ViewConditioned(Protocol):
    """Its condition is where a camera stands."""

    def condition_of(self, cameras: Tensor) -> Tensor:
        """Conditions ``(n, ...)`` of camera rows ``(n, 7)``."""
        ...


@runtime_checkable
class HasModes(Protocol):
    """It knows every image that a camera may see."""

    def renders(self, cameras: Tensor) -> Tensor:
        """All of them ``(n, modes, channels, h, w)``."""
        ...


@runtime_checkable
class TrainedInRun(Protocol):
    """It is trained with a trainer of the caller's, in a run of its own."""

    def train_with(
        self, trainer: Trainer, data: Tensor, labels: Tensor | None, run: Run | None = None
    ) -> dict[str, float]:
        """Train on images ``(n, channels, h, w)`` and perhaps labels ``(n,)``."""
        ...
