"""The directory tree of the installed Python standard library."""

from __future__ import annotations

import sysconfig
from pathlib import Path
from typing import ClassVar

import attrs

from geoframe.config.fields import option
from geoframe.dataset import Dataset
from geoframe_data.graph import Graph


@attrs.frozen(kw_only=True)
class PythonLibrary(Dataset):
    """Folders and files of the Python standard library, which every installation has."""

    provides = "tree"

    component: ClassVar[str] = "geoframe_hnn.datasets.library:PythonLibrary"

    tests: bool = option(False, help="Whether to include the library's own tests.")

    def load(self) -> Graph:
        """Walk the folder, leaving out caches and installed packages."""
        from geoframe_data.graphs.paths import read_folder

        skip = {"__pycache__", "site-packages", "dist-packages"}
        if not self.tests:
            skip |= {"test", "tests", "idle_test"}
        return read_folder(Path(sysconfig.get_paths()["stdlib"]), skip=frozenset(skip))
