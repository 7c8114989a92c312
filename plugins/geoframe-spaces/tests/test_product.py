"""Products, and how they are configured."""

import pytest
import torch
from torch.testing import assert_close

import geoframe
from geoframe import ConfigError, Geometry, Promise
from geoframe_spaces.euclidean import Euclidean
from geoframe_spaces.hyperboloid import Hyperboloid
from geoframe_spaces.minkowski import Minkowski
from geoframe_spaces.product import Product
from geoframe_spaces.sphere import Sphere


def test_squared_distances_add_up():
    factors = Hyperboloid(2), Euclidean(1), Sphere(3)
    space = Product(factors=factors, learnable=True)
    with torch.no_grad():
        space.log_scales.copy_(torch.tensor([0.5, 0.0, -0.3]))
    assert space.dim == 6
    assert space.point_dim == 8
    raw = torch.randn(2, 10, 6)
    x, y = space.project(raw)
    expected = sum(
        (scale * factor.distance(factor.project(a), factor.project(b))) ** 2
        for factor, scale, a, b in zip(
            factors,
            space.scales,
            raw[0].split([2, 1, 3], -1),
            raw[1].split([2, 1, 3], -1),
            strict=True,
        )
    )
    assert_close(space.distance(x, y), expected.sqrt())


def test_flat_factors_make_flat_space():
    product = Product(factors=(Euclidean(2), Euclidean(3)))
    x, y = torch.randn(2, 20, 5)
    assert_close(product.distance(x, y), Euclidean(5).distance(x, y))
    assert not list(product.parameters())


class Relaxed(Geometry):
    def __init__(self, promise):
        super().__init__(1)
        self.own = promise

    @property
    def promise(self):
        return self.own

    def distance(self, x, y):
        return ((x - y) ** 2).sum(-1)


def test_the_weakest_promise_counts():
    def promise(*promises):
        return Product(factors=tuple(Relaxed(each) for each in promises)).promise

    assert promise(Promise(), Promise(relaxation=2.0)) == Promise(relaxation=2.0)
    assert promise(Promise(relaxation=None), Promise()).relaxation is None
    assert not promise(Promise(identity=False), Promise()).identity
    assert not promise(Promise(symmetric=False), Promise()).symmetric


def test_spacetimes_and_nothing_are_no_factors():
    with pytest.raises(ConfigError, match=r"factors\[1\]: Minkowski has negative distances"):
        Product(factors=(Euclidean(2), Minkowski(2)))
    with pytest.raises(ConfigError, match="at least one factor"):
        Product(factors=())


def test_built_by_name():
    default = geoframe.build("geometry", "product")
    assert [type(each).__name__ for each in default.factors] == [
        "Euclidean",
        "Hyperboloid",
        "Sphere",
    ]
    space = geoframe.build(
        "geometry",
        "product",
        factors=[{"name": "hyperboloid", "dim": 3}, {"name": "sphere", "curvature": 2.0}],
        learnable=True,
    )
    assert space.dim == 5
    assert space.factors[1].curvature().item() == pytest.approx(2.0)
    with pytest.raises(ConfigError, match=r"factors\[0\]\.curvature: .* out of range; must be < 0"):
        geoframe.build("geometry", "product", factors=[{"name": "hyperboloid", "curvature": 1.0}])
