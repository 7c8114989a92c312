"""Causal diamonds: the order of special relativity in one space and one time dimension."""

import torch

from geoframe import Geometry


class CausalDiamond(Geometry):
    """Events in light-cone coordinates; x precedes y iff it is later on neither light ray."""

    def __init__(self, dim: int = 2) -> None:
        super().__init__(dim)

    def distance(self, x, y):
        return torch.linalg.vector_norm(x - y, dim=-1)

    def pairwise(self, x, y, *, memory_budget=2**28):
        return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")

    def order_gap(self, x, y):
        return (x - y)[..., :2]

    def precedes(self, x, y):
        return (self.order_gap(x, y) <= 0).all(-1)
