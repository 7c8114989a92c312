"""The Method interface: what ``geoframe run NAME`` runs. Torch-free."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from geoframe.errors import RunError
from geoframe.reference import ReferenceTable
from geoframe.trained import Trained

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from torch import Tensor

    from geoframe.config import MethodConfig
    from geoframe.run.directory import Run
    from geoframe.sampler import Sampler
    from geoframe.suggestion import Guess, Suggestion


@attrs.frozen(kw_only=True)
class Result:
    """What a run measured; written to ``results.json``."""

    metrics: Mapping[str, float | int | str | None]
    """Named scalars; None stands for a measure that the data did not allow."""
    tables: Mapping[str, Sequence[Mapping[str, Any]]] = attrs.field(factory=dict)
    """Named lists of rows, shown in the report."""
    notes: Sequence[str] = ()
    """Sentences the user should read, shown in the terminal and in the report."""
    verdict: Sequence[str] = ()
    """The answer in words with its numbers in them, beside a cheap baseline on the same data.

    It stands at the top of the report and comes last in the terminal.
    """
    picture: str = ""
    """Name of the figure that matters most, shown first."""
    meanings: Mapping[str, str] = attrs.field(factory=dict)
    """Metric -> what the number means and when it is good, in half a sentence."""
    advice: Sequence[str] = ()
    """What to do next, each with the option to set, for this very run."""


class Method(ABC):
    """Composes components into a run; holds no maths of its own.

    The module of a method imports torch only inside its functions, so that listing methods and
    checking configs stays fast.
    """

    Config: ClassVar[type[MethodConfig]]
    """The attrs class of the method's config."""
    citation: ClassVar[str] = ""
    """How to cite the method's source."""

    @abstractmethod
    def run(self, config: Any, run: Run) -> Result:
        """Do the work that ``config`` describes, keeping everything in ``run``.

        Raises
        ------
        DataError
            If the user's data cannot be used.
        """

    @abstractmethod
    def load(self, run: Run) -> Any:
        """Return the trained objects of a finished run: a :class:`~geoframe.trained.Trained`.

        The verbs ``apply`` and ``export`` and the estimator call what it offers.
        """

    def apply(self, run: Run, data: Path) -> pd.DataFrame:
        """Apply a finished run to a data file: one row an item, keyed by its name.

        Raises
        ------
        RunError
            If nothing can be said of new data.
        """
        trained = self.load(run)
        if isinstance(trained, Trained):
            return trained.apply(data)
        from geoframe.run.tables import frame_of

        return frame_of(self.embed(run, data))

    def embed(self, run: Run, data: Path) -> Mapping[str, np.ndarray]:
        """Apply a finished run to a data file -> named arrays of equal length.

        Methods of series 0.1 have this; from 0.2 on what ``load`` gives has ``apply``, and the
        verb ``embed`` warns. It goes with 0.3.
        """
        applies = type(self).apply is not Method.apply or isinstance(self.load(run), Trained)
        if not applies:
            raise RunError(f"{type(self).__name__} cannot be applied to new data")
        frame = self.apply(run, data).reset_index()
        return {str(name): frame[name].to_numpy() for name in frame}

    def export(self, run: Run, folder: Path) -> Sequence[Path]:
        """Write what a finished run trained for use without geoframe; return the files written."""
        trained = self.load(run)
        if not isinstance(trained, Trained):
            raise RunError(f"{type(self).__name__} has nothing to export")
        return trained.export(folder)

    def suits(self, guess: Guess) -> Suggestion | None:
        """Say how the method would treat data that look like this; None if it would not."""
        return None

    def sampler(self, run: Run) -> Sampler:
        """Return the fitted sampler of a finished run, for ``geoframe sample``."""
        raise RunError(f"{type(self).__name__} does not sample")

    def write_samples(
        self, run: Run, parts: Iterable[Mapping[str, Tensor]], folder: Path
    ) -> Path | None:
        """Write what ``geoframe sample`` drew as the user's own file has it, too.

        Parameters
        ----------
        parts
            What :meth:`~geoframe.Sampler.draw` returned, one file of tensors after the other.

        Returns
        -------
        Path or None
            What was written into the folder; None where the tensors say all there is.
        """
        return None

    def reference_tables(self) -> Sequence[ReferenceTable]:
        """Published tables that ``geoframe reproduce`` measures again."""
        return ()
