"""The capability of a prior to be trained further, in a copy."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from torch import nn


@runtime_checkable
class Copies(Protocol):
    """A denoiser with a network, of which a copy can follow other images."""

    def copy_to_train(self, rank: int = 0) -> nn.Module:
        """A copy that denoises and whose parameters train; the original stays frozen.

        With a ``rank`` the copy shares the original's weights, and low-rank additions train.
        """
        ...
