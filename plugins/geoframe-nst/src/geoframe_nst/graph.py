"""Weighted directed graphs as values: what every reader and dataset of this package returns."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import TypeVar

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

Edges = NDArray[np.int64]
Floats = NDArray[np.float64]
Features = NDArray[np.float32]
Number = TypeVar("Number", bound=np.generic)


def _strings(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(values)


def _edges(value: ArrayLike) -> Edges:
    array = np.array(value, dtype=np.int64, order="C")
    return _read_only(array if array.size else array.reshape(0, 2))


def _floats(value: ArrayLike) -> Floats:
    return _read_only(np.array(value, dtype=np.float64, order="C"))


def _optional_floats(value: ArrayLike | None) -> Floats | None:
    return None if value is None else _floats(value)


def _optional_features(value: ArrayLike | None) -> Features | None:
    return None if value is None else _read_only(np.array(value, dtype=np.float32, order="C"))


def _read_only(array: NDArray[Number]) -> NDArray[Number]:
    array.flags.writeable = False
    return array


@attrs.frozen(kw_only=True, eq=False)
class WeightedDigraph:
    """A directed graph with a positive weight per edge; an edge u -> v says that u precedes v.

    The arrays are read-only. Node ``i`` is row ``i`` of everything that is per node.

    Parameters
    ----------
    names
        ``n`` node names.
    edges
        int64 ``(E, 2)``: source and target of each edge, as node indices.
    weights
        float64 ``(E,)``, finite and positive: the length of each edge.
    features
        float32 ``(n, F)``, or None.
    times
        float64 ``(n,)``: when each node happened, NaN where that is unknown; or None. Never used
        for training: what a learned time coordinate is compared with.
    repairs
        Sentences that say what was changed in the data as they were given.

    Raises
    ------
    ValueError
        If shapes, indices or weights do not fit. Readers raise a ``DataError`` long before.
    """

    names: tuple[str, ...] = attrs.field(converter=_strings)
    edges: Edges = attrs.field(converter=_edges)
    weights: Floats = attrs.field(converter=_floats)
    features: Features | None = attrs.field(default=None, converter=_optional_features)
    times: Floats | None = attrs.field(default=None, converter=_optional_floats)
    repairs: tuple[str, ...] = attrs.field(default=(), converter=_strings)

    def __attrs_post_init__(self) -> None:
        n, e = len(self.names), len(self.edges)
        if self.edges.shape != (e, 2):
            raise ValueError(f"edges must have shape (E, 2), not {self.edges.shape}")
        if self.weights.shape != (e,):
            raise ValueError(f"weights must have shape ({e},), not {self.weights.shape}")
        if e and not 0 <= self.edges.min() <= self.edges.max() < n:
            raise ValueError(f"edges must lie in 0 ... {n - 1}")
        if not (np.isfinite(self.weights) & (self.weights > 0)).all():
            raise ValueError("weights must be finite and positive")
        if self.features is not None and (self.features.ndim != 2 or len(self.features) != n):
            raise ValueError(f"features must have shape ({n}, F), not {self.features.shape}")
        if self.times is not None and self.times.shape != (n,):
            raise ValueError(f"times must have shape ({n},), not {self.times.shape}")

    def __len__(self) -> int:
        """Return the number of nodes."""
        return len(self.names)

    def __repr__(self) -> str:
        width = 0 if self.features is None else self.features.shape[1]
        return f"WeightedDigraph({len(self)} nodes, {len(self.edges)} edges, {width} features)"

    def fingerprint(self) -> str:
        """Return the sha256 (hex) of names, edges, weights, features and times, as they stand.

        The order of nodes and edges counts, since a seeded training depends on it; the repairs
        do not.
        """
        digest = hashlib.sha256(json.dumps(self.names).encode())
        for array in (self.edges, self.weights, self.features, self.times):
            if array is None:
                digest.update(b"none;")
                continue
            digest.update(f"{array.shape}{array.dtype.name};".encode())
            digest.update(array.astype(array.dtype.newbyteorder("<")).tobytes())
        return digest.hexdigest()
