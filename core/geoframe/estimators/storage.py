"""A fitted estimator on disk and between processes: it is its run directory."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from sklearn.utils.validation import check_is_fitted

from geoframe.api import open_run
from geoframe.config.plain import unstructure
from geoframe.errors import RunError
from geoframe.run.parcel import copy_run, pack_run, unpack_run

if TYPE_CHECKING:
    from geoframe.run.directory import Run

OF_THE_RUN = ("run_", "trained_")
PARCEL = "_run_files"
"""Under which name a pickled estimator has the files of its run."""


class Stored:
    """What of an estimator is kept: options and a run."""

    method: ClassVar[str]
    """Name of the method."""
    _again: ClassVar[Callable[[], Any] | None] = None
    """Makes an unfitted one, where the class cannot be imported by its name."""
    _options: dict[str, Any]

    def save(self, path: str | PathLike[str]) -> Path:
        """Keep the run as a folder, which ``geoframe.open_run`` opens too.

        Raises
        ------
        RunError
            If there is something at ``path``.
        """
        check_is_fitted(self, "run_")
        target = Path(path)
        if target.exists():
            raise RunError(f"{target}: exists already; name a new folder")
        copy_run(self.run_.path, target)
        return target

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """Open a run as a fitted estimator.

        Raises
        ------
        RunError
            If there is no finished run at ``path``, or it is of another method.
        """
        run = open_run(path)
        if getattr(cls, "method", run.method_name) != run.method_name:
            raise RunError(f"{path}: is a run of '{run.method_name}', not of '{cls.method}'")
        loaded = cls()
        loaded._options = flat(unstructure(run.config))
        loaded._take(run)
        return loaded

    def _take(self, run: Run) -> None:
        self.run_ = run
        self.trained_ = run.load()

    def _temporary(self) -> Path:
        """Make a folder that goes with the object."""
        folder = tempfile.mkdtemp(prefix="geoframe-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return Path(folder)

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel to other processes with the files of the run."""
        state = {key: value for key, value in vars(self).items() if key not in OF_THE_RUN}
        if "run_" in vars(self):
            state[PARCEL] = pack_run(self.run_.path)
        return type(self)._again or type(self), (), state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Put the files of the run into a folder that goes with the object."""
        parcel = state.pop(PARCEL, None)
        vars(self).update(state)
        if parcel is not None:
            folder = self._temporary() / "run"
            unpack_run(parcel, folder)
            self._take(open_run(folder))


def flat(tables: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Options of nested tables, their keys joined by two underscores."""
    found: dict[str, Any] = {}
    for key, value in tables.items():
        name = f"{prefix}{key}"
        found |= flat(value, f"{name}__") if isinstance(value, Mapping) else {name: value}
    return found
