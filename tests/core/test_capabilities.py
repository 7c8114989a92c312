"""What a component can do is asked for, and answered by wrappers and composites too."""

import torch
from torch import nn

from geoframe import BilinearForm, PartialOrder, Rescalable, TangentMaps, build, capability


def test_a_component_answers_for_itself():
    space = build("geometry", "minkowski", dim=3)
    assert capability(space, PartialOrder) is space
    assert capability(space, TangentMaps) is None


def test_a_compiled_component_answers_as_what_it_compiles():
    space = build("geometry", "minkowski", dim=3)
    form = capability(torch.compile(space, backend="eager"), BilinearForm)
    assert form is space


def test_a_product_has_the_tangent_maps_that_all_of_its_factors_have():
    space = build("geometry", "product", factors=[{"name": "sphere"}, {"name": "hyperboloid"}])
    maps = capability(space, TangentMaps)
    tangent = 0.3 * torch.randn(5, 4)
    points = maps.expmap0(tangent)
    assert points.shape == (5, 6)
    torch.testing.assert_close(maps.logmap0(points), tangent)
    lacking = build("geometry", "product", factors=[{"name": "sphere"}, {"name": "geoopt"}])
    assert capability(lacking, TangentMaps) is None


def test_a_product_can_be_rescaled():
    space = build("geometry", "product", factors=[{"name": "sphere"}, {"name": "euclidean"}])
    x, y = space.project(torch.randn(2, 7, 4))
    before = space.distance(x, y)
    capability(space, Rescalable).rescale_(3.0)
    torch.testing.assert_close(space.distance(x, y), 3 * before)


def test_a_module_that_has_a_part_named_module_is_asked_through_it():
    class Wrapper(nn.Module):
        def __init__(self, module):
            super().__init__()
            self.module = module

    space = build("geometry", "minkowski", dim=3)
    assert capability(Wrapper(space), PartialOrder) is space
