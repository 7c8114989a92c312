"""Terms that keep a volume a solid thing (threestudio's, as the paper uses them)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

CONVEX_SIDE = 8
"""Height and width that normals are shrunk to for convexity."""
SOLID = 0.5
"""Opacity above which a pixel counts as covered."""


def geometry_terms(
    opacity: Tensor, depth: Tensor, z_variance: Tensor, size: tuple[int, int]
) -> Mapping[str, Tensor]:
    """Scalars by name, to be weighted.

    Parameters
    ----------
    opacity, depth, z_variance
        ``(n, rays)``.
    size
        Height and width of the images that the rays make.

    Returns
    -------
    Mapping
        ``sparsity`` mean sqrt(opacity^2 + 0.01); ``opaque`` binary entropy of the opacity;
        ``z_variance`` mean variance of depth along covered rays; ``convexity`` minus the mean
        turn of the normals between neighbours on an 8 x 8 image.
    """
    sure = opacity.clamp(1e-3, 1 - 1e-3)
    solid = (opacity > SOLID).to(opacity)
    return {
        "sparsity": (opacity.square() + 0.01).sqrt().mean(),
        "opaque": functional.binary_cross_entropy(sure, sure),
        "z_variance": (z_variance * solid).sum() / solid.sum().clamp_min(1),
        "convexity": _convexity(depth * solid, size),
    }


def _convexity(depth: Tensor, size: tuple[int, int]) -> Tensor:
    """Normals from depth; z-component of the cross products of neighbours' normals."""
    images = depth.reshape(-1, 1, *size)
    if min(size) < 3:
        return depth.new_zeros(())
    across = functional.pad(images[..., 2:] - images[..., :-2], (1, 1))
    down = functional.pad(images[..., 2:, :] - images[..., :-2, :], (0, 0, 1, 1))
    toward = torch.full_like(across, 2 / size[0])
    normals = functional.normalize(torch.cat([across, -down, toward], 1), dim=1)
    small = functional.interpolate(
        normals, size=(CONVEX_SIDE, CONVEX_SIDE), mode="bilinear", align_corners=False
    )
    turned_x = small[:, 0, :, :-1] * small[:, 2, :, 1:] - small[:, 2, :, :-1] * small[:, 0, :, 1:]
    turned_y = small[:, 1, :-1] * small[:, 2, 1:] - small[:, 2, :-1] * small[:, 1, 1:]
    # On a convex surface normals turn outward from left to right and from below to above.
    return turned_x.mean() - turned_y.mean()
