"""From the ``[data]`` table to a finite metric."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from geoframe.data import format_by_suffix
from geoframe.errors import DataError, did_you_mean
from geoframe_snowflake.checks import check_names, check_unit, graph_metric, matrix_metric
from geoframe_snowflake.data_config import Format, MetricDataConfig
from geoframe_snowflake.finite_metric import FiniteMetric, PointMetric
from geoframe_snowflake.readers.arrays import read_array_file, read_points
from geoframe_snowflake.readers.files import TABLES, read_cells, with_header
from geoframe_snowflake.readers.networks import read_network
from geoframe_snowflake.readers.raw import Raw, RawDistances, RawEdges, RawPoints, as_names
from geoframe_snowflake.readers.tables import named_points, read_table

SUFFIXES: dict[str, Format] = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".parquet": "parquet",
    ".npy": "npy",
    ".npz": "npz",
    ".graphml": "graphml",
    ".gml": "gml",
    ".json": "json",
}
"""File suffix -> format."""

READERS: dict[Format, Callable[[Path, MetricDataConfig], Raw]] = {
    "csv": partial(read_table, format="csv"),
    "tsv": partial(read_table, format="tsv"),
    "parquet": partial(read_table, format="parquet"),
    "npy": read_array_file,
    "npz": read_array_file,
    "graphml": partial(read_network, format="graphml"),
    "gml": partial(read_network, format="gml"),
    "json": partial(read_network, format="json"),
}
"""Format -> function that reads it."""


def load_metric(config: MetricDataConfig) -> FiniteMetric:
    """Read the user's distances, or build the dataset that stands for them.

    Raises
    ------
    DataError
        One line: what is wrong, where, and what to do.
    """
    if config.path is None:
        return _from_dataset(config)
    path, format = config.path, config.format
    raw = READERS[format_by_suffix(path, SUFFIXES) if format == "auto" else format](path, config)
    metric = _checked(raw, config)
    return metric if config.nodes is None else _with_features(metric, config.nodes, config.name)


def _checked(raw: Raw, config: MetricDataConfig) -> FiniteMetric:
    if isinstance(raw, RawDistances):
        return matrix_metric(raw, config.asymmetry)
    if isinstance(raw, RawEdges):
        return graph_metric(raw, config.disconnected)
    return _point_metric(raw, config)


def _point_metric(raw: RawPoints, config: MetricDataConfig) -> PointMetric:
    check_names(raw.names, raw.origin)
    wrong = np.argwhere(~np.isfinite(raw.points))
    if len(wrong):
        raise DataError(f"{raw.origin}: point '{raw.names[wrong[0][0]]}' has a number not finite")
    metric = PointMetric(
        names=raw.names,
        points=raw.points,
        features=raw.points.astype(np.float32),
        function=lambda x, y: cdist(x, y, config.metric),
    )
    first = metric.rows(np.arange(1))[0]
    undefined = np.flatnonzero(~np.isfinite(first))
    if len(undefined):
        raise DataError(
            f"{raw.origin}: the {config.metric} distance of '{raw.names[0]}' and "
            f"'{raw.names[undefined[0]]}' is not defined; choose another data.metric"
        )
    check_unit(first, raw.origin)
    return metric


def _from_dataset(config: MetricDataConfig) -> FiniteMetric:
    """Take any dataset's items: finite metrics, or objects with edges, points or distances."""
    found: Any = config.dataset.build().load()
    origin = f"dataset '{config.dataset.name}'"
    if isinstance(found, FiniteMetric):
        return found
    names = as_names(found.names) if hasattr(found, "names") else ()
    if hasattr(found, "edges") and hasattr(found, "weights"):
        raw: Raw = RawEdges(
            origin=origin,
            names=names,
            ends=np.asarray(found.edges, dtype=np.int64).reshape(-1, 2),
            lengths=np.asarray(found.weights, dtype=np.float64),
            features=getattr(found, "features", None),
        )
    elif hasattr(found, "distances") and not callable(found.distances):
        raw = RawDistances(origin=origin, names=names, distances=np.asarray(found.distances))
    else:
        raise DataError(
            f"{origin}: is no set of distances (it gives {type(found).__name__}); "
            "'geoframe list dataset' shows others"
        )
    return _checked(raw, config)


def _with_features(metric: FiniteMetric, path: Path, name: str) -> FiniteMetric:
    names, features = read_features(path, name)
    position = {each: row for row, each in enumerate(names)}
    missing = [each for each in metric.names if each not in position]
    if missing:
        raise DataError(
            f"{path}: has no features of '{missing[0]}'{did_you_mean(missing[0], names)} "
            f"({len(missing)} of {len(metric)} items are missing)"
        )
    return attrs.evolve(metric, features=features[[position[each] for each in metric.names]])


def read_features(path: Path, name: str) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """Names and features ``(m, f)`` of items, from a table, npy or npz file (``name``, ``points``).

    Raises
    ------
    DataError
        If it cannot be read, or a feature is no finite number.
    """
    format = format_by_suffix(path, SUFFIXES)
    if format in ("npy", "npz"):
        raw = read_points(path, name)
    elif format in TABLES:
        raw = named_points(path, with_header(path, read_cells(path, format)), name)
    else:
        raise DataError(f"{path}: features come as csv, tsv, parquet, npy or npz")
    if not np.isfinite(raw.points).all():
        raise DataError(f"{path}: holds a feature that is not finite")
    return raw.names, raw.points.astype(np.float32)
