"""What every scene of this plugin has in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from geoframe import Embedder
from geoframe_sdi.scenes.cameras import image_shape

BACKGROUNDS = {"white": 1.0, "black": -1.0}
"""Name -> value of all channels, in the priors' range [-1, 1]."""


class Scene(Embedder):
    """An embedder from camera rows ``(n, in_features)`` to pixels ``(n, channels * h * w)``.

    Any embedder of that kind serves; this base adds the shape of a render. Values are in [-1, 1].

    Parameters
    ----------
    in_features, out_features
        Numbers of a camera row, and values of a render.
    shape
        Channels, height and width; by default the square that has ``out_features`` values.
    """

    items = "cameras"

    def __init__(
        self, in_features: int, out_features: int, shape: Sequence[int] | None = None
    ) -> None:
        super().__init__(in_features, out_features)
        self.shape = image_shape(shape, out_features, type(self).__name__)


@runtime_checkable
class StartsFrom(Protocol):
    """Capability: a scene that can begin as given images."""

    def start_from(self, images: Tensor) -> None:
        """Take images ``(n, channels, h, w)`` for the first ``n`` cameras."""
        ...


@runtime_checkable
class Regularised(Protocol):
    """Capability: a scene that knows geometry of its last render."""

    def geometry_terms(self) -> Mapping[str, Tensor]:
        """Differentiable scalars by name: sparsity, opaque, z_variance and convexity."""
        ...


@runtime_checkable
class HasNormals(Protocol):
    """Capability: a scene that knows which way the surfaces of its last render look."""

    def orientation_term(self) -> Tensor:
        """Differentiable scalar that grows where what is seen looks away from the camera."""
        ...


@runtime_checkable
class FollowsProgress(Protocol):
    """Capability: a scene that is told how far its training is, before each step."""

    def at_progress(self, progress: float) -> None:
        """Take up a share of the training in [0, 1)."""
        ...


def background(name: str, like: Tensor) -> Tensor:
    """Value of a background as a scalar tensor."""
    return torch.full((), BACKGROUNDS[name], dtype=like.dtype, device=like.device)
