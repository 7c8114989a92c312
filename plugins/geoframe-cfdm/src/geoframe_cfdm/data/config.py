"""Options of the ``[data]`` table. Torch-free."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import attrs

from geoframe.components import Component
from geoframe.config import component, option

Format = Literal["auto", "npz", "npy", "safetensors", "images", "csv", "mesh"]


@attrs.frozen(kw_only=True)
class ItemsConfig:
    """Items to sample from: the user's file or folder, or a dataset by name."""

    path: Path | None = option(
        None, help="The file, or the folder of images; without it the dataset below is used."
    )
    format: Format = option(
        "auto",
        help="auto goes by the suffix: arrays (npz, npy, safetensors), a folder of images, a "
        "table (csv, tsv, also .gz), or a point cloud or mesh (ply, obj, stl, off), whose items "
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
        ("*",), help="Columns of a table to use; * matches every numeric one."
    )
    size: int | None = option(
        None, ge=1, unit="pixels", help="Resize images to this height and width."
    )
    grey: bool = option(False, help="Read images without their colours.")
    surface_points: int | None = option(
        None, ge=2, unit="points", help="Points drawn from a mesh's surface, not its vertices."
    )
    limit: int | None = option(None, ge=2, unit="items", help="Use only so many items, the first.")
    dataset: Component = component(
        "dataset",
        default={"name": "digits"},
        provides=("items",),
        help="The items to use when path is left out.",
    )
