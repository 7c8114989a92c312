"""A bilinear form with trained weights."""

import torch

from geoframe import Geometry


class WeightedForm(Geometry):
    """Euclidean space whose axes have trained weights."""

    def __init__(self, *, dim: int = 3) -> None:
        super().__init__(dim)
        self.logs = torch.nn.Parameter(torch.zeros(dim))

    def inner(self, x, y):
        """The weighted sum of products."""
        return (x * y * self.logs.exp()).sum(-1)

    def matrix(self):
        """The weights on the diagonal."""
        return torch.diag(self.logs.exp())

    def distance(self, x, y):
        return ((x - y).square() * self.logs.exp()).sum(-1).clamp_min(1e-30).sqrt()
