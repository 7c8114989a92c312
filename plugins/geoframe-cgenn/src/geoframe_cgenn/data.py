"""From the ``[data]`` table to sets of vectors, with one line for whatever is wrong. Torch-free."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from geoframe.data import listed, shown
from geoframe.errors import DataError
from geoframe_cgenn.config import VectorDataConfig
from geoframe_cgenn.sets import PARTS, Kind, VectorSets, centred
from geoframe_cgenn.tables import SET, numbers, read_columns, vector_columns
from geoframe_data import Schema, Table

MOST_CLASSES = 20
"""Different whole numbers up to which a target column is taken for classes."""
CODES = {
    **{part: at for at, part in enumerate(PARTS)},
    "valid": 1,
    "val": 1,
    "0": 0,
    "1": 1,
    "2": 2,
}
"""What a column of parts may hold."""


def load_sets(config: VectorDataConfig, seed: int) -> VectorSets:
    """Read the user's table, or build the dataset that stands for it, and divide it into parts.

    Raises
    ------
    DataError
        One line: what is wrong, where, and what to do.
    """
    if config.path is None:
        sets: VectorSets = config.dataset.build().load()
    else:
        table = read_columns(config.path, config)
        sets = _with_targets(sets_of(table, config), table, config)
    origin = str(config.path or f"dataset '{config.dataset.name}'")
    if config.largest_set is not None:
        sets = sets.shortened(config.largest_set)
    sets = sets.divided(config.validation_fraction, config.test_fraction, seed)
    if config.train_size is not None:
        sets = sets.first_for_training(config.train_size)
    _check(sets, origin)
    return sets


def read_new(
    path: Path, config: VectorDataConfig, schema: Schema | None, *, of_sets: bool
) -> VectorSets:
    """Read new data with the columns and types of the training file; targets are passed over.

    Parameters
    ----------
    schema
        Types of the training file; None after a training on a dataset, which has none.
    of_sets
        Whether a set has one answer.

    Raises
    ------
    DataError
        One line: what is wrong, where, and what to do.
    """
    table = read_columns(path, config, schema)
    return _named(attrs.evolve(sets_of(table, config), of_sets=of_sets), table, config)


def columns_for(sets: VectorSets) -> dict[str, Any]:
    """Options that say how the columns of new data are called where a dataset has no columns.

    A table has the components as ``point0_0``, ``point0_1``, ..., ``vector0_0``, ..., scalars as
    ``scalar0``, ..., and ``set`` if rows come in sets; an npz may hold arrays ``vector0 (r, n)``.
    """
    count = sets.vectors.shape[1] - sets.points
    return {
        "points": tuple((f"point{at}",) for at in range(sets.points)),
        "vectors": tuple((f"vector{at}",) for at in range(count)),
        "scalars": tuple(f"scalar{at}" for at in range(sets.scalars.shape[1])),
        "group": None if (sets.sizes == 1).all() else SET,
    }


def _check(sets: VectorSets, origin: str) -> None:
    assert sets.split is not None
    for part, name in enumerate(PARTS):
        if not (sets.split == part).any():
            raise DataError(f"{origin}: no set is left for '{name}'; {len(sets)} sets are too few")
    if sets.kind == "class":
        seen = np.unique(np.asarray(sets.part("train").targets))
        if len(seen) < 2:
            raise DataError(
                f"{origin}: all training sets are of class '{shown(sets.classes[int(seen[0])])}'; "
                "a classifier needs two"
            )


def sets_of(table: Table, config: VectorDataConfig) -> VectorSets:
    """Sets of vectors and scalars of a table, without targets.

    Raises
    ------
    DataError
        If a column is missing or holds something else than finite numbers, or a position is
        alone in its set.
    """
    sizes, order = _sets(table, config)
    named = [*(("points", names) for names in config.points)]
    named += [("vectors", names) for names in config.vectors]
    parts = [numbers(table, names, f"data.{option}")[order] for option, names in named]
    for part, (option, names) in zip(parts, named, strict=True):
        if part.shape[1] != parts[0].shape[1]:
            raise DataError(
                f"{table.origin}: data.{option}: {list(names)} has {part.shape[1]} components, "
                f"and {list(named[0][1])} has {parts[0].shape[1]}"
            )
    vectors = np.stack(parts, axis=1)
    points = len(config.points)
    if points == 1 and (sizes < 2).any():
        where = "without data.group" if _group(table, config) is None else "in a set of one row"
        raise DataError(
            f"{table.origin}: data.points: a single position {where} is nothing but the origin "
            "that is taken off; name it under data.vectors, or give sets of two rows or more"
        )
    scalars = np.zeros((len(order), 0))
    if config.scalars:
        scalars = numbers(table, config.scalars, "data.scalars")[order]
    return VectorSets(
        vectors=centred(vectors, points, sizes),
        points=points,
        scalars=scalars,
        sizes=sizes,
        order=order,
        targets=None,
        kind="number",
        of_sets=False,
        origins=vectors[:, 0] if points else None,
        notes=table.notes,
    )


def _group(table: Table, config: VectorDataConfig) -> str | None:
    if config.group is not None:
        return table.column(config.group, "data.group")
    return SET if SET in table.columns else None


def _sets(table: Table, config: VectorDataConfig) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return sizes of the sets in order of appearance, and the rows, set after set."""
    group = _group(table, config)
    if group is None:
        return np.ones(len(table), dtype=np.int64), np.arange(len(table))
    _, first, number, counts = np.unique(
        table.texts(group).astype(str), return_index=True, return_inverse=True, return_counts=True
    )
    appearance = np.argsort(first, kind="stable")
    rank = np.empty_like(appearance)
    rank[appearance] = np.arange(len(appearance))
    return counts[appearance], np.argsort(rank[number], kind="stable")


def _named(sets: VectorSets, table: Table, config: VectorDataConfig) -> VectorSets:
    """Name the sets by their group, or the rows as the table does."""
    assert sets.order is not None
    group = _group(table, config)
    if sets.of_sets and group is not None:
        labels = table.texts(group)[sets.order[sets.starts]]
        return attrs.evolve(sets, names=tuple(str(label) for label in labels))
    names = table.names or tuple(str(row) for row in range(len(table)))
    return attrs.evolve(sets, names=tuple(names[row] for row in sets.order))


def _split(sets: VectorSets, table: Table, option: str) -> NDArray[np.int64]:
    assert sets.order is not None
    given = table.texts(table.column(option, "data.split"))[sets.order]
    for row, value in enumerate(given):
        if value not in CODES:
            raise DataError(
                f"{table.where(int(sets.order[row]))}: data.split: '{shown(value)}' is not train, "
                "validation or test"
            )
    parts: NDArray[np.int64] = np.array([CODES[value] for value in given], dtype=np.int64)
    first: NDArray[np.int64] = parts[sets.starts]
    if (parts != np.repeat(first, sets.sizes)).any():
        raise DataError(f"{table.origin}: data.split: a set is in two parts")
    return first


def _with_targets(sets: VectorSets, table: Table, config: VectorDataConfig) -> VectorSets:
    assert sets.order is not None
    kind = _kind(table, config)
    classes: tuple[str, ...] = ()
    values: NDArray[Any]
    if kind == "class":
        labels = table.labels(table.column(config.target[0], "data.target"))
        missing = np.flatnonzero(labels.codes < 0)
        if len(missing):
            raise DataError(f"{table.where(int(missing[0]))}: data.target: no class is given")
        values, classes = labels.codes[sets.order], labels.names
    else:
        values = numbers(table, config.target, "data.target")[sets.order]
        width = sets.n if kind in ("vector", "point") else 1
        if values.shape[1] != width:
            raise DataError(
                f"{table.origin}: data.target: a {kind} has {width} columns, and "
                f"{values.shape[1]} are named"
            )
        if kind == "point":
            if sets.origins is None:
                raise DataError(
                    f"{table.origin}: data.target_kind: a point needs data.points to move with"
                )
            values = values - sets.origins
        values = values[:, 0] if kind == "number" else values
    constant = bool((values == np.repeat(values[sets.starts], sets.sizes, axis=0)).all())
    of_sets = constant and kind != "point" and _group(table, config) is not None
    sets = attrs.evolve(
        sets,
        notes=(*sets.notes, *_given_away(table, config)),
        targets=values[sets.starts] if of_sets else values,
        kind=kind,
        of_sets=of_sets,
        classes=classes,
        schema=table.schema,
        split=None if config.split is None else _split(sets, table, config.split),
    )
    return _named(sets, table, config)


def _given_away(table: Table, config: VectorDataConfig) -> Iterator[str]:
    """Say of targets that they are inputs too."""
    targets = vector_columns(table, config.target, "data.target")
    for option in ("points", "vectors"):
        for names in getattr(config, option):
            inputs = vector_columns(table, names, f"data.{option}")
            if both := [name for name in targets if name in inputs]:
                yield (
                    f"data.target: among the components of an input vector (data.{option}) too: "
                    f"{listed(both)}; the network is given what it shall predict"
                )


def _kind(table: Table, config: VectorDataConfig) -> Kind:
    if config.target_kind != "auto":
        return config.target_kind
    columns = vector_columns(table, config.target, "data.target")
    if len(columns) > 1:
        return "vector"
    found = table.schema[columns[0]].kind
    whole = found == "integer" and table.frame[columns[0]].nunique() <= MOST_CLASSES
    return "class" if whole or found in ("text", "boolean") else "number"
