"""Finding datasets that are stored as files."""

from __future__ import annotations

import os
from pathlib import Path

from geoframe.errors import DataError

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
