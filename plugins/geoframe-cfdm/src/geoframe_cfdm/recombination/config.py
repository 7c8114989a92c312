"""Options of the samplers that recombine near items. Torch-free."""

from __future__ import annotations

from typing import ClassVar, Literal

import attrs

from geoframe.config import option


@attrs.frozen(kw_only=True)
class RecombinationConfig:
    """What these samplers share."""

    redraws: int = option(
        8,
        ge=0,
        help="Times that a sample is drawn anew if it is nearer to a training item than 99 % of "
        "these are to another; 0 keeps whatever comes. The share that was is in the results.",
    )
    batch_size: int = option(64, ge=1, unit="samples", help="Samples that are made together.")


@attrs.frozen(kw_only=True)
class NeighborMosaicConfig(RecombinationConfig):
    """Mosaics of near images: each place is a mean of the same place in a few of them."""

    component: ClassVar[str] = "geoframe_cfdm.recombination.mosaic:NeighborMosaic"

    neighbors: int | Literal["auto"] = option(
        "auto",
        ge=1,
        unit="images",
        help="Images that are mixed with the first one. auto is the smallest of 2, 3, 4, 6, 8, 12 "
        "and 16 whose samples are as far from the images as these from one another.",
    )
    length: float = option(
        0.15, gt=0, le=1, help="Size of the regions, as a share of the image's side."
    )
    temperature: float = option(
        0.3, gt=0, help="Softness of the borders: low gives regions of one image each."
    )
    seams: float = option(
        2.0, ge=0, help="How strongly borders are drawn to places where the images agree."
    )
    contrast: bool = option(
        True,
        help="Give back the contrast that means lose. Without it every pixel is a convex mean.",
    )


@attrs.frozen(kw_only=True)
class LocalCopulaConfig(RecombinationConfig):
    """Rows drawn from the Gaussian copula of a row's neighbourhood; takes categories and gaps."""

    component: ClassVar[str] = "geoframe_cfdm.recombination.copula:LocalCopula"

    neighbors: int = option(
        10, ge=2, unit="rows", help="Rows of a neighbourhood; a quarter of all at most."
    )
    spread: float | Literal["auto"] = option(
        "auto",
        gt=0,
        le=1,
        help="Share of the neighbourhood's spread that a sample gets; the rest stays with the row "
        "it began at. auto is the smallest of 0.2, 0.3, ... 1 whose samples are as far from the "
        "rows as these from one another.",
    )
    target_spread: float = option(
        0.3,
        gt=0,
        le=1,
        help="Share of its own deviation that the column evaluation.target gets beside what a "
        "random forest predicts it to be: models learn most with about 0.3, 1 keeps its spread.",
    )


@attrs.frozen(kw_only=True)
class AutoConfig(RecombinationConfig):
    """The sampler measured best for the kind of data: images, rows, or anything else."""

    component: ClassVar[str] = "geoframe_cfdm.recombination.auto:AutoSampler"
