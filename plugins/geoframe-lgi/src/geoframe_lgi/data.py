"""From the ``[data]`` table to rows with features and targets, their splits and their graph."""

from __future__ import annotations

import fnmatch
from typing import Literal

import attrs
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoframe.data import listed, load_npz, shown
from geoframe.errors import ConfigError, DataError
from geoframe_data import (
    ColumnType,
    Graph,
    Schema,
    Table,
    as_table,
    read_graph,
    read_table,
)
from geoframe_lgi.config import DataConfig
from geoframe_lgi.encoding import Columns, Encoder
from geoframe_lgi.given_graph import both_ways, refuse_more_files, unused_weights
from geoframe_lgi.parts import joined, matching, roles_of
from geoframe_lgi.task import Kind, NodeTask

GRAPH_SUFFIXES = (".graphml", ".gml", ".safetensors", ".pt", ".pth")
"""The last two are pickles of PyTorch Geometric: refused, with what to save instead."""
TARGETS = ("label", "target", "class", "y")
"""Columns that are predicted where none is named, the first that is there."""
MOST_CLASSES = 20
"""Different whole numbers up to which a target is taken for classes."""


@attrs.frozen(kw_only=True, eq=False)
class Loaded:
    """A task, and what its splits and later rows need."""

    task: NodeTask
    encoder: Encoder
    schema: Schema
    """Types of the columns, by which new rows are read."""
    roles: tuple[tuple[str, NDArray[np.object_]], ...] = ()
    """Columns that say which rows train, validate and test: name and cells ``(n,)``."""
    groups: NDArray[np.object_] | None = None
    """Group of every row ``(n,)``."""
    notes: tuple[str, ...] = ()


@attrs.frozen(kw_only=True, eq=False)
class _Rows:
    """Rows as they were read."""

    table: Table
    """Columns other than a matrix of features."""
    matrix: NDArray[np.float32] | None = None
    """Features that came as a matrix ``(n, f)``."""
    names: tuple[str, ...]
    edges: NDArray[np.int64] | None = None
    notes: tuple[str, ...] = ()
    parts: NDArray[np.object_] | None = None
    """Which file each row is from, as a role ``(n,)``."""


def load_rows(config: DataConfig, seed: int = 0) -> Loaded:
    """Read the user's table or graph, or build the dataset, and find out what is to be predicted.

    Parameters
    ----------
    seed
        Of the run: it draws made-up rows whose own ``seed`` is left out.

    Raises
    ------
    DataError
        One line: what is wrong, where, and what to do.
    """
    rows = _read(config, seed)
    table = rows.table
    targets = _targets(config, table)
    role_names = matching(table, config.splits)
    taken = {*targets, *role_names}
    groups = None
    if config.group is not None:
        group = table.column(config.group, "data.group")
        groups, taken = table.texts(group), taken | {group}
    columns = _columns(config, rows, [name for name in table.columns if name not in taken])
    encoder, said = Encoder.fit(columns, _words(config))
    kind, target, outputs, more = _target(config, table, targets)
    schema = table.schema
    if rows.matrix is not None:
        new = (ColumnType(name=name, kind="number") for name in columns.names)
        known = {column.name for column in schema.columns}
        added = tuple(column for column in new if column.name not in known)
        schema = attrs.evolve(schema, columns=(*schema.columns, *added))
    task = NodeTask(
        names=rows.names,
        features=encoder.encode(columns),
        kind=kind,
        target=target,
        outputs=outputs,
        words=encoder.words,
        edges=rows.edges,
    )
    if not task.labelled.any():
        raise DataError(f"{table.origin}: no row has a target in '{', '.join(targets)}'")
    return Loaded(
        task=task,
        encoder=encoder,
        schema=schema,
        roles=roles_of(table, role_names, rows.parts),
        groups=groups,
        notes=(*rows.notes, *said, *more),
    )


def _words(config: DataConfig) -> bool | None:
    return {"auto": None, "words": True, "numbers": False}[config.features_are]


def _read(config: DataConfig, seed: int) -> _Rows:
    if config.path is None:
        unset = getattr(config.dataset.options, "seed", 0) is None
        loaded = config.dataset.build(**({"seed": seed} if unset else {})).load()
        if isinstance(loaded, Graph):
            refuse_more_files(config, loaded)
            return _of_graph(loaded)
        if isinstance(loaded, Table):
            return _with_edges(config, loaded)
        raise ConfigError(
            [f"data.dataset: '{config.dataset.name}' gives no table and no graph of rows"]
        )
    if config.format == "graph" or _is_graph(config):
        graph = read_graph(config.path, max_bytes=config.max_bytes)
        refuse_more_files(config, graph)
        return _of_graph(graph)
    known = _given(config) or TARGETS
    table, parts = joined(config, read_table(config.path, known=known, **config.reading()))
    return attrs.evolve(_with_edges(config, table), parts=parts)


def _is_graph(config: DataConfig) -> bool:
    """Whether the file is a graph by its name or, for arrays, by having edges among them."""
    assert config.path is not None
    if config.format != "auto" or config.edges is not None:
        return False
    suffix = config.path.suffix.lower()
    if suffix == ".npz":
        return bool({"edge_index", "edges"} & set(load_npz(config.path)))
    return suffix in GRAPH_SUFFIXES


def _of_graph(graph: Graph) -> _Rows:
    """Rows are the nodes of a graph with features and attributes."""
    if graph.features is None and graph.attributes is None:
        raise DataError(f"{graph.origin}: the nodes have no features; give a table and data.edges")
    frame = pd.DataFrame(index=range(len(graph)))
    if graph.attributes is not None:
        frame = graph.attributes.reset_index(drop=True)
    return _Rows(
        table=attrs.evolve(as_table(frame), origin=graph.origin),
        matrix=graph.features,
        names=graph.names,
        edges=both_ways(graph),
        notes=(*graph.repairs, *unused_weights(graph)),
    )


def _with_edges(config: DataConfig, table: Table) -> _Rows:
    names = table.names or tuple(str(row) for row in range(len(table)))
    if config.edges is None:
        return _Rows(table=table, names=names, notes=table.notes)
    graph = read_graph(config.edges, max_bytes=config.max_bytes)
    number = {name: row for row, name in enumerate(names)}
    if len(number) < len(names):
        raise DataError(f"{table.origin}: two rows have the same name; data.edges needs a data.id")
    known = [name in number for name in graph.names]
    if not any(known):
        raise DataError(
            f"{config.edges}: none of its nodes is a row of {table.origin} "
            f"('{shown(graph.names[0])}' and '{shown(names[0])}', say); set data.id to the column "
            "that names the rows"
        )
    place = np.array([number.get(name, -1) for name in graph.names])
    ends = place[both_ways(graph)]
    inside = (ends >= 0).all(axis=1)
    notes = [*graph.repairs, *unused_weights(graph)]
    if not all(known):
        strangers = [name for name, is_row in zip(graph.names, known, strict=True) if not is_row]
        notes.append(f"nodes of the edges that are no rows are left out: {listed(strangers)}")
    return _Rows(table=table, names=names, edges=ends[inside], notes=(*table.notes, *notes))


def _given(config: DataConfig) -> tuple[str, ...]:
    """Targets that the config names."""
    return (config.target,) if isinstance(config.target, str) else config.target or ()


def _targets(config: DataConfig, table: Table) -> list[str]:
    if given := _given(config):
        return [table.column(name, "data.target") for name in given]
    for name in (table.target, *TARGETS):
        if name is not None and table.find(name) is not None:
            return [table.column(name)]
    raise DataError(
        f"{table.origin}: which column is to be predicted? set data.target "
        f"(columns: {listed(table.columns)})"
    )


def _columns(config: DataConfig, rows: _Rows, free: list[str]) -> Columns:
    wanted = [name for name in free if any(fnmatch.fnmatch(name, p) for p in config.features)]
    if rows.matrix is None:
        return Columns.of_table(rows.table, wanted)
    given = config.features != ("*",)
    columns = Columns.of_table(rows.table, wanted if given else [])
    names = tuple(f"x{place}" for place in range(rows.matrix.shape[1]))
    return Columns(
        numbers=np.concatenate([rows.matrix.astype(np.float64), columns.numbers], axis=1),
        names=(*names, *columns.names),
        texts=columns.texts,
    )


def _target(
    config: DataConfig, table: Table, targets: list[str]
) -> tuple[Kind, NDArray[np.float64], tuple[str, ...], list[str]]:
    """Tell kind, values, names of outputs, and what there is to say."""
    kind = config.task
    notes = []
    if kind == "auto":
        kind = _kind(table, targets)
        notes.append(f"the task is {kind} of {', '.join(targets)} (data.task)")
    if kind == "classification":
        if len(targets) > 1:
            raise DataError("data.target: one column of classes, please; several are multi-label")
        labels = table.labels(targets[0])
        if len(labels.names) < 2:
            raise DataError(f"{table.origin}: column '{targets[0]}' holds one class alone")
        codes = np.where(labels.codes >= 0, labels.codes, np.nan).astype(np.float64)
        return "classification", codes[:, None], labels.names, notes
    texts = [name for name in targets if table.schema[name].kind == "text"]
    if texts:
        raise DataError(f"{table.origin}: column '{texts[0]}' holds texts; {kind} needs numbers")
    values = np.column_stack([table.numbers(name) for name in targets])
    if kind == "multi-label" and not np.isin(values[np.isfinite(values)], (0, 1)).all():
        raise DataError("data.target: columns of labels hold 0, 1 or nothing")
    return kind, values, tuple(targets), notes


def _kind(
    table: Table, targets: list[str]
) -> Literal["classification", "multi-label", "regression"]:
    values = [table.frame[name].dropna() for name in targets]
    kinds = [table.schema[name].kind for name in targets]
    if len(targets) > 1:
        binary = all(
            kind in ("integer", "boolean") and column.isin([0, 1]).all()
            for kind, column in zip(kinds, values, strict=True)
        )
        return "multi-label" if binary else "regression"
    whole = kinds[0] == "integer" and values[0].nunique() <= MOST_CLASSES
    return "classification" if whole or kinds[0] in ("text", "boolean") else "regression"
