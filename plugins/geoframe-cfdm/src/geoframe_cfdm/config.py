"""Options of the cfdm method. Torch-free."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import attrs

from geoframe.capabilities import Decodes
from geoframe.components import Component
from geoframe.config import MethodConfig, component, option, section
from geoframe_data.options import TableOptions

Format = Literal[
    "auto",
    "npz",
    "npy",
    "safetensors",
    "images",
    "mesh",
    "csv",
    "tsv",
    "parquet",
    "feather",
    "json",
    "xlsx",
    "mtx",
]


@attrs.frozen(kw_only=True)
class ItemsConfig(TableOptions):
    """Items to sample from: the user's file or folder, or a dataset by name."""

    format: Format = option(
        "auto",
        help="auto goes by content, then suffix: arrays (npz, npy, safetensors), a folder or zip "
        "archive of images, a table, or a point cloud or mesh (ply, obj, stl, off), whose items "
        "are points.",
    )
    array: str | None = option(
        None, help="Name of the array of items; needed if the file holds several that could be."
    )
    labels: str | None = option(
        None,
        help="Name of the array, or the column, of labels, whole numbers or texts; in a folder of "
        "images 'folder' takes the names of subfolders.",
    )
    columns: tuple[str, ...] = option(
        ("*",),
        help="Columns of a table to use; * matches every numeric one, and for samplers that take "
        "categories and gaps (auto, local-copula) every one.",
    )
    size: int | None = option(
        None, ge=1, unit="pixels", help="Resize images to this height and width."
    )
    grey: bool = option(False, help="Read images without their colours.")
    transparent: Literal["auto", "keep", "white"] = option(
        "auto",
        help="Transparent parts of images: kept, as a fourth channel, or made white. auto keeps "
        "them unless the sampler is a denoiser (closed-form), whose scores are of colours.",
    )
    surface_points: int | None = option(
        None, ge=2, unit="points", help="Points drawn from a mesh's surface, not its vertices."
    )
    limit: int | None = option(None, ge=2, unit="items", help="Use only so many items, the first.")
    dataset: Component = component(
        "dataset",
        default={"name": "digits"},
        provides=("items", "table"),
        help="The items to use when path is left out.",
    )


@attrs.frozen(kw_only=True)
class InpaintConfig:
    """An item of which a part is known, for the samples to complete."""

    known: Path | None = option(
        None,
        help="File with the item: an image (transparent where unknown), npy (nan where unknown), "
        "or a csv table of one row (empty or missing where unknown).",
    )
    mask: Path | None = option(
        None, help="File of the same kind, bright or not 0 where the item is known."
    )
    tolerance: float | None = option(
        None,
        gt=0,
        help="How far training items may be from the known values, as a standard deviation in "
        "standardised units; if left out, so far that about 16 of them count.",
    )


@attrs.frozen(kw_only=True)
class GenerationConfig:
    """What is drawn."""

    samples: int = option(256, ge=2, unit="samples", help="Samples to draw.")
    latent_dim: int = option(
        0,
        ge=0,
        unit="coordinates",
        help="0 samples items as they are; otherwise the embedder maps them to so many latent "
        "coordinates, which are sampled and mapped back.",
    )
    label: int | str | None = option(
        None, help="Draw items with this label only, given by name or number."
    )
    inpaint: InpaintConfig = section(InpaintConfig, help="Complete an item that is known in part.")


@attrs.frozen(kw_only=True)
class EvaluationConfig:
    """What is measured on the samples."""

    holdout: float = option(
        0.1,
        ge=0,
        le=0.5,
        help="Share of the items that sampling never sees, to compare samples with; 0 compares "
        "with the training items.",
    )
    features: Literal["raw", "pca", "classifier"] = option(
        "pca",
        help="Features that KID and recall are measured on: the items themselves, their principal "
        "components, or the hidden layer of a classifier trained on the labels.",
    )
    feature_dim: int = option(
        32, ge=1, unit="features", help="Principal components, or width of the hidden layer."
    )
    recall_neighbors: int = option(
        3, ge=1, unit="items", help="Neighbours whose distance is the radius for recall."
    )
    target: str | None = option(
        None,
        help="Column of a table that models trained on the samples have to predict on held-out "
        "rows; auto and local-copula draw it from the other columns.",
    )
    rivals: bool = option(
        False,
        help="Also fit simple rivals (closed-form; a Gaussian mixture on principal axes, or a "
        "Gaussian copula and SMOTE) to the same items, and measure them alike.",
    )
    w2_exact: bool = option(
        False,
        help="Also draw twice with the exact engine and report the 2-Wasserstein distance of the "
        "samples to the exact ones, and between the two exact draws (the floor).",
    )
    shown: int = option(36, ge=1, unit="samples", help="Samples in the report's figures.")


@attrs.frozen(kw_only=True)
class CFDMConfig(MethodConfig):
    """Closed-form diffusion: new items from the exact score of the data, without training."""

    data: ItemsConfig = section(ItemsConfig, help="The items.")
    sampler: Component = component(
        "sampler", default={"name": "closed-form"}, help="How new items are drawn."
    )
    embedder: Component = component(
        "embedder",
        default={"name": "pca"},
        needs=(Decodes,),
        help="From items to latent coordinates and back; used if cfdm.latent_dim is not 0.",
    )
    trainer: Component = component(
        "trainer",
        default={"name": "gradient", "epochs": 20, "batch_size": 128, "learning_rate": 2e-3},
        help="How the embedder is fitted, if it trains.",
    )
    cfdm: GenerationConfig = section(GenerationConfig, help="What is drawn.")
    evaluation: EvaluationConfig = section(EvaluationConfig, help="What is measured.")

    def __attrs_post_init__(self) -> None:
        pretrained = getattr(self.embedder.options, "path", None)
        if pretrained is not None and not self.cfdm.latent_dim:
            raise ValueError("embedder.path: needs cfdm.latent_dim, without which nothing embeds")
