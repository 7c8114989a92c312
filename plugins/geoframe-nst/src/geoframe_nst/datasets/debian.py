"""Debian packages and what they depend on."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import attrs
import numpy as np

from geoframe.config.fields import option
from geoframe.data import stored_file
from geoframe.dataset import Dataset
from geoframe_data.graph import Graph


@attrs.frozen(kw_only=True)
class DebianDependencies(Dataset):
    """Python packages of Debian 12 and all they need; a dependency precedes its dependents.

    A DAG of 7354 packages. The weight is
    :func:`~geoframe_nst.datasets.requirements.requirement_distance`, the time is the depth.
    """

    provides = "graph"

    component: ClassVar[str] = "geoframe_nst.datasets.debian:DebianDependencies"

    reduction: bool = option(False, help="Leave out edges that follow from others by transitivity.")
    root: Path | None = option(None, help="Folder of the files; else $GEOFRAME_DATA/debian-deps.")

    def load(self) -> Graph:
        """Return the DAG.

        Raises
        ------
        DataError
            If the file is not found.
        """
        from geoframe.data import load_npz
        from geoframe_data.dag import depth
        from geoframe_nst.datasets.requirements import requirement_distance

        arrays = load_npz(stored_file("debian-deps", "debian12_python.npz", self.root))
        edges = arrays["reduction_edges" if self.reduction else "edges"].astype(np.int64)
        n = len(arrays["names"])
        return Graph(
            names=arrays["names"].tolist(),
            edges=edges,
            weights=requirement_distance(n, edges),
            times=depth(n, edges),
        )
