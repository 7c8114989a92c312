"""A geometry of a plugin that misbehaves is told by its name before it can do harm."""

from __future__ import annotations

import pytest
import torch

import geoframe
from geoframe import Geometry, PluginError, Promise
from geoframe.boundary import check_geometry
from geoframe_registry.discovery import components

LABEL = "geometry 'bent' of geoframe-bent 1.0"


class Flat(Geometry):
    def distance(self, x, y):
        return (x - y).norm(dim=-1)


class Array(Flat):
    def distance(self, x, y):
        return super().distance(x, y).numpy()


class Keepdim(Flat):
    def distance(self, x, y):
        return (x - y).norm(dim=-1, keepdim=True)


class Diagonal(Flat):
    def distance(self, x, y):
        return super().distance(x, y).diagonal()


class Negative(Flat):
    def distance(self, x, y):
        return -super().distance(x, y)


class Directed(Flat):
    def distance(self, x, y):
        return (x - y).clamp(min=0).sum(-1)


class InPlace(Flat):
    def distance(self, x, y):
        return x.mul_(2).sub(y).norm(dim=-1)


class ProjectInPlace(Flat):
    def project(self, raw):
        return raw.tanh_()


class Short(Flat):
    def project(self, raw):
        return raw[..., :-1]


class Raises(Flat):
    def distance(self, x, y):
        raise ZeroDivisionError("a\nb")


class Exits(Flat):
    def promise_of(self):
        return None

    promise = property(promise_of)


class Honest(Negative):
    promise = property(lambda self: Promise(nonnegative=False))


class OneWay(Directed):
    promise = property(lambda self: Promise(symmetric=False))


@pytest.mark.parametrize(
    ("made", "problem"),
    [
        (Array(2), "returns a ndarray, no tensor, from distance"),
        (Keepdim(2), "returns the shape (3, 3, 1) from distance of (3, 1, 2) and (1, 3, 2)"),
        (Diagonal(2), "returns the shape (3,) from distance"),
        (Negative(2), "though it promises none below 0"),
        (Directed(2), "there and back"),
        (InPlace(2), "changes the points that it is given, in distance"),
        (ProjectInPlace(2), "changes the points that it is given, in project"),
        (Short(2), "returns the shape (3, 1) from project"),
        (Raises(2), "raises ZeroDivisionError: a b"),
        (Exits(2), "raises AttributeError"),
        (torch.nn.Linear(2, 2), "builds a Linear, which is no geometry"),
    ],
)
def test_what_is_wrong_is_told_with_the_plugin(made, problem):
    with pytest.raises(PluginError) as caught:
        check_geometry(made, LABEL)
    assert str(caught.value).startswith(LABEL)
    assert problem in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("made", [Flat(2), Honest(3), OneWay(2), Flat(10**9), Flat(1).double()])
def test_what_keeps_its_promises_passes(made):
    check_geometry(made, LABEL)


def test_no_random_number_is_used_up():
    state = torch.get_rng_state()
    geoframe.build("geometry", "sphere", dim=2)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("name", sorted({each.name for each in components("geometry")}))
def test_every_installed_geometry_passes(name):
    try:
        geoframe.build("geometry", name)
    except geoframe.ConfigError:
        geoframe.build("geometry", name, dim=3)


def test_a_run_names_the_plugin(site):
    site.install(
        "geoframe-bent",
        {"geoframe.geometries": {"bent": "bent_module:Bent"}},
        modules={
            "bent_module": "from geoframe import Geometry\nclass Bent(Geometry):\n"
            "    def __init__(self, dim: int = 2) -> None:\n        super().__init__(dim)\n"
            "    def distance(self, x, y):\n        return -(x - y).norm(dim=-1)\n"
        },
    )
    (site.path.parent / "edges.csv").write_text("source,target,weight\na,b,1\nb,c,1\na,d,2\n")
    done = site.run(
        *("run", "snowflake", "--set", "data.path=edges.csv", "--set", "geometry.name=bent"),
        *("--set", "trainer.steps=2", "--quiet"),
    )
    assert done.returncode == 2, done.stderr
    [line] = done.stderr.splitlines()
    assert line.startswith("Error: geometry 'bent' of geoframe-bent 1.0 gives the distance -")
