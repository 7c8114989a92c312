"""Options of the scenes. Torch-free."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

import attrs

from geoframe.config import option

SHAPE_HELP = "Channels, height and width of a render; those of the prior if left out."


@attrs.frozen(kw_only=True)
class FreeImageConfig:
    """Images whose pixels train; a camera row's first number is the image's."""

    component: ClassVar[str] = "geoframe_sdi.scenes.image:FreeImage"

    images: int = option(16, ge=1, unit="images", help="Number of images.")
    shape: tuple[int, ...] | None = option(None, help=SHAPE_HELP)


@attrs.frozen(kw_only=True)
class MeshTextureConfig:
    """A mesh whose texture trains."""

    component: ClassVar[str] = "geoframe_sdi.scenes.mesh:MeshTexture"

    path: Path | None = option(
        None, help="Triangle mesh with texture coordinates (obj); a torus if left out."
    )
    texture: int = option(128, ge=2, unit="pixels", help="Height and width of the texture.")
    points: int = option(60_000, ge=100, unit="points", help="Points drawn on the surface.")
    shape: tuple[int, ...] | None = option(None, help=SHAPE_HELP)


@attrs.frozen(kw_only=True)
class VoxelGridConfig:
    """A cube of voxels with density and colour, rendered as a volume."""

    component: ClassVar[str] = "geoframe_sdi.scenes.volume:VoxelGrid"

    resolution: int = option(40, ge=2, unit="voxels", help="Voxels along an edge of the cube.")
    radius: float = option(1.0, gt=0, unit="units", help="Half the edge of the cube.")
    samples: int = option(40, ge=2, unit="samples", help="Samples along a ray.")
    background: Literal["white", "black"] = option("white", help="What is behind the volume.")
    shape: tuple[int, ...] | None = option(None, help=SHAPE_HELP)


@attrs.frozen(kw_only=True)
class HashGridConfig:
    """A multi-resolution hash table and a small network (Instant-NGP), rendered as a volume."""

    component: ClassVar[str] = "geoframe_sdi.scenes.volume:HashGrid"

    levels: int = option(8, ge=1, help="Resolutions.")
    coarsest: int = option(8, ge=2, unit="cells", help="Cells along an edge at the coarsest.")
    growth: float = option(1.447, gt=1, help="Quotient of two resolutions.")
    first_levels: int = option(
        0,
        ge=0,
        help="Resolutions that are used at first; the others come in one by one from 20 % to 60 % "
        "of the training. 0: all from the start.",
    )
    table: int = option(14, ge=4, le=22, help="Logarithm to base 2 of a table's length.")
    hidden: int = option(64, ge=1, help="Width of the network's hidden layer.")
    radius: float = option(1.0, gt=0, unit="units", help="Half the edge of the cube.")
    samples: int = option(40, ge=2, unit="samples", help="Samples along a ray.")
    background: Literal["white", "black"] = option("white", help="What is behind the volume.")
    shape: tuple[int, ...] | None = option(None, help=SHAPE_HELP)


@attrs.frozen(kw_only=True)
class GaussianSplatsConfig:
    """Coloured 3-D Gaussians, composited front to back."""

    component: ClassVar[str] = "geoframe_sdi.scenes.splats:GaussianSplats"

    splats: int = option(512, ge=1, help="Number of Gaussians; all of them meet all pixels.")
    radius: float = option(1.0, gt=0, unit="units", help="Radius of the ball they start in.")
    background: Literal["white", "black"] = option("white", help="What is behind them.")
    shape: tuple[int, ...] | None = option(None, help=SHAPE_HELP)
