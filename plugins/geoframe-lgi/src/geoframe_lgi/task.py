"""What is to be predicted: rows with features, some with a target, perhaps edges among them."""

from __future__ import annotations

import hashlib
from typing import Literal

import attrs
import numpy as np
from numpy.typing import NDArray

Kind = Literal["classification", "multi-label", "regression"]

Mask = NDArray[np.bool_]
Scores = NDArray[np.float64]
"""Class probabilities ``(n, c)``, label probabilities ``(n, l)`` or values ``(n, o)``."""


@attrs.frozen(kw_only=True, eq=False)
class NodeTask:
    """Rows to predict, as networks and peers take them."""

    names: tuple[str, ...]
    """``n`` names of rows."""
    features: NDArray[np.float32]
    """``(n, f)``, encoded."""
    kind: Kind
    target: NDArray[np.float64]
    """``(n, 1)`` class numbers, ``(n, l)`` zeros and ones, or ``(n, o)`` numbers in the user's
    units; NaN where unknown."""
    outputs: tuple[str, ...]
    """Names of the classes, of the labels or of the numbers."""
    words: bool = False
    """Whether the features say which words occur: neighbours are then found by cosine."""
    edges: NDArray[np.int64] | None = None
    """Source and target numbers ``(e, 2)`` of the given graph, each direction that there is."""

    def __len__(self) -> int:
        return len(self.names)

    @property
    def labelled(self) -> Mask:
        """Rows whose target is known ``(n,)``."""
        known: Mask = np.asarray(np.isfinite(self.target).all(axis=1))
        return known

    @property
    def codes(self) -> NDArray[np.int64]:
        """Class numbers ``(n,)``, -1 where unknown; of classification only."""
        codes: NDArray[np.int64] = np.where(self.labelled, self.target[:, 0], -1).astype(np.int64)
        return codes

    def fingerprint(self) -> str:
        """Digest of everything that a run depends on."""
        digest = hashlib.sha256()
        for array in (self.features, self.target, self.edges):
            if array is not None:
                digest.update(str(array.shape).encode() + np.ascontiguousarray(array).tobytes())
        digest.update("\0".join((*self.names, *self.outputs, self.kind)).encode())
        return digest.hexdigest()


@attrs.frozen(kw_only=True, eq=False)
class Split:
    """Which labelled rows serve for what; all rows are nodes of the graphs."""

    name: str
    train: Mask
    validation: Mask
    test: Mask
