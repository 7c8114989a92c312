"""Options of the spacetime as a geometry by name. Torch-free."""

from __future__ import annotations

from typing import ClassVar

import attrs

from geoframe.components import Component
from geoframe.config import component as one_component
from geoframe.config import option


@attrs.frozen(kw_only=True)
class SpacetimeGeometryConfig:
    """Any space for distances, and time coordinates for the order: earlier in all of them."""

    component: ClassVar[str] = "geoframe_nst.spacetime:Spacetime"

    space: Component = one_component(
        "geometry", default={"name": "euclidean", "dim": 2}, help="What distances are measured in."
    )
    time_dim: int = option(
        2,
        ge=1,
        unit="coordinates",
        help="Time coordinates; with one of them any two points are in an order.",
    )
    directed: bool = option(
        False, help="Let going against time cost extra: d(x, y) + relu(potential difference)."
    )
