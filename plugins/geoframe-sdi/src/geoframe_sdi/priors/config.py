"""Options of the priors. Torch-free."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import attrs

from geoframe.config import option


@attrs.frozen(kw_only=True)
class MeshViewsConfig:
    """The exact prior of a mesh's views in a few colourings, given the camera: a test bed."""

    component: ClassVar[str] = "geoframe_sdi.priors.views:MeshViews"

    path: Path | None = option(
        None, help="Triangle mesh with texture coordinates (obj); a torus if left out."
    )
    texture: Path | None = option(None, help="Its texture, an image; a pattern if left out.")
    colourings: int = option(3, ge=1, le=6, help="Ways to permute the texture's colours: modes.")
    details: int = option(
        1, ge=1, help="Fine patterns that each colouring comes in; modes are colourings x details."
    )
    size: int = option(32, ge=4, unit="pixels", help="Height and width of a view.")
    points: int = option(120_000, ge=100, unit="points", help="Points drawn on the surface.")
    bandwidth: float = option(
        0.15, gt=0, help="Standard deviation of each mode, in the range [-1, 1] of the pixels."
    )
    others: int = option(
        12, ge=0, unit="views", help="Views from elsewhere that it knows without a camera."
    )
    dataset: bool = option(
        False, help="Take the stored mesh spot-mesh of $GEOFRAME_DATA, with its texture."
    )

    def __attrs_post_init__(self) -> None:
        if self.dataset and (self.path is not None or self.texture is not None):
            raise ValueError(
                "dataset: has a mesh and a texture of its own; leave path and texture out"
            )
