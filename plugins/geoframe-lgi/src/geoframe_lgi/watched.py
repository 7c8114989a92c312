"""Training that stops early where there are rows to watch."""

from __future__ import annotations

from geoframe import Objective, Training
from geoframe.components import Component
from geoframe.run.directory import Run
from geoframe_lgi.task import Mask


def train_watched(
    objective: Objective, trainer: Component, held: Mask, run: Run | None
) -> Training:
    """Train an objective and leave it in eval mode.

    Parameters
    ----------
    trainer
        As it is configured; its patience counts only if there are rows to watch.
    held
        Which rows are held out ``(n,)``; none may be.
    """
    unwatched = not held.any() and hasattr(trainer.options, "patience")
    built = trainer.build(**({"patience": 0} if unwatched else {}))
    training: Training = built.fit(objective.train(), run)
    objective.eval()
    return training
