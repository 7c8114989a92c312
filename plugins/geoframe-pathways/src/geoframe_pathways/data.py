"""What the method takes: a table of features and a target. Torch-free."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import attrs
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoframe.data import listed
from geoframe.errors import DataError, did_you_mean
from geoframe_data import (
    Schema,
    Table,
    as_labels,
    load_arrays,
    open_file,
    read_table,
    sample_rows,
    scan_table,
)
from geoframe_pathways import hints
from geoframe_pathways.config import TableDataConfig
from geoframe_pathways.encoder import Scaling

TaskKind = Literal["regression", "classification"]

LEAST_ROWS = 10
MAX_INTEGER_CLASSES = 20
"""Different integers up to which a target is taken for classes."""


@attrs.frozen(kw_only=True, eq=False)
class Stream:
    """A file of which a problem holds a sample."""

    path: Path
    schema: Schema
    rows: int
    sampled: NDArray[np.int64]
    """Numbers of the rows of the sample, sorted."""
    reading: Mapping[str, Any]
    """Arguments of :func:`geoframe_data.read_chunks`."""
    outputs: tuple[str, ...] = ()
    """Columns of the target."""


@attrs.frozen(kw_only=True, eq=False)
class Problem:
    """Rows to learn from."""

    features: Table
    target: NDArray[np.generic]
    """Numbers ``(n,)`` or ``(n, outputs)``, or class labels ``(n,)``."""
    target_name: str
    task: TaskKind
    fingerprint: str
    """SHA-256 of the whole table."""
    test_rows: NDArray[np.int64] | None = None
    """Row numbers of a predefined test part."""
    validation_rows: NDArray[np.int64] | None = None
    """Row numbers of a predefined part that chooses."""
    stream: Stream | None = None
    """The file, if these rows are a sample of it."""
    scaling: Scaling = "column"
    repairs: tuple[str, ...] = ()
    """What was changed while reading, a sentence each."""

    def __len__(self) -> int:
        return len(self.features)


def load_problem(config: TableDataConfig) -> Problem:
    """Read the table that a config describes.

    Raises
    ------
    DataError
        If it cannot be read or used; the message says what to do.
    """
    if config.stream:
        return _load_sample(config)
    if config.path is None:
        table = config.dataset.build().load()
        if not isinstance(table, Table):
            raise DataError(
                f"data.dataset.name: '{config.dataset.name}' is not a table of features and a "
                "target; see 'geoframe list dataset'"
            )
    else:
        known = [config.target] if config.target else []
        table = read_table(config.path, known=known, **config.reading())
    if config.splits is not None:
        table = attrs.evolve(table, test_rows=_test_rows(config, len(table)))
    table, parts = with_files(table, config)
    return make_problem(table, config.target, config.task, **parts)


def _load_sample(config: TableDataConfig) -> Problem:
    """Draw a sample of a file that is read in pieces, with types found over the whole file."""
    if config.path is None or config.splits is not None:
        raise DataError(
            "data.stream: needs a file (data.path), and takes its test rows from a sample or from "
            "data.test, not from data.splits"
        )
    reading = {**config.reading(), "known": [config.target] if config.target else []}
    scan = scan_table(config.path, **reading)
    sample, sampled = sample_rows(config.path, scan, config.sample_rows, seed=0, **reading)
    table, parts = with_files(sample, config)
    problem = make_problem(table, config.target, config.task, **parts)
    stream = Stream(
        path=config.path,
        schema=scan.schema,
        rows=scan.rows,
        sampled=sampled,
        reading=reading,
        outputs=tuple(_target_of(table, config.target)[1]),
    )
    with config.path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    fingerprint = hashlib.sha256((problem.fingerprint + digest).encode()).hexdigest()
    return attrs.evolve(problem, stream=stream, fingerprint=fingerprint)


def with_files(table: Table, config: TableDataConfig) -> tuple[Table, dict[str, NDArray[np.int64]]]:
    """Append the rows of ``data.test`` and ``data.validation``, read by the table's types.

    Returns
    -------
    tuple
        The table, and the numbers of these rows as ``test_rows`` and ``validation_rows``.

    Raises
    ------
    DataError
        If a file cannot be read, lacks a column, or there is a test part already.
    """
    if config.test is not None and config.splits is not None:
        raise DataError("data.test and data.splits both say what to test on; leave one out")
    rows: dict[str, NDArray[np.int64]] = {}
    frames, names, at = [table.frame], list(table.names), len(table)
    for part in ("test", "validation"):
        path = getattr(config, part)
        if path is None:
            continue
        found = read_table(path, schema=table.schema, **config.reading())
        if absent := sorted(set(table.columns) - set(found.columns)):
            hint = did_you_mean(absent[0], found.others)
            raise DataError(f"{path}: data.{part}: no column '{absent[0]}'{hint}")
        rows[f"{part}_rows"] = np.arange(at, at + len(found))
        at += len(found)
        frames.append(found.frame[table.columns])
        names += found.names
    if not rows:
        return table, rows
    joined = attrs.evolve(
        table,
        frame=pd.concat(frames, ignore_index=True),
        names=tuple(names) if len(names) == at else (),
        lines=None,
        test_rows=None if "test_rows" in rows else table.test_rows,
    )
    return joined, rows


def make_problem(
    table: Table,
    target: str | None = None,
    task: Literal["auto", "regression", "classification"] = "auto",
    *,
    test_rows: NDArray[np.int64] | None = None,
    validation_rows: NDArray[np.int64] | None = None,
) -> Problem:
    """Find the target and the task, and drop rows without a target.

    Parameters
    ----------
    target
        Column to predict, or array of several; None is the table's own, else the last one.
    test_rows, validation_rows
        Numbers of the rows that came from files of their own.

    Raises
    ------
    DataError
        If the target cannot be predicted or too few rows are left.
    """
    name, outputs = _target_of(table, target)
    features = [each for each in table.wide or table.columns if each not in outputs]
    if not features:
        raise DataError(
            f"{table.origin}: has {len(table.columns)} column; features and a target are needed"
        )
    repairs = list(table.notes)
    fingerprint = table.fingerprint()
    parts = {"data.test": test_rows, "data.validation": validation_rows}
    missing = table.frame[outputs].isna().any(axis=1).to_numpy()
    if missing.any():
        if table.test_rows is not None:
            raise DataError(
                f"{int(missing.sum())} rows have no '{name}', and a predefined split counts rows; "
                "drop these rows from both"
            )
        table = table.take(~missing)
        number = np.cumsum(~missing) - 1
        for part, rows in parts.items():
            parts[part] = None if rows is None else number[rows[~missing[rows]]]
        repairs.append(f"left out {int(missing.sum())} rows without '{name}'")
    for part, rows in parts.items():
        if rows is not None and not len(rows):
            raise DataError(f"{part}: no row has a '{name}'")
    if len(table) < LEAST_ROWS:
        where = f" with '{name}'" if missing.any() else ""
        raise DataError(f"the table has {len(table)} rows{where}; at least {LEAST_ROWS} are needed")
    if task == "auto":
        task = _guess(table, outputs)
        if task == "regression":
            repairs += hints.of_target(table, outputs, name)
    repairs += hints.of_features(table, features)
    values = _numbers if task == "regression" else _classes
    return Problem(
        features=table.select(features),
        target=values(table, outputs, name),
        target_name=name,
        task=task,
        fingerprint=fingerprint,
        test_rows=table.test_rows if parts["data.test"] is None else parts["data.test"],
        validation_rows=parts["data.validation"],
        scaling="common" if table.grid else "column",
        repairs=tuple(repairs),
    )


def _target_of(table: Table, target: str | None) -> tuple[str, list[str]]:
    """Name of the target, and the columns that hold it."""
    name = target or table.target or ("y" if table.wide else table.columns[-1])
    if found := table.find(name):
        return found, [found]
    several = [each for each in table.columns if re.fullmatch(re.escape(name) + r"\[\d+\]", each)]
    if table.wide and several and not set(several) & set(table.wide):
        return name, several
    return name, [table.column(name, "data.target")]


def _guess(table: Table, outputs: list[str]) -> TaskKind:
    if len(outputs) > 1:
        return "regression"
    kind = table.schema[outputs[0]].kind
    if kind == "integer":
        few = table.frame[outputs[0]].nunique() <= MAX_INTEGER_CLASSES
        return "classification" if few else "regression"
    return "regression" if kind == "number" else "classification"


def _numbers(table: Table, outputs: list[str], name: str) -> NDArray[np.generic]:
    if not all(table.schema[each].numeric for each in outputs):
        raise DataError(f"target '{name}' is not numeric; take data.task=classification")
    columns = [table.numbers(each) for each in outputs]
    values = columns[0] if len(columns) == 1 else np.stack(columns, axis=1)
    if not np.isfinite(values**2).all():
        raise DataError(f"target '{name}' has infinite values, or too large ones")
    if values.min() == values.max():
        raise DataError(f"target '{name}' has the same value in every row")
    return values


def _classes(table: Table, outputs: list[str], name: str) -> NDArray[np.generic]:
    if len(outputs) > 1:
        raise DataError(f"target '{name}' must be one column for classification")
    if table.schema[outputs[0]].kind == "nested":
        raise DataError(f"target '{name}' holds lists or other containers")
    labels = as_labels(table.texts(outputs[0]), origin=f"target '{name}'")
    if not 2 <= len(labels.names) <= len(table) // 2:
        raise DataError(
            f"target '{name}' has {len(labels.names)} classes in {len(table)} rows; take "
            "data.target to predict another column"
        )
    return labels.values()


def _test_rows(config: TableDataConfig, rows: int) -> NDArray[np.int64]:
    assert config.splits is not None
    arrays = load_arrays(open_file(config.splits))
    name = f"test_{config.split}"
    if name not in arrays:
        raise DataError(f"{config.splits}: no array '{name}'; it holds {listed(list(arrays))}")
    found = arrays[name].astype(np.int64)
    if not len(found) or found.min() < 0 or found.max() >= rows:
        raise DataError(f"{config.splits}: '{name}' does not fit a table of {rows} rows")
    return found
