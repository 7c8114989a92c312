"""A table of features and a target. Torch-free."""

from __future__ import annotations

import hashlib
from typing import Literal

import attrs
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoframe.errors import DataError
from geoframe_pathways.data.columns import kind_of, numbers, texts
from geoframe_pathways.data.encoder import Scaling

TaskKind = Literal["regression", "classification"]

MAX_INTEGER_CLASSES = 20
"""Different integers up to which a target is taken for classes."""


@attrs.frozen(kw_only=True, eq=False)
class Table:
    """Rows to learn from."""

    features: pd.DataFrame
    target: NDArray[np.generic]
    """Numbers ``(n,)`` or ``(n, outputs)``, or class labels ``(n,)``."""
    target_name: str
    task: TaskKind
    test_rows: NDArray[np.int64] | None = None
    """Row numbers of a predefined test part."""
    scaling: Scaling = "column"
    repairs: tuple[str, ...] = ()
    """What was changed while reading, a sentence each."""

    def __len__(self) -> int:
        return len(self.features)

    def fingerprint(self) -> str:
        """SHA-256 of features and target."""
        digest = hashlib.sha256()
        nested = [name for name in self.features if kind_of(self.features[name]) == "nested"]
        hashable = self.features.astype(dict.fromkeys(nested, str))
        for frame in (hashable, pd.DataFrame(self.target)):
            hashes = pd.util.hash_pandas_object(frame, index=False)
            digest.update(np.asarray(hashes, dtype=np.uint64).tobytes())
        return digest.hexdigest()


def make_table(
    features: pd.DataFrame,
    target: NDArray[np.generic],
    target_name: str,
    task: Literal["auto", "regression", "classification"],
    *,
    test_rows: NDArray[np.int64] | None = None,
    scaling: Scaling = "column",
) -> Table:
    """Check a table, find out its task, and drop rows without a target.

    Raises
    ------
    DataError
        If the target cannot be predicted or too few rows are left.
    """
    repairs = []
    missing = np.asarray(pd.isna(target)).any(axis=tuple(range(1, target.ndim)))
    if missing.any():
        if test_rows is not None:
            raise DataError(
                f"{int(missing.sum())} rows have no '{target_name}', and a predefined split "
                "counts rows; drop these rows from both"
            )
        features = features.iloc[np.flatnonzero(~missing)].reset_index(drop=True)
        target = target[~missing]
        repairs.append(f"left out {int(missing.sum())} rows without '{target_name}'")
    if len(features) < 10:
        where = f" with '{target_name}'" if missing.any() else ""
        raise DataError(f"the table has {len(features)} rows{where}; at least 10 are needed")
    target = _plain(target, target_name)
    numeric = np.issubdtype(target.dtype, np.number)
    if task == "auto":
        task = _guess(target)
    if task == "regression":
        if not numeric:
            raise DataError(f"target '{target_name}' is not numeric; take data.task=classification")
        target = target.astype(np.float64)
        if not np.isfinite(target**2).all():
            raise DataError(f"target '{target_name}' has infinite values, or too large ones")
        if target.min() == target.max():
            raise DataError(f"target '{target_name}' has the same value in every row")
    else:
        if target.ndim != 1:
            raise DataError(f"target '{target_name}' must be one column for classification")
        classes, rows = np.unique(target, return_counts=True)
        if not 2 <= len(classes) <= len(target) // 2:
            raise DataError(
                f"target '{target_name}' has {len(classes)} classes in {int(rows.sum())} rows; "
                "take data.target to predict another column"
            )
    return Table(
        features=features,
        target=target,
        target_name=target_name,
        task=task,
        test_rows=test_rows,
        scaling=scaling,
        repairs=tuple(repairs),
    )


def _plain(target: NDArray[np.generic], name: str) -> NDArray[np.generic]:
    """Turn a target of Python objects or dates into an array of numbers or of texts."""
    if target.dtype.kind not in "OMm" or target.ndim > 1:
        return target
    column = pd.Series(target, name=name).infer_objects()
    kind = kind_of(column)
    if kind == "nested":
        raise DataError(f"target '{name}' holds lists or other containers")
    if kind != "number":
        return texts(column)
    return column.to_numpy() if column.dtype != object else numbers(column)


def _guess(target: NDArray[np.generic]) -> TaskKind:
    if target.ndim == 1 and not np.issubdtype(target.dtype, np.floating):
        integers = np.issubdtype(target.dtype, np.integer)
        if not integers or len(np.unique(target)) <= MAX_INTEGER_CLASSES:
            return "classification"
    return "regression"
