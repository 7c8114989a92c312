"""Where a view is seen from, for a network that was not made to know it."""

from __future__ import annotations

from typing import Any, Self

from torch import Tensor, nn
from torch.nn import functional

HIDDEN = 64


class PoseEmbedding(nn.Module):
    """Adds a function of camera rows to a network's time embedding; it begins as 0.

    Parameters
    ----------
    pose
        Numbers of a camera row.
    features
        Length of the time embedding.
    """

    def __init__(self, pose: int, features: int) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(pose, HIDDEN), nn.Linear(HIDDEN, features)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)
        self.cameras: Tensor | None = None

    @classmethod
    def into(cls, network: nn.Module, pose: int) -> Self | None:
        """Put one into the first part of a network with a ``time_embedding`` (diffusers' UNets).

        Returns
        -------
        PoseEmbedding or None
            None if there is no such part.
        """
        for part in network.modules():
            found: Any = getattr(part, "time_embedding", None)
            last = getattr(found, "linear_2", None)
            if isinstance(last, nn.Linear):
                made = cls(pose, last.out_features)
                found.register_forward_hook(made.add)
                return made
        return None

    def add(self, _: nn.Module, __: Any, embedding: Tensor) -> Tensor:
        """Hook: the embedding ``(B, features)`` and what the cameras add to it."""
        if self.cameras is None:
            return embedding
        added: Tensor = self(self.cameras.to(self.first.weight))
        return embedding + added.to(embedding)

    def forward(self, cameras: Tensor) -> Tensor:
        """Camera rows ``(B, pose)`` -> what they add ``(B, features)``."""
        added: Tensor = self.last(functional.silu(self.first(cameras)))
        return added
