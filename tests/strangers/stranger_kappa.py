"""Ball, plane and sphere in one formula: free functions of a curvature that is trained."""

import torch

from geoframe import Geometry

FLAT = 1e-4
"""Curvatures smaller than this are computed as the first terms of a series."""


def tangent(u, k):
    """tan for positive, tanh for negative curvature, u without one; below a quarter turn."""
    root = k.abs().clamp_min(FLAT).sqrt()
    turned = torch.tan((root * u).clamp_max(1.4)) / root
    bent = torch.tanh(root * u) / root
    return torch.where(k > FLAT, turned, torch.where(k < -FLAT, bent, u + k * u**3 / 3))


def arc(u, k):
    """The inverse of :func:`tangent`."""
    root = k.abs().clamp_min(FLAT).sqrt()
    turned = torch.atan(root * u) / root
    bent = torch.atanh((root * u).clamp_max(1 - 1e-12)) / root
    return torch.where(k > FLAT, turned, torch.where(k < -FLAT, bent, u - k * u**3 / 3))


def length(x):
    """Euclidean length, whose gradient at 0 is 0."""
    return x.square().sum(-1).clamp_min(1e-30).sqrt()


class Stereographic(Geometry):
    """The kappa-stereographic model, hyperbolic or spherical as the data want it."""

    def __init__(self, *, dim: int = 2, curvature: float = -0.5) -> None:
        super().__init__(dim)
        self.register_parameter("curvature", torch.nn.Parameter(torch.tensor(float(curvature))))

    def sectional_curvature(self):
        """K itself."""
        return self.curvature

    def project(self, raw):
        size, k = length(raw.double()), self.curvature.double()
        scale = tangent((size / 2).clamp_max(4.0 / k.abs().clamp_min(1.0).sqrt()), k) / size
        return (raw * scale.to(raw)[..., None]).to(raw)

    def distance(self, x, y):
        dtype, k = x.dtype, self.curvature.double()
        x, y = torch.broadcast_tensors(x.double(), y.double())
        below = 1 + 2 * k * (x * y).sum(-1) + k**2 * x.square().sum(-1) * y.square().sum(-1)
        between = length(x - y) / below.clamp_min(1e-24).sqrt()
        return (2 * arc(between, k)).to(dtype)
