"""Options of the ``[data]`` table. Torch-free."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import attrs

from geoframe.components import Component
from geoframe.config import component, option

Format = Literal["auto", "csv", "tsv", "parquet", "npz"]


@attrs.frozen(kw_only=True)
class TableDataConfig:
    """A table of features and a target: the user's file, or a dataset by name."""

    path: Path | None = option(
        None, help="The file that holds the table; without it the dataset below is used."
    )
    format: Format = option("auto", help="Format of the file; auto goes by its suffix.")
    target: str | None = option(
        None, help="Column (or npz array) to predict; the last one if left out (npz: 'y')."
    )
    task: Literal["auto", "regression", "classification"] = option(
        "auto",
        help="auto is classification for a target of text, truth values or at most 20 different "
        "integers, else regression.",
    )
    splits: Path | None = option(
        None, help="npz file whose array test_<split> holds the row numbers of the test part."
    )
    split: int = option(0, ge=0, help="Which predefined split of the splits file to take.")
    test_fraction: float = option(
        0.2, gt=0, lt=1, help="Share of rows for testing where no split is predefined."
    )
    scaling: Literal["auto", "column", "common", "none"] = option(
        "auto",
        help="Numbers are divided by their column's standard deviation (column), by one for all "
        "(common; for pixels), or left alone; auto is what the dataset asks for, else column.",
    )
    dataset: Component = component(
        "dataset",
        default={"name": "function-grid"},
        provides=("table",),
        help="The table to use when path is left out.",
    )
