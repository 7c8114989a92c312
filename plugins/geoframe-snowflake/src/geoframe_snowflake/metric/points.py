"""Points: rows of numbers with names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from geoframe.data import listed, shown
from geoframe.errors import DataError
from geoframe_data.arrays import as_floats, load_arrays
from geoframe_data.cells import read_cells
from geoframe_data.files import UserFile, open_file
from geoframe_data.formats import content_kind
from geoframe_data.graphs.arrays import NAMES
from geoframe_data.graphs.records import text_of
from geoframe_data.table import typed
from geoframe_snowflake.metric.finite_metric import Floats


@attrs.frozen(kw_only=True, eq=False)
class Points:
    """Rows of numbers, not yet checked."""

    origin: str
    names: tuple[str, ...]
    values: Floats
    """``(n, f)``."""
    repairs: tuple[str, ...] = ()

    @property
    def features(self) -> NDArray[np.float32]:
        """The points as an encoder sees them, float32 ``(n, f)``.

        Raises
        ------
        DataError
            If one is not finite.
        """
        if not np.isfinite(self.values).all():
            raise DataError(f"{self.origin}: holds a feature that is not finite")
        return self.values.astype(np.float32)


def read_points(path: Path, *, name: str = "name", **reading: Any) -> Points:
    """Read points from a table, an npy or an npz file.

    Names stand in the column (array) ``name`` or in a first column without a name; points in all
    other columns, or in the array ``points`` or the only one.

    Raises
    ------
    DataError
        If there are none, or a column holds something else.
    """
    file = open_file(path, max_bytes=reading.pop("max_bytes"))
    if content_kind(file) in ("npy", "npz"):
        return _of_arrays(file, name)
    cells = read_cells(file, known=(name,), **reading)
    named = next((each for each in cells.names if each.lower() == name.lower()), None)
    table = typed(cells, id=named)
    texts = [column for column in table.columns if not table.schema[column].numeric]
    if texts or not table.columns:
        what = f"column '{shown(texts[0])}' holds no numbers" if texts else "has no columns"
        raise DataError(f"{path}: {what}; points are rows of numbers, named by data.name")
    values = np.stack([table.numbers(column) for column in table.columns], axis=1)
    names = table.names or tuple(map(str, range(len(table))))
    return Points(origin=str(path), names=names, values=values, repairs=table.notes)


def _of_arrays(file: UserFile, name: str) -> Points:
    arrays = load_arrays(file, one="points")
    key = "points" if "points" in arrays or len(arrays) > 1 else next(iter(arrays), "points")
    if key not in arrays:
        raise DataError(f"{file.path}: has no array 'points' (arrays: {listed([*arrays])})")
    values = as_floats(arrays[key], key, str(file.path))
    if values.ndim != 2:
        raise DataError(f"{file.path}: '{key}' has shape {values.shape}; points are (n, f)")
    found = next((arrays[each] for each in (name, *NAMES) if each in arrays), None)
    if found is not None and found.ndim != 1:
        raise DataError(f"{file.path}: the names have shape {found.shape}, not (n,)")
    names = map(str, range(len(values))) if found is None else map(text_of, found.tolist())
    points = Points(origin=str(file.path), names=tuple(names), values=values)
    if len(points.names) != len(values):
        raise DataError(f"{file.path}: {len(points.names)} names for {len(values)} points")
    return points
