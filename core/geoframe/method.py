"""The Method interface: what ``geoframe run NAME`` runs. Torch-free."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from geoframe.errors import RunError
from geoframe.reference import ReferenceTable

if TYPE_CHECKING:
    import numpy as np

    from geoframe.config import MethodConfig
    from geoframe.run.directory import Run
    from geoframe.sampler import Sampler


@attrs.frozen(kw_only=True)
class Result:
    """What a run measured; written to ``results.json``."""

    metrics: Mapping[str, float | int | str | None]
    """Named scalars; None stands for a measure that the data did not allow."""
    tables: Mapping[str, Sequence[Mapping[str, Any]]] = attrs.field(factory=dict)
    """Named lists of rows, shown in the report."""
    notes: Sequence[str] = ()
    """Sentences the user should read, shown in the terminal and in the report."""


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
        """Return the trained objects of a finished run."""

    def embed(self, run: Run, data: Path) -> Mapping[str, np.ndarray]:
        """Apply a finished run to a data file -> named arrays of equal length."""
        raise RunError(f"{type(self).__name__} cannot embed new data")

    def export(self, run: Run, folder: Path) -> Sequence[Path]:
        """Write what a finished run trained for use without geoframe; return the files written."""
        raise RunError(f"{type(self).__name__} has nothing to export")

    def sampler(self, run: Run) -> Sampler:
        """Return the fitted sampler of a finished run, for ``geoframe sample``."""
        raise RunError(f"{type(self).__name__} does not sample")

    def reference_tables(self) -> Sequence[ReferenceTable]:
        """Published tables that ``geoframe reproduce`` measures again."""
        return ()
