"""The conformance kit on options that are not the defaults."""

from geoframe.testing import GeometryConformance
from geoframe_spaces.desitter import DeSitter
from geoframe_spaces.euclidean import Euclidean
from geoframe_spaces.hyperboloid import Hyperboloid
from geoframe_spaces.minkowski import Minkowski
from geoframe_spaces.poincare import PoincareBall
from geoframe_spaces.product import Product
from geoframe_spaces.sphere import Sphere
from geoframe_spaces.stereographic import Stereographic


class TestLine(GeometryConformance):
    def make(self):
        return Euclidean(dim=1)


class TestHyperboloid(GeometryConformance):
    def make(self):
        return Hyperboloid(dim=5, curvature=-0.3, learnable=True)


class TestPoincareBall(GeometryConformance):
    def make(self):
        return PoincareBall(dim=3, curvature=-4.0, learnable=True)


class TestSphere(GeometryConformance):
    def make(self):
        return Sphere(dim=3, curvature=0.25, learnable=True)


class TestStereographicHyperbolic(GeometryConformance):
    def make(self):
        return Stereographic(dim=3, curvature=-0.7)


class TestStereographicSpherical(GeometryConformance):
    def make(self):
        return Stereographic(dim=3, curvature=0.7)


class TestProduct(GeometryConformance):
    def make(self):
        factors = (Hyperboloid(2, learnable=True), Euclidean(1), Stereographic(2), Sphere(1))
        return Product(factors=factors, learnable=True)


class TestMinkowskiWithSeveralTimes(GeometryConformance):
    def make(self):
        return Minkowski(dim=5, time_dims=2)


class TestMinkowskiRoot(GeometryConformance):
    def make(self):
        return Minkowski(dim=3, root=True)


class TestDeSitterRoot(GeometryConformance):
    def make(self):
        return DeSitter(dim=4, root=True)
