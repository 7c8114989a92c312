"""Distances between all pairs of items, as a matrix, and what is done about those that are not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any, Literal

import attrs
import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from geoframe.data import shown
from geoframe.errors import DataError
from geoframe_data.graph import Features, Floats

Asymmetry = Literal["refuse", "keep", "mean", "min", "max"]
Missing = Literal["refuse", "mask"]

ROUNDING = {"float64": 1e-9, "float32": 1e-6, "float16": 1e-3}
"""Difference, relative to the largest distance, that counts as rounding, by type of the numbers."""
CANCELLATION = 1e-6
"""How far below 0, relative to the largest, rounding may lead: distances are often differences."""


def rounding(dtype: DTypeLike, values: NDArray[Any]) -> float:
    """Relative difference that counts as rounding; float64 that came from float32 is told."""
    found = ROUNDING.get(np.dtype(dtype).name, ROUNDING["float64"])
    with np.errstate(over="ignore"):
        single = values.astype(np.float32)
    is_single = np.array_equal(single, values, equal_nan=True) and (values != values.round()).any()
    return max(found, ROUNDING["float32"]) if is_single else found


def _strings(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(values)


def _matrix(values: ArrayLike) -> Floats:
    array = np.array(values, dtype=np.float64, order="C")
    array.flags.writeable = False
    return array


@attrs.frozen(kw_only=True, eq=False)
class Distances:
    """``n`` named items with the distance of each to each, as they stand in a file.

    Parameters
    ----------
    names
        ``n`` names.
    values
        float64 ``(n, n)``, read-only: row i holds the distances from item i; NaN where one is
        missing.
    rounding
        Difference, relative to the largest distance, that counts as rounding.
    features
        float32 ``(n, F)``, or None.
    origin
        What messages call the distances: the file's path, or a dataset's name.
    repairs
        Sentences that say what was changed in the data as they were given.
    """

    names: tuple[str, ...] = attrs.field(converter=_strings)
    values: Floats = attrs.field(converter=_matrix)
    rounding: float = ROUNDING["float64"]
    features: Features | None = None
    origin: str = "distances"
    repairs: tuple[str, ...] = attrs.field(default=(), converter=_strings)

    def __attrs_post_init__(self) -> None:
        n = len(self.names)
        if self.values.shape != (n, n):
            raise ValueError(f"values must have shape ({n}, {n}), not {self.values.shape}")

    def __len__(self) -> int:
        """Return the number of items."""
        return len(self.names)

    def __repr__(self) -> str:
        kind = "symmetric" if self.symmetric else "directed"
        return f"Distances({len(self)} items, {kind})"

    @property
    def unit(self) -> float:
        """The largest distance."""
        finite = np.abs(self.values[np.isfinite(self.values)])
        return float(finite.max(initial=0.0))

    @property
    def symmetric(self) -> bool:
        """Whether both directions of all pairs agree up to rounding."""
        with np.errstate(invalid="ignore"):
            apart = np.abs(self.values - self.values.T) > self.rounding * self.unit
        return not apart.any()

    def pair(self, i: int, j: int) -> str:
        """Name a pair of items: ``the distance from 'a' to 'b'``."""
        return f"the distance from '{shown(self.names[i])}' to '{shown(self.names[j])}'"

    def fingerprint(self) -> str:
        """Return the sha256 (hex) of names, distances and features."""
        digest = hashlib.sha256(json.dumps(self.names).encode())
        for array in (self.values, self.features):
            if array is None:
                digest.update(b"none;")
                continue
            digest.update(f"{array.shape}{array.dtype.name};".encode())
            digest.update(array.astype(array.dtype.newbyteorder("<")).tobytes())
        return digest.hexdigest()


def repaired_distances(
    distances: Distances, *, asymmetry: Asymmetry = "refuse", missing: Missing = "refuse"
) -> Distances:
    """Check distances, and repair what the options allow.

    Parameters
    ----------
    asymmetry
        What to make of two different distances for the two orders of a pair; ``keep`` keeps both.
    missing
        Whether pairs without a distance stay NaN, for methods that pass over them.

    Raises
    ------
    DataError
        If a distance is infinite, negative or missing, not zero from an item to itself, or if
        the two orders of a pair differ, beyond rounding; or if all are zero.
    """
    values, repairs = distances.values.copy(), [*distances.repairs]
    size, origin = distances.unit, distances.origin
    _refuse(distances, np.isinf(values), "is not a finite number")
    negative = values < 0
    below = max(distances.rounding, CANCELLATION) * size
    _refuse(distances, values < -below, "is negative")
    np.fill_diagonal(values, np.nan_to_num(values.diagonal()))
    _refuse(distances, np.diag(np.abs(values.diagonal()) > below), "must be 0")
    if negative.any():
        repairs.append(f"{int(negative.sum())} distances below 0 by rounding were set to 0")
        values[negative] = 0.0
    np.fill_diagonal(values, 0.0)
    if size == 0:
        raise DataError(f"{origin}: all distances are 0")
    absent = np.isnan(values)
    if asymmetry != "keep":
        lone = absent & ~absent.T
        if lone.any():
            values[lone] = values.T[lone]
            repairs.append(f"{int(lone.sum())} distances were missing in one direction")
        values = _symmetric(distances, values, asymmetry, repairs)
    if np.isnan(values).any():
        pairs = int(np.isnan(values).sum())
        if missing == "refuse":
            _refuse(distances, np.isnan(values), f"is missing (as are {pairs - 1} more)")
        repairs.append(f"{pairs} distances are missing and stay out of account")
    return attrs.evolve(distances, values=values, repairs=repairs)


def _symmetric(
    distances: Distances, values: Floats, asymmetry: Asymmetry, repairs: list[str]
) -> Floats:
    with np.errstate(invalid="ignore"):
        apart = np.abs(values - values.T) > distances.rounding * distances.unit
    if apart.any():
        if asymmetry == "refuse":
            i, j = np.argwhere(apart)[0].tolist()
            raise DataError(
                f"{distances.origin}: {distances.pair(i, j)} is {values[i, j]:g}, and back "
                f"{values[j, i]:g}; set data.asymmetry to mean, min or max"
            )
        pairs = int(apart.sum()) // 2
        repairs.append(f"{pairs} pairs had two distances; their {asymmetry} was taken")
    if asymmetry == "min":
        return np.minimum(values, values.T)
    if asymmetry == "max":
        return np.maximum(values, values.T)
    return 0.5 * (values + values.T)


def _refuse(distances: Distances, wrong: NDArray[np.bool_], what: str) -> None:
    if wrong.any():
        i, j = np.argwhere(wrong)[0].tolist()
        value = distances.values[i, j]
        given = "" if np.isnan(value) else f" ({value:g})"
        raise DataError(f"{distances.origin}: {distances.pair(i, j)}{given} {what}")
