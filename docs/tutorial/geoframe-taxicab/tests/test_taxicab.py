from geoframe_taxicab.geometry import Taxicab

from geoframe.testing import GeometryConformance


class TestTaxicab(GeometryConformance):
    def make(self):
        return Taxicab(dim=3, learnable=True)
