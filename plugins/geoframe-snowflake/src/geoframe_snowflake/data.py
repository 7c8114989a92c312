"""From the ``[data]`` table to a finite metric."""

from __future__ import annotations

from pathlib import Path

import attrs

from geoframe.errors import DataError, did_you_mean
from geoframe_data import Distances, Graph, read_distances, read_nodes
from geoframe_snowflake.data_config import MetricDataConfig
from geoframe_snowflake.metric.cleaning import graph_metric, matrix_metric, point_metric
from geoframe_snowflake.metric.contents import content_of
from geoframe_snowflake.metric.finite_metric import FiniteMetric
from geoframe_snowflake.metric.points import Points, read_points


def load_metric(config: MetricDataConfig) -> FiniteMetric:
    """Read the user's distances, or build the dataset that stands for them.

    Raises
    ------
    DataError
        One line: what is wrong, where, and what to do.
    """
    if config.path is None:
        return _from_dataset(config)
    content = content_of(config.path, config) if config.content == "auto" else config.content
    if content == "graph":
        found = _checked(config.given(config.dataset), config)
    elif content == "points":
        found = _checked(points_of(config.path, config), config)
    else:
        found = _checked(
            read_distances(
                config.path,
                format=config.format,
                name=config.name,
                delimiter=config.delimiter,
                max_bytes=config.max_bytes,
            ),
            config,
        )
    return found if config.nodes is None else _with_features(found, config.nodes, config)


def points_of(path: Path, config: MetricDataConfig) -> Points:
    """Read points as the ``[data]`` table says."""
    return read_points(
        path,
        name=config.name,
        delimiter=config.delimiter,
        header=config.header,
        max_bytes=config.max_bytes,
    )


def _checked(found: Graph | Distances | Points, config: MetricDataConfig) -> FiniteMetric:
    if isinstance(found, Distances):
        return matrix_metric(found, config.asymmetry, config.missing)
    if isinstance(found, Points):
        return point_metric(found, config.metric)
    return graph_metric(
        found,
        disconnected=config.disconnected,
        duplicates=config.duplicates,
        missing_weight=config.missing_weight,
    )


def _from_dataset(config: MetricDataConfig) -> FiniteMetric:
    """Take any dataset's items: finite metrics, graphs, trees or distances."""
    found = config.dataset.build().load()
    origin = f"dataset '{config.dataset.name}'"
    if isinstance(found, FiniteMetric):
        return found
    if isinstance(found, (Graph, Distances)):
        return _checked(attrs.evolve(found, origin=origin), config)
    raise DataError(
        f"{origin}: is no set of distances (it gives {type(found).__name__}); "
        "'geoframe list dataset' shows others"
    )


def _with_features(metric: FiniteMetric, path: Path, config: MetricDataConfig) -> FiniteMetric:
    table = read_nodes(
        path,
        name=config.name,
        features=config.features,
        delimiter=config.delimiter,
        max_bytes=config.max_bytes,
    )
    if table.features is None:
        raise DataError(f"{path}: has no columns of numbers")
    position = {each: row for row, each in enumerate(table.names)}
    missing = [each for each in metric.names if each not in position]
    if missing:
        raise DataError(
            f"{path}: has no features of '{missing[0]}'{did_you_mean(missing[0], table.names)} "
            f"({len(missing)} of {len(metric)} items are missing)"
        )
    return attrs.evolve(metric, features=table.features[[position[n] for n in metric.names]])
