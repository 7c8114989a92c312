from geoframe.testing import GeometryConformance
from geoframe_taxicab.geometry import Taxicab


class TestTaxicab(GeometryConformance):
    def make(self):
        return Taxicab(dim=3, learnable=True)
