"""The Trained protocol: what a method's ``load`` gives, the same for all methods. Torch-free."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    import pandas as pd


@runtime_checkable
class Trained(Protocol):
    """The trained objects of a finished run.

    Queries of a method's own (``nearest``, ``distance``, ...) stand beside these; they take one
    name or many and give a DataFrame.
    """

    def apply(self, data: str | PathLike[str]) -> pd.DataFrame:
        """Coordinates, predictions or scores of new data, one row an item, keyed by its name.

        Raises
        ------
        DataError
            If the data cannot be used, or nothing can be said of items not seen in training.
        """
        ...

    def to_frame(self) -> pd.DataFrame:
        """What was learned of each training item, keyed by its name."""
        ...

    def export(self, folder: Path) -> Sequence[Path]:
        """Write what was trained for use without geoframe; return the files written."""
        ...
