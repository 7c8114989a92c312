"""Named arrays of a file: npz and npy, never unpickled. Torch-free."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoframe.data import MAX_BYTES, shown, unpacked_bound
from geoframe.errors import DataError
from geoframe_data.files import UserFile, too_large
from geoframe_data.formats import content_kind

Integers = NDArray[np.int64]

PICKLED = (
    "holds pickled Python objects, which are never loaded; save plain arrays (names as str) with "
    "numpy.savez"
)


def as_floats(array: NDArray[Any], key: str, where: object) -> NDArray[np.float64]:
    """Return an array of numbers as float64.

    Raises
    ------
    DataError
        If it holds anything else.
    """
    if array.dtype.kind not in "iufb":
        raise DataError(f"{where}: '{shown(key)}' is {array.dtype}, expected numbers")
    return array.astype(np.float64)


def as_whole(array: NDArray[Any], key: str, where: object, *, most: int = 2**53) -> Integers:
    """Return an array of whole numbers, of whatever type, as int64.

    Raises
    ------
    DataError
        If it holds anything else, or a number beyond ``most``.
    """
    values = as_floats(array, key, where)
    if not (values == np.floor(values)).all() or not (np.abs(values) <= most).all():
        raise DataError(f"{where}: '{shown(key)}' must hold whole numbers up to {most:,}")
    return values.astype(np.int64)


def as_one(array: NDArray[Any], key: str, where: object) -> float:
    """Return the only number of an array, of whatever shape.

    Raises
    ------
    DataError
        If it holds none, several, or no number.
    """
    if array.size != 1:
        raise DataError(f"{where}: '{shown(key)}' has shape {array.shape}, expected one number")
    return float(as_floats(array, key, where).item())


def load_arrays(
    file: UserFile, *, one: str = "x", max_bytes: int = MAX_BYTES, skip_objects: bool = False
) -> dict[str, NDArray[Any]]:
    """Load the arrays of an npz file, or the one of an npy file under the name ``one``.

    Parameters
    ----------
    skip_objects
        Pass over arrays of Python objects, which are never unpickled.

    Raises
    ------
    DataError
        If it is another kind of file, damaged, too large, or holds Python objects.
    """
    kind = content_kind(file)
    if kind not in ("npz", "npy"):
        raise DataError(f"{file.path}: is no npz or npy file; save arrays with numpy.savez")
    source = io.BytesIO(file.content)
    try:
        if kind == "npy":
            return {one: np.load(source, allow_pickle=False)}
        with zipfile.ZipFile(source) as archive:
            bound = unpacked_bound(len(file.content), max_bytes)
            if sum(entry.file_size for entry in archive.infolist()) > bound:
                raise too_large(file.path, bound)
        source.seek(0)
        with np.load(source, allow_pickle=False) as arrays:
            found = {}
            for name in arrays.files:
                try:
                    found[name] = arrays[name]
                except ValueError as error:
                    if not (skip_objects and "allow_pickle" in str(error)):
                        raise
            return found
    except DataError:
        raise
    except Exception as error:  # damage makes numpy raise anything
        reason = PICKLED if "allow_pickle" in str(error) else f"is damaged: {shown(error)}"
        raise DataError(f"{file.path}: {reason}") from None
