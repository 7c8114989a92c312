"""Whether a file holds distances, edges or points, where the user does not say."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import attrs
import numpy as np

from geoframe.data import is_number
from geoframe.errors import DataError
from geoframe_data.arrays import load_arrays
from geoframe_data.cells import read_cells
from geoframe_data.delimited import delimiter_of
from geoframe_data.files import UserFile, open_file
from geoframe_data.formats import content_kind
from geoframe_data.graphs.fields import Fields
from geoframe_data.lines import split_cells
from geoframe_data.matrices import KEYS, PHYLIP, of_triangle
from geoframe_data.matrix_market import is_dense
from geoframe_snowflake.data_config import MetricDataConfig

Found = Literal["distances", "graph", "points"]

ARRAYS: dict[str, Found] = {
    **dict.fromkeys(KEYS, "distances"),
    "edges": "graph",
    "edge_index": "graph",
    "parent": "graph",
    "adjacency": "graph",
    "points": "points",
}
"""Arrays of an npz -> what it holds."""
DELIMITED = (".csv", ".tsv", ".tab", ".txt", ".dat", ".dist", ".phy", ".phylip")


@attrs.frozen
class Header:
    """Names of columns, to look for the ends of an edge among them."""

    names: tuple[str, ...]

    def find(self, *wanted: str) -> int | None:
        """Place of the first of these names, whatever its case."""
        lower = [name.lower() for name in self.names]
        return next((lower.index(each.lower()) for each in wanted if each.lower() in lower), None)


def content_of(path: Path, config: MetricDataConfig) -> Found:
    """Tell what a file holds, by its names of columns and arrays and by its shape.

    Raises
    ------
    DataError
        If it may be anything.
    """
    if path.is_dir():
        return "graph"
    file = open_file(path, max_bytes=config.max_bytes)
    kind = content_kind(file)
    if kind in ("npy", "npz"):
        arrays = load_arrays(file, one=KEYS[0])
        known = (content for key, content in ARRAYS.items() if key in arrays)
        return next(known, "distances")
    if kind == "mtx":
        return "distances" if is_dense(file) else "graph"
    fields = Fields(source=config.source, target=config.target)
    if kind in ("parquet", "feather", "xlsx"):
        cells = read_cells(file)
        if fields.ends(Header(cells.names)) is not None:
            return "graph"
        return _by_shape(file, len(cells) + 1, len(cells.names))
    if kind is not None or (file.suffix not in DELIMITED and config.format in ("auto", "json")):
        return "graph"
    return _of_text(file, fields, config.delimiter)


def _of_text(file: UserFile, fields: Fields, delimiter: str | None) -> Found:
    text = file.text()
    if PHYLIP.match(text):
        return "distances"
    split = split_cells(file.path, text, delimiter_of(delimiter) or of_triangle(text))
    first = tuple(str(column[0]).strip() for column in split.columns)
    if fields.ends(Header(first)) is not None:
        return "graph"
    rows, columns = len(split.lines), len(first)
    second = [str(column[min(1, rows - 1)]).strip() for column in split.columns[:2]]
    if not any(map(is_number, second)):
        return "graph"  # no line of a matrix has two names; outlines and paths are trees
    triangle = rows > 2 and bool((np.diff(split.widths) == 1).all())
    if triangle or rows == columns or (rows == columns + 1 and first[0]):
        return "distances"
    if columns == rows + 1 and not is_number(first[0]) and is_number(first[1]):
        return "distances"  # names without a line of them above
    raise _unclear(file, rows, columns)


def _by_shape(file: UserFile, rows: int, columns: int) -> Found:
    if rows - 1 in (columns, columns - 1):
        return "distances"
    raise _unclear(file, rows, columns)


def _unclear(file: UserFile, rows: int, columns: int) -> DataError:
    return DataError(
        f"{file.path}: has no columns for the ends of edges (data.source and data.target), and "
        f"{rows} lines of {columns} cells are no distance matrix; set data.content (graph, "
        "distances or points)"
    )
