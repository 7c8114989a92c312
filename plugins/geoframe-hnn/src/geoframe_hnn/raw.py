"""A tree as it stands in a file, and how messages name its parts."""

from __future__ import annotations

import hashlib
import json

import attrs
import numpy as np
from numpy.typing import NDArray

from geoframe.data import shown


@attrs.frozen(kw_only=True, eq=False)
class RawTree:
    """Nodes and edges before any check: cycles, several roots and bad lengths included."""

    origin: str
    """What messages call it: the file's path, or a dataset's name."""
    names: tuple[str, ...]
    """Names of the nodes; empty where a node has none."""
    edges: NDArray[np.int64]
    """``(e, 2)``, parent and child as indices into ``names``."""
    lengths: NDArray[np.float64] | None = None
    """``(e,)``, NaN where one is missing; None if the file has none."""
    directed: bool = True
    """Whether the edges say which end is the parent."""
    features: NDArray[np.float32] | None = None
    repairs: tuple[str, ...] = ()

    def fingerprint(self) -> str:
        """SHA-256 of names, edges, lengths and features."""
        digest = hashlib.sha256(json.dumps(self.names).encode())
        for array in (self.edges, self.lengths, self.features):
            digest.update(b"none;" if array is None else f"{array.shape};".encode())
            digest.update(b"" if array is None else array.tobytes())
        return digest.hexdigest()

    def edge(self, index: int) -> str:
        """Name an edge: ``'a' -> 'b'``."""
        parent, child = self.edges[index]
        return f"{self.node(parent)} -> {self.node(child)}"

    def node(self, index: int) -> str:
        """Name a node, or say which of the unnamed it is."""
        return f"'{shown(self.names[index])}'" if self.names[index] else f"unnamed node {index}"
