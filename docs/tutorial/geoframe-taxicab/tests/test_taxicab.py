"""The checks of geoframe for geometries, and what is known of this one."""

import torch
from geoframe.testing import GeometryConformance

from geoframe_taxicab.geometry import Taxicab


class TestTaxicab(GeometryConformance):
    def make(self) -> Taxicab:
        return Taxicab(dim=3, learnable=True)


def test_around_the_block() -> None:
    corner, opposite = torch.tensor([0.0, 0.0]), torch.tensor([3.0, 2.0])
    assert Taxicab(dim=2).distance(corner, opposite).item() == 5.0
