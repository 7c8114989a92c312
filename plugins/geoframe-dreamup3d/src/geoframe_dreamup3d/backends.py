"""What the three ways to find objects have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from geoframe_dreamup3d.classical.clustering import segment_by_distance
from geoframe_dreamup3d.objects import SceneObject, complete_all
from geoframe_dreamup3d.table.view import View


class Backend(Protocol):
    """A way from one view to its objects."""

    name: str
    """``classical``, ``votes`` or ``reconstruction``."""

    def segment(self, view: View) -> NDArray[np.int32]:
        """Label the pixels of objects ``(h, w)``: 0 for none, 1, 2, ..."""
        ...

    def complete(self, view: View, labels: NDArray[np.int32]) -> Sequence[SceneObject]:
        """Boxes, whole shapes and, where there are any, codes of the labelled objects."""
        ...

    def state(self) -> Mapping[str, Tensor]:
        """All that was trained."""
        ...

    def export(self, folder: Path) -> Sequence[Path]:
        """Write what was trained for use without geoframe; return the files."""
        ...


class ClassicalBackend:
    """Clusters of points; boxes carved by what was seen to be empty. Nothing is trained."""

    name = "classical"

    def segment(self, view: View) -> NDArray[np.int32]:
        """Label Euclidean clusters."""
        return segment_by_distance(view)

    def complete(self, view: View, labels: NDArray[np.int32]) -> Sequence[SceneObject]:
        """Carve upright boxes."""
        return complete_all(view, labels)

    def state(self) -> Mapping[str, Tensor]:
        """Nothing."""
        return {}

    def export(self, folder: Path) -> Sequence[Path]:
        """Nothing."""
        return []
