"""Options of the geometry."""

from typing import ClassVar

import attrs

from geoframe import option


@attrs.frozen(kw_only=True)
class IceConfig:
    """Straight lines over the ice."""

    component: ClassVar[str] = "geoframe_frozen.geometry:Ice"

    dim: int = option(2, ge=1, help="Number of coordinates.")
    scale: float = option(1.0, gt=0, unit="m", help="Length of a unit.")
