"""Finding datasets that are stored as files, and scaling their layouts."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geoframe.errors import DataError
from geoframe_nst.graph import Features

VARIABLE = "GEOFRAME_DATA"


def stored_file(folder: str, file: str, root: Path | None) -> Path:
    """Return ``root / file``, or ``$GEOFRAME_DATA / folder / file`` if ``root`` is None.

    Raises
    ------
    DataError
        If it is not there.
    """
    remedy = f"set {VARIABLE} to the folder that holds {folder}/, or data.dataset.root to {folder}/"
    if root is None:
        data = os.environ.get(VARIABLE)
        if not data:
            raise DataError(f"dataset file {folder}/{file}: {VARIABLE} is not set; {remedy}")
        root = Path(data) / folder
    path = root / file
    if not path.is_file():
        raise DataError(f"{path}: no such dataset file; {remedy}")
    return path


def scaled_layout(positions: NDArray[np.float64]) -> Features:
    """Scale positions ``(n, 2)`` to [0, 1] per axis, as the NST paper does (its node features)."""
    low, high = positions.min(axis=0), positions.max(axis=0)
    scaled: Features = ((positions - low) / (high - low)).astype(np.float32)
    return scaled
