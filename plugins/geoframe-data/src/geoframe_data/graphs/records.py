"""Nodes and edges with attributes, as network formats have them, made one graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs
import numpy as np
import pandas as pd

from geoframe.data import is_number, listed, shown
from geoframe.errors import DataError, did_you_mean
from geoframe_data.graph import Features, Floats, Graph
from geoframe_data.graphs.features import ALL, numbers_with_gaps, select_features
from geoframe_data.graphs.fields import NAMES, Fields
from geoframe_data.graphs.times import parse_times

Attributes = Mapping[str, Any]


@attrs.frozen(kw_only=True, eq=False)
class Records:
    """A network as a format gives it: each node and edge with a dictionary of attributes."""

    origin: str
    identifiers: Sequence[object]
    """What the format calls each node."""
    nodes: Sequence[Attributes]
    ends: Sequence[tuple[int, int]]
    """Source and target of each edge, as places among the nodes."""
    edges: Sequence[Attributes]
    directed: bool | None
    notes: tuple[str, ...] = ()


def graph_of_records(records: Records, fields: Fields) -> Graph:
    """Find names, lengths, features and times among the attributes.

    A node's name is its attribute ``name`` or ``label`` if every node has one and they differ,
    else its identifier.

    Raises
    ------
    DataError
        Naming the edge or the node whose attribute is missing or no number.
    """
    names, note = _names(records, fields)
    weights, guessed = _weights(records, fields, names)
    table = pd.DataFrame([dict(node) for node in records.nodes], index=range(len(names)))
    table.columns = table.columns.astype(str)
    table = table.drop(columns=[*NAMES, fields.name], errors="ignore")
    times, features, left_out = _node_values(table, names, records.origin, fields)
    return Graph(
        names=names,
        edges=np.array(records.ends, dtype=np.int64).reshape(-1, 2),
        weights=weights,
        directed=records.directed,
        features=features,
        attributes=table if table.shape[1] else None,
        times=times,
        origin=records.origin,
        repairs=tuple(each for each in (*records.notes, note, guessed, left_out) if each),
    )


def _node_values(
    table: pd.DataFrame, names: Sequence[str], where: str, fields: Fields
) -> tuple[Floats | None, Features | None, str | None]:
    """Take times out of a table of node attributes, and features from what is left; and a note.

    Programs give attributes to some of the nodes only; where all features are wanted, and not some
    by name, those attributes are none.

    Raises
    ------
    DataError
        If the attribute of the times or of a feature is missing or holds something else.
    """
    if fields.node_table:
        return None, None, None
    times = None
    if fields.time is not None:
        columns = [*table.columns]
        if fields.time not in columns:
            raise DataError(
                f"{where}: no node attribute '{shown(fields.time)}'"
                f"{did_you_mean(fields.time, columns)} (attributes: {listed(columns)}); name it "
                "with data.time"
            )
        times = parse_times(table.pop(fields.time), where)
    gaps = numbers_with_gaps(table) if tuple(fields.features) == ALL else []
    features = select_features(table.drop(columns=gaps), fields.features, names, where)
    note = f"not all nodes have these attributes, which are no features: {listed(gaps)}"
    return times, features, note if gaps else None


def text_of(value: object) -> str:
    """Name of a node as text: null is none, and a whole number has no decimal point."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace").strip()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _names(records: Records, fields: Fields) -> tuple[tuple[str, ...], str | None]:
    note = None
    for attribute in dict.fromkeys((fields.name, *NAMES)):
        names = tuple(text_of(node.get(attribute)) for node in records.nodes)
        if names and all(names):
            if len(set(names)) == len(names):
                return names, None
            note = f"nodes share a '{attribute}', so they are named by their identifiers"
    return tuple(text_of(each) for each in records.identifiers), note


def _weights(
    records: Records, fields: Fields, names: Sequence[str]
) -> tuple[Floats | None, str | None]:
    keys = sorted({key for edge in records.edges for key in edge}, key=str)
    numeric = {str(key): _numbers(edge.get(key) for edge in records.edges) for key in keys}
    key, note = fields.length(numeric, records.origin)
    if key is None:
        return None, None
    found = [edge.get(key) for edge in records.edges]
    weights = np.empty(len(found))
    for index, value in enumerate(found):
        try:
            weights[index] = np.nan if value in (None, "") else float(value)
        except (TypeError, ValueError):
            u, v = (shown(names[node]) for node in records.ends[index])
            raise DataError(
                f"{records.origin}: edge '{u}' -> '{v}' has '{shown(value)}', not a number, as "
                f"'{shown(key)}'"
            ) from None
    return (None if np.isnan(weights).all() else weights), note


def _numbers(values: Iterable[object]) -> bool:
    """Whether these are numbers (or absent), one of them at least."""
    given = [each for each in values if each is not None and each != ""]
    return bool(given) and all(
        not isinstance(each, bool) and isinstance(each, (int, float, str)) and is_number(str(each))
        for each in given
    )
