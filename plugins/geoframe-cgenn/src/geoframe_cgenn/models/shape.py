"""Sizes of a network: all that is needed to build it, but the metric. Torch-free."""

from __future__ import annotations

from typing import Literal

import attrs

Messages = Literal["none", "pairs", "pooled"]
Network = Literal["sets", "jets", "volumes", "hulls", "pairs"]


@attrs.frozen(kw_only=True)
class Shape:
    """Sizes of a network."""

    network: Network = "sets"
    """``sets`` is the general one; the others are those of the published experiments."""
    scalars: int
    """Scalars of a row."""
    vectors: int
    """Vectors of a row."""
    channels: int = 16
    layers: int = 2
    messages: Messages = "none"
    hidden: int = 64
    """Width of the perceptron behind the invariants; in ``jets``, scalars of a particle."""
    outputs: int = 1
    """Numbers of an invariant answer; 0 for a vector."""
    of_sets: bool = False
    """Whether a set has one answer; otherwise each row has one."""
    typical_size: float = 1.0
    """Constant that sums over sets are divided by."""
    normalize: bool = True
    """Whether products are normalised grade by grade."""

    @property
    def pseudoscalar(self) -> bool:
        """Whether the answer changes its sign in a mirror."""
        return self.network == "volumes"
