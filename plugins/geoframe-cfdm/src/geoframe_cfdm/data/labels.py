"""Users' labels, of any type, to integers with names."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from geoframe.errors import DataError


def as_labels(values: NDArray[Any], origin: str) -> tuple[Tensor, tuple[str, ...]]:
    """Labels ``(n,)`` or ``(n, 1)`` to int64 ``(n,)``, and the names that the integers stand for.

    Whole numbers stay what they are and have no names. Texts are numbered in sorted order.

    Parameters
    ----------
    origin
        What the labels are called in a message.

    Raises
    ------
    DataError
        If there is not one label per item, or they are neither whole numbers nor texts.
    """
    if values.ndim == 0 or values.size != len(values):
        raise DataError(
            f"{origin}: labels must be one for each item, not of shape {values.shape}"
            + ("; of one-hot labels take the argmax" if values.ndim == 2 else "")
        )
    flat = values.reshape(-1)
    if flat.dtype.kind in "US":
        names, codes = np.unique(flat.astype(np.str_), return_inverse=True)
        return torch.from_numpy(codes.astype(np.int64)), tuple(str(name) for name in names)
    if flat.dtype.kind == "f" and not bool((flat == np.floor(flat)).all()):
        row = int((flat != np.floor(flat)).nonzero()[0][0])
        raise DataError(
            f"{origin}: labels must be whole numbers or names, and that of item {row} is "
            f"{flat[row]:g}"
        )
    if flat.dtype.kind not in "iufb":
        raise DataError(f"{origin}: labels must be whole numbers or names, not {flat.dtype}")
    return torch.from_numpy(flat.astype(np.int64)), ()
