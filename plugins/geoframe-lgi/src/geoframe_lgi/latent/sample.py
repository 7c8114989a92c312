"""What a graph module gives to a network."""

from __future__ import annotations

import attrs
from torch import Tensor

from geoframe_lgi.latent.edges import DenseEdges, Edges


@attrs.frozen(kw_only=True, eq=False)
class Sample:
    """A graph with the latent points that it came from."""

    edges: Edges | DenseEdges
    points: Tensor
    """``(n, point_dim)``."""
    log_p: Tensor | None = None
    """-tau D_ij of the drawn edges ``(n, k)``, with gradient to the points and tau; None if the
    graph itself carries the gradient."""
    new: Tensor | None = None
    """Sources ``(m, k)`` of rows that came after the training, which ``edges`` hold last."""
