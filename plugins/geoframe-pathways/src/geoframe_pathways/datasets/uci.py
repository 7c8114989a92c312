"""Regression tables of the UCI repository with the splits that published results use."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

import attrs
import numpy as np

from geoframe.config import option
from geoframe.data import stored_file
from geoframe.dataset import Dataset
from geoframe.errors import DataError
from geoframe_data import ColumnType, Table, read_table

TARGETS = {"california-housing": "median_house_value"}
"""Target columns that are not the last."""


@attrs.frozen(kw_only=True)
class UCIRegression(Dataset):
    """UCI regression tables with predefined splits (from files; see root)."""

    provides = "table"

    component: ClassVar[str] = "geoframe_pathways.datasets.uci:UCIRegression"

    table: Literal[
        "concrete",
        "energy",
        "power-plant",
        "protein-tertiary-structure",
        "wine-quality-red",
        "yacht",
        "california-housing",
    ] = option("concrete", help="Which table.")
    split: int = option(
        0, ge=0, help="Predefined split (0 to 19, protein 0 to 4; california-housing has none)."
    )
    drawn: bool = option(
        False,
        help="Let the run's seed draw the test part (data.test_fraction), not a predefined split.",
    )
    root: Path | None = option(None, help="Folder of the files; else $GEOFRAME_DATA/uci-regression")

    def load(self) -> Table:
        """Return the table; its last column, or the house value, is the target.

        Raises
        ------
        DataError
            If the files are not found or there is no such split.
        """
        folder = "uci-regression"
        table = read_table(stored_file(folder, f"{self.table}.csv.gz", self.root))
        target = TARGETS.get(self.table, table.columns[-1])
        test_rows = None
        if self.table != "california-housing" and not self.drawn:
            path = stored_file(folder, f"{self.table}.splits.npz", self.root)
            with np.load(path, allow_pickle=False) as splits:
                if f"test_{self.split}" not in splits.files:
                    raise DataError(
                        f"data.dataset.split: {self.table} has splits 0 to {len(splits.files) - 1}"
                    )
                test_rows = splits[f"test_{self.split}"].astype(np.int64)
        # Grades of wine are integers, and a measurement nevertheless.
        columns = [
            ColumnType(name=target, kind="number") if each.name == target else each
            for each in table.schema.columns
        ]
        schema = attrs.evolve(table.schema, columns=tuple(columns))
        return attrs.evolve(table, schema=schema, target=target, test_rows=test_rows)
