"""Distances with a wind: a Randers metric, shorter with it than against it."""

import torch
from torch import nn

from geoframe import Geometry, Promise


class Randers(Geometry):
    """d(x, y) = |y - x| + <b, y - x> with a trained wind b, |b| < 1."""

    def __init__(self, dim: int = 2) -> None:
        super().__init__(dim)
        self.wind = nn.Parameter(torch.full((dim,), 0.1))

    @property
    def promise(self):
        return Promise(symmetric=False)

    def distance(self, x, y):
        step = y - x
        wind = 0.9 * self.wind / (1 + torch.linalg.vector_norm(self.wind))
        return torch.linalg.vector_norm(step, dim=-1) + step @ wind

    def pairwise(self, x, y, *, memory_budget=2**28):
        wind = 0.9 * self.wind / (1 + torch.linalg.vector_norm(self.wind))
        across = (y @ wind) - (x @ wind).unsqueeze(1)
        return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist") + across
