"""The Embedder interface: from data to points."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn


class Embedder(nn.Module, ABC):
    """A module from items to raw coordinates, which a geometry projects to its points.

    Parameters
    ----------
    in_features
        Length of an item's feature vector; for an embedder that looks rows up, the number of
        items.
    out_features
        Number of raw coordinates, usually ``geometry.dim``.
    """

    items: str = "features"
    """What it takes: ``"features"`` (or identifiers, if it is not ``inductive``), which every
    method can give, or something that few have, such as ``"cameras"``."""
    inductive: bool = True
    """Whether items that were not seen in training can be embedded."""
    independent: bool = True
    """Whether an item's coordinates do not depend on which other items are in the batch."""

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features

    @abstractmethod
    def forward(self, items: Tensor) -> Tensor:
        """Items -> raw coordinates ``(n, out_features)``.

        ``items`` are feature vectors ``(n, in_features)``, or, if the embedder is not
        ``inductive``, integer identifiers ``(n,)``.
        """
