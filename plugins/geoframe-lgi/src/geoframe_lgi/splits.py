"""Which rows train, which choose and which test: by fractions, folds, groups or given masks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from geoframe.errors import DataError
from geoframe_lgi.config import SplitConfig
from geoframe_lgi.task import Mask, NodeTask, Split

ROLES = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
    "holdout": "test",
}
"""What cells of a split column may say -> role."""


def make_splits(
    task: NodeTask,
    options: SplitConfig,
    *,
    groups: NDArray[np.object_] | None = None,
    roles: Sequence[tuple[str, NDArray[np.object_]]] = (),
    seed: int = 0,
) -> list[Split]:
    """Split the labelled rows as the config says.

    Parameters
    ----------
    groups
        Cells ``(n,)``: rows of the same group never stand on two sides.
    roles
        Names and cells ``(n,)`` of columns that say train, validation or test themselves.

    Raises
    ------
    DataError
        If a part would be empty, or a cell is no role.
    """
    if roles:
        splits = [_by_roles(name, cells) for name, cells in roles[: options.repeats or None]]
    else:
        strata = task.codes if _stratified(task, options, groups) else None
        rng = np.random.default_rng(seed)
        positions = [_positions(task, strata, groups, rng) for _ in range(options.repeats or 1)]
        splits = (
            _folds(task, options, positions[0])
            if options.folds
            else [_drawn(task, options, position, str(r)) for r, position in enumerate(positions)]
        )
    known = task.labelled
    splits = [
        Split(
            name=split.name,
            train=split.train & known,
            validation=split.validation & known,
            test=split.test & known,
        )
        for split in splits
    ]
    for split in splits:
        for part in ("train", "test"):
            if not getattr(split, part).any():
                raise DataError(f"split '{split.name}': no labelled row is left to {part} on")
    return splits


def _by_roles(name: str, cells: NDArray[np.object_]) -> Split:
    said = [str(cell).strip().lower() for cell in cells]
    for cell in said:
        if cell and cell not in ROLES:
            raise DataError(
                f"split column '{name}': '{cell}' is no part; cells are train, validation, test, "
                "or empty"
            )
    role = np.array([ROLES.get(cell, "") for cell in said])
    return Split(
        name=name,
        train=role == "train",
        validation=role == "validation",
        test=role == "test",
    )


def _stratified(task: NodeTask, options: SplitConfig, groups: NDArray[np.object_] | None) -> bool:
    return options.stratify and task.kind == "classification" and groups is None


def _drawn(task: NodeTask, options: SplitConfig, position: NDArray[np.float64], name: str) -> Split:
    """Draw one split by shares, or by a number of training rows per class."""
    if not options.per_class:
        test = position < options.test
        validation = ~test & (position < options.test + options.validation)
        return Split(name=name, train=~test & ~validation, validation=validation, test=test)
    if task.kind != "classification":
        raise DataError("split.per_class: only classes can be counted; leave it out")
    train = _first_of_each(task.codes, position, options.per_class)
    nothing = np.zeros(len(task), dtype=np.bool_)
    return Split(name=name, train=train, validation=nothing, test=~train)


def _folds(task: NodeTask, options: SplitConfig, position: NDArray[np.float64]) -> list[Split]:
    """Test each of k folds in turn; the next part of the circle validates."""
    splits = []
    for fold in range(options.folds):
        moved = (position - fold / options.folds) % 1.0
        test = moved < 1 / options.folds
        validation = ~test & (moved < 1 / options.folds + options.validation)
        splits.append(
            Split(name=f"fold-{fold}", train=~test & ~validation, validation=validation, test=test)
        )
    return splits


def _positions(
    task: NodeTask,
    strata: NDArray[np.int64] | None,
    groups: NDArray[np.object_] | None,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Places of all rows in [0, 1), even within each class; the same for rows of one group."""
    if groups is not None:
        names, inverse = np.unique(groups.astype(str), return_inverse=True)
        return ((rng.permutation(len(names)) + 0.5) / len(names))[inverse]
    position = np.empty(len(task))
    codes = np.zeros(len(task), dtype=np.int64) if strata is None else strata
    for code in np.unique(codes):
        members = np.flatnonzero(codes == code)
        # A random offset per class, or small classes would all leave the same part empty.
        places = (rng.permutation(len(members)) + rng.random()) / len(members)
        position[members] = places % 1.0
    return position


def _first_of_each(codes: NDArray[np.int64], position: NDArray[np.float64], count: int) -> Mask:
    chosen = np.zeros(len(codes), dtype=np.bool_)
    for code in np.unique(codes[codes >= 0]):
        members = np.flatnonzero(codes == code)
        chosen[members[np.argsort(position[members])][:count]] = True
    return chosen


def stratified_folds(
    task: NodeTask, rows: Mask, folds: int, rng: np.random.Generator
) -> list[Mask]:
    """Cut labelled rows into folds, even within each class -> masks of the held-out parts."""
    strata = task.codes if task.kind == "classification" else None
    codes = np.zeros(len(task), dtype=np.int64) if strata is None else strata
    fold = np.full(len(task), -1)
    start = 0
    for code in np.unique(codes[rows]):
        members = rng.permutation(np.flatnonzero(rows & (codes == code)))
        fold[members] = (start + np.arange(len(members))) % folds
        start += len(members)
    return [fold == index for index in range(folds)]
