"""Options of the encoders that see a graph. Torch-free."""

from __future__ import annotations

from typing import ClassVar

import attrs

from geoframe.config.fields import option


@attrs.frozen(kw_only=True)
class GraphEncoderConfig:
    """Graph layers over the graph that the items stand in; items without edges are encoded too."""

    component: ClassVar[str] = "geoframe_lgi.latent.encoders:GraphEncoder"

    layer: str = option(
        "mean", help="Graph layer: mean, gcn, gat, sage, ..., or any of torch_geometric.nn."
    )
    hidden: int = option(32, ge=1, unit="units", help="Width between layers.")
    layers: int = option(1, ge=1, help="Number of layers; one is linear, as published.")
