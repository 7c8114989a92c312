"""An embedding applied to new items."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from geoframe.data import format_by_suffix
from geoframe.errors import DataError, did_you_mean
from geoframe_embedding.trained import point_frame
from geoframe_snowflake.data import SUFFIXES, read_features
from geoframe_snowflake.data_config import MetricDataConfig
from geoframe_snowflake.readers.files import TABLES, numbers, read_cells, with_header
from geoframe_snowflake.trained import TrainedSnowflake


def apply_file(trained: TrainedSnowflake, path: Path, config: MetricDataConfig) -> pd.DataFrame:
    """Points of new or known items, keyed by name: ``point_0``, ``point_1``, ...

    The file says where the items are, in one of three ways: features, if the run trained an
    encoder (``name`` and numbers); edges with columns ``source``, ``target`` and perhaps
    ``weight``, from new items to known ones; or a table of distances, its first column the new
    names, the other columns named by known items. A single column ``name`` asks for known items.

    Raises
    ------
    DataError
        If the file cannot be read, or names items that are not known.
    """
    try:
        return _placed(trained, path, config)
    except DataError as error:
        told = str(error)
        raise DataError(told if told.startswith(str(path)) else f"{path}: {told}") from None


def _placed(trained: TrainedSnowflake, path: Path, config: MetricDataConfig) -> pd.DataFrame:
    if trained.embedding.inputs.ndim == 2:
        names, features = read_features(path, config.name)
        return point_frame(names, trained.embed(features))
    format = format_by_suffix(path, SUFFIXES)
    if format not in TABLES:
        raise DataError(f"{path}: distances or edges of new items come as csv, tsv or parquet")
    frame = with_header(path, read_cells(path, format))
    if {config.source, config.target} <= set(frame.columns):
        return _attached(trained, path, frame, config)
    named = tuple(frame.iloc[:, 0])
    if len(frame.columns) == 1:
        return point_frame(named, trained.points_of(named))
    known = [str(column) for column in frame.columns[1:]]
    return point_frame(named, trained.place(known, numbers(path, frame.iloc[:, 1:])))


def _attached(
    trained: TrainedSnowflake, path: Path, frame: pd.DataFrame, config: MetricDataConfig
) -> pd.DataFrame:
    """New items by their edges to known ones: as far from all as the shortest way over an edge."""
    known = set(trained.names)
    lengths = np.ones(len(frame))
    if config.weight in frame.columns:
        lengths = numbers(path, frame[[config.weight]])[:, 0]
    to_known: dict[str, list[tuple[str, float]]] = {}
    ends = frame[[config.source, config.target]].to_numpy(dtype=str).tolist()
    for (first, second), length in zip(ends, lengths.tolist(), strict=True):
        if (first in known) == (second in known):
            which = "both are items" if first in known else "neither is an item"
            near = (
                "" if first in known else did_you_mean(second, known) or did_you_mean(first, known)
            )
            raise DataError(
                f"{path}: edge '{first}' - '{second}': {which} of the run; an edge must join a new "
                f"item to a known one{near}"
            )
        new, old = (second, first) if first in known else (first, second)
        to_known.setdefault(new, []).append((old, length))
    new_names = tuple(to_known)
    distances = np.stack(
        [
            np.min(
                np.array([length for _, length in edges])[:, None]
                + trained.rows(trained.numbers([old for old, _ in edges])),
                axis=0,
            )
            for edges in to_known.values()
        ]
    )
    return point_frame(new_names, trained.place(trained.names, distances))
