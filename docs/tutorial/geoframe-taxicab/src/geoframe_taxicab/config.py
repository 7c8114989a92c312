"""Options of the geometry. Torch-free."""

from typing import ClassVar

import attrs
from geoframe import option


@attrs.frozen(kw_only=True)
class TaxicabConfig:
    """Distances along the streets of a city laid out as a grid."""

    component: ClassVar[str] = "geoframe_taxicab.geometry:Taxicab"

    dim: int = option(2, ge=1, help="Number of coordinates.")
    learnable: bool = option(False, help="Whether the lengths of the blocks are trained.")
