"""Graphs as values: what every reader of edges, networks and trees returns."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

from geoframe.data import shown

if TYPE_CHECKING:
    import pandas as pd

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Features = NDArray[np.float32]
Number = TypeVar("Number", bound=np.generic)


def _strings(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(values)


def _read_only(array: NDArray[Number]) -> NDArray[Number]:
    array.flags.writeable = False
    return array


def _edges(value: ArrayLike) -> Ints:
    array = np.array(value, dtype=np.int64, order="C")
    return _read_only(array if array.size else array.reshape(0, 2))


def _floats(value: ArrayLike | None) -> Floats | None:
    return None if value is None else _read_only(np.array(value, dtype=np.float64, order="C"))


def _features(value: ArrayLike | None) -> Features | None:
    return None if value is None else _read_only(np.array(value, dtype=np.float32, order="C"))


@attrs.frozen(kw_only=True, eq=False)
class Graph:
    """Nodes with names, and edges between them, as they stand in a file or in memory.

    Nothing is repaired here: loops, parallel edges, cycles and impossible weights are kept, and
    :mod:`geoframe_data.policy` is what a method does about them. The arrays are read-only. Node
    ``i`` is row ``i`` of everything that is per node.

    Parameters
    ----------
    names
        ``n`` node names; empty where a node has none, as inner nodes of trees often do.
    edges
        int64 ``(E, 2)``: source and target of each edge, as node indices.
    weights
        float64 ``(E,)``, the length of each edge, NaN where one is missing; None if there are none.
    directed
        Whether an edge says which of its ends comes first; None if the file does not tell.
    features
        float32 ``(n, F)``, or None.
    attributes
        ``n`` rows: what else is known of the nodes, one column per attribute; or None.
    times
        float64 ``(n,)``: when each node happened, NaN where that is unknown; or None.
    origin
        What messages call the graph: the file's path, or a dataset's name.
    lines
        int64 ``(E,)``: line of each edge in a text file, from 1; or None.
    repairs
        Sentences that say what was changed in the data as they were given.

    Raises
    ------
    ValueError
        If shapes or indices do not fit. Readers raise a ``DataError`` long before.
    """

    names: tuple[str, ...] = attrs.field(converter=_strings)
    edges: Ints = attrs.field(converter=_edges)
    weights: Floats | None = attrs.field(default=None, converter=_floats)
    directed: bool | None = None
    features: Features | None = attrs.field(default=None, converter=_features)
    attributes: pd.DataFrame | None = None
    times: Floats | None = attrs.field(default=None, converter=_floats)
    origin: str = "graph"
    lines: Ints | None = None
    repairs: tuple[str, ...] = attrs.field(default=(), converter=_strings)

    def __attrs_post_init__(self) -> None:
        n, e = len(self.names), len(self.edges)
        if self.edges.shape != (e, 2):
            raise ValueError(f"edges must have shape (E, 2), not {self.edges.shape}")
        if e and not 0 <= self.edges.min() <= self.edges.max() < n:
            raise ValueError(f"edges must lie in 0 ... {n - 1}")
        if self.features is not None and (self.features.ndim != 2 or len(self.features) != n):
            raise ValueError(f"features must have shape ({n}, F), not {self.features.shape}")
        for key, count in (("weights", e), ("lines", e), ("times", n)):
            value = getattr(self, key)
            if value is not None and value.shape != (count,):
                raise ValueError(f"{key} must have shape ({count},), not {value.shape}")
        if self.attributes is not None and len(self.attributes) != n:
            raise ValueError(f"attributes must have {n} rows, not {len(self.attributes)}")

    def __len__(self) -> int:
        """Return the number of nodes."""
        return len(self.names)

    def __repr__(self) -> str:
        width = 0 if self.features is None else self.features.shape[1]
        return f"Graph({len(self)} nodes, {len(self.edges)} edges, {width} features)"

    @property
    def lengths(self) -> Floats:
        """Length of each edge, float64 ``(E,)``: its weight, 1 in a graph without weights."""
        return np.ones(len(self.edges)) if self.weights is None else self.weights

    def node(self, index: int) -> str:
        """Name a node, or say which of the unnamed it is."""
        name = self.names[index]
        return f"'{shown(name)}'" if name else f"unnamed node {index}"

    def edge(self, index: int) -> str:
        """Name an edge: ``'a' -> 'b'``."""
        source, target = self.edges[index]
        return f"{self.node(source)} -> {self.node(target)}"

    def where(self, index: int) -> str:
        """Name the place of an edge: ``edges.csv:12`` or the file alone."""
        return self.origin if self.lines is None else f"{self.origin}:{self.lines[index]}"

    def noted(self, repair: str) -> Graph:
        """Record one more sentence about what was changed."""
        return attrs.evolve(self, repairs=(*self.repairs, repair))

    def take_edges(self, kept: Ints, repair: str) -> Graph:
        """Keep the edges of these indices, and record why."""
        return attrs.evolve(
            self,
            edges=self.edges[kept],
            weights=None if self.weights is None else self.weights[kept],
            lines=None if self.lines is None else self.lines[kept],
            repairs=(*self.repairs, repair),
        )

    def take_nodes(self, kept: Ints, repair: str) -> Graph:
        """Keep the nodes of these indices, in this order, and the edges between them."""
        position = np.full(len(self), -1)
        position[kept] = np.arange(len(kept))
        inside = np.flatnonzero((position[self.edges] >= 0).all(axis=1))
        graph = self.take_edges(inside, repair)
        return attrs.evolve(
            graph,
            names=tuple(self.names[node] for node in kept.tolist()),
            edges=position[graph.edges],
            features=None if self.features is None else self.features[kept],
            attributes=None if self.attributes is None else self.attributes.iloc[kept],
            times=None if self.times is None else self.times[kept],
        )

    def fingerprint(self, attributes: Sequence[str] = ()) -> str:
        """Return the sha256 (hex) of names, edges, weights, features and times, as they stand.

        The order of nodes and edges counts, since a seeded training depends on it; the repairs
        do not.

        Parameters
        ----------
        attributes
            Columns of ``attributes`` that count too, since a method uses them.
        """
        digest = hashlib.sha256(json.dumps(self.names).encode())
        for array in (self.edges, self.weights, self.features, self.times):
            if array is None:
                digest.update(b"none;")
                continue
            digest.update(f"{array.shape}{array.dtype.name};".encode())
            digest.update(array.astype(array.dtype.newbyteorder("<")).tobytes())
        for column in attributes:
            assert self.attributes is not None
            values = [str(value) for value in self.attributes[column].tolist()]
            digest.update(json.dumps([column, values]).encode())
        return digest.hexdigest()
