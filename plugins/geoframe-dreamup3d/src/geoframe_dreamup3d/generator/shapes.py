"""What can stand on a table: the interface of shapes. Torch-free."""

from __future__ import annotations

from typing import Protocol

import attrs
import numpy as np
from numpy.typing import NDArray


@attrs.frozen(eq=False)
class Layer:
    """An object alone in the image: its pixels, each with what it shows."""

    pixels: NDArray[np.int64]
    """Flat index, row by row ``(p,)``."""
    depth: NDArray[np.float64]
    """Along the optical axis ``(p,)``, metres."""
    normals: NDArray[np.float64]
    """Unit normals in the camera's frame, towards the camera ``(p, 3)``."""
    colours: NDArray[np.float64]
    """In [0, 1] ``(p, 3)``."""


class Shape(Protocol):
    """A thing with a frame of its own."""

    @property
    def name(self) -> str:
        """Name of the model."""
        ...

    @property
    def hull(self) -> NDArray[np.float64]:
        """Points ``(v, 3)`` whose convex hull is the shape's."""
        ...

    @property
    def resting(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Rotations ``(k, 3, 3)`` in which it stands on a table, and their probabilities."""
        ...

    def render(
        self, pose: NDArray[np.float64], intrinsics: NDArray[np.float64], size: tuple[int, int]
    ) -> Layer:
        """Draw the shape, its frame -> camera being ``pose`` ``(4, 4)``."""
        ...

    def surface(self, n: int, generator: np.random.Generator) -> NDArray[np.float64]:
        """Draw points ``(n, 3)`` evenly from the surface."""
        ...
