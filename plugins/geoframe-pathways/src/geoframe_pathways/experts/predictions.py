"""What a model says of its inputs. Torch-free."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from geoframe_pathways.routing.nearest import Ids


@attrs.frozen(kw_only=True, eq=False)
class Predictions:
    """What the model says of ``n`` inputs."""

    values: NDArray[np.generic]
    """Regression: ``(n,)``, or ``(n, outputs)`` for several; classification: classes ``(n,)``."""
    probabilities: NDArray[np.float32] | None
    """Classification: ``(n, classes)``."""
    cells: Ids
    """The expert that answered ``(n,)``."""
    relative_distance: NDArray[np.float64]
    """Distance to the prototype in mean distances of its cell's training rows ``(n,)``."""
    extrapolated: NDArray[np.bool_]
    """Whether ``relative_distance`` is above what 99.9 % of the training rows have ``(n,)``."""
