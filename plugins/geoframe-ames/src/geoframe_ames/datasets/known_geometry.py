"""Rows whose geometry is known: of a tree, of a sphere, of blobs in a plane. Torch-free."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import attrs

from geoframe.config.fields import option
from geoframe.dataset import Dataset

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from geoframe_data import Table

    Features = NDArray[np.float64]
    Classes = NDArray[np.int64]

DEPTH = 7
"""Levels of the tree."""
CLASSES = 4
POINTS = 250
"""Rows of the sphere and of the plane."""

Shape = Literal["tree", "sphere", "blobs"]


@attrs.frozen(kw_only=True)
class KnownGeometry(Dataset):
    """Made-up rows that live in one geometry, with four classes that are regions of it.

    ``tree``: nodes of a binary tree of seven levels, a column per node that says whether the row is
    below it, classes the subtrees at depth two (hyperboloid). ``sphere``: points of a sphere, the
    nearest of four random directions (sphere). ``blobs``: four Gaussians in a plane (euclidean).
    """

    provides = "table"
    component: ClassVar[str] = "geoframe_ames.datasets.known_geometry:KnownGeometry"

    shape: Shape = option("tree", help="Which rows.")
    noise: float = option(
        0.0, ge=0, help="Noise on every number, in standard deviations of all of them."
    )
    seed: int | None = option(None, ge=0, help="Seed of the drawing; left out, the run's.")

    def load(self) -> Table:
        """Draw the rows; the column ``class`` is the target."""
        import numpy as np
        import pandas as pd

        from geoframe_data import as_table

        rng = np.random.default_rng(self.seed or 0)
        features, classes = {"tree": _tree, "sphere": _sphere, "blobs": _blobs}[self.shape](rng)
        features = features + self.noise * features.std() * rng.standard_normal(features.shape)
        frame = pd.DataFrame(features, columns=[f"x{k}" for k in range(features.shape[1])])
        frame["class"] = np.array(list("abcd"))[classes]
        return attrs.evolve(as_table(frame), target="class")


def _tree(rng: np.random.Generator) -> tuple[Features, Classes]:
    import numpy as np

    nodes = 2**DEPTH - 1
    features, classes = np.zeros((nodes, nodes)), np.zeros(nodes, dtype=np.int64)
    for node in range(1, nodes + 1):  # the children of node are 2 node and 2 node + 1
        above = node
        while above > 1:
            features[node - 1, above - 1] = 1.0
            above //= 2
        classes[node - 1] = int(f"{node:b}"[:3].ljust(3, "0"), 2) - CLASSES
    return features, classes


def _sphere(rng: np.random.Generator) -> tuple[Features, Classes]:
    import numpy as np

    points = rng.standard_normal((POINTS, 3))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    return points, (points @ rng.standard_normal((3, CLASSES))).argmax(axis=1)


def _blobs(rng: np.random.Generator) -> tuple[Features, Classes]:
    import numpy as np

    centres, classes = 2 * rng.standard_normal((CLASSES, 2)), np.arange(POINTS) % CLASSES
    return centres[classes] + rng.standard_normal((POINTS, 2)), classes
