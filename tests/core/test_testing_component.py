"""The kit catches what is wrong with a component's declaration."""

import sys
import textwrap

import pytest

from geoframe.components import ComponentSpec
from geoframe.testing import COMPONENT_CHECKS, FIRST_CHECKS, GEOMETRY_CHECKS, check_component

CONFIG = '''
from typing import ClassVar
import attrs
from geoframe.config import option

@attrs.frozen(kw_only=True)
class PlaneConfig:
    """A plane."""

    component: ClassVar[str] = "{package}.plane:Plane"

    dim: int = option(2, ge=1, help="Dimension.")
    scale: float = option(1.0, gt=0, help="Scale.")
'''

PLANE = '''
import torch
from geoframe import Geometry

class Plane(Geometry):
    """A plane."""

    def __init__(self, dim: int = 2, *, scale: float = 1.0) -> None:
        super().__init__(dim)
        self.scale = scale

    def distance(self, x, y):
        return self.scale * torch.linalg.vector_norm(x - y, dim=-1)
'''


@pytest.fixture
def plane(tmp_path, monkeypatch, request):
    """Return what makes the spec of an importable geometry, its source changed as asked."""
    package = "plane_" + "".join(c if c.isalnum() else "_" for c in request.node.name)
    monkeypatch.syspath_prepend(tmp_path)

    def make(config=(), plane=(), target="config:PlaneConfig", kind="geometry"):
        sources = {"config": CONFIG.format(package=package), "plane": PLANE}
        for name, changes in (("config", config), ("plane", plane)):
            for old, new in [changes] if changes else []:
                assert old in sources[name]
                sources[name] = sources[name].replace(old, new)
        folder = tmp_path / package
        folder.mkdir()
        (folder / "__init__.py").touch()
        for name, source in sources.items():
            (folder / f"{name}.py").write_text(textwrap.dedent(source))
        return ComponentSpec(
            kind=kind,
            name="plane",
            target=f"{package}.{target}",
            distribution="plane",
            version="1.0",
        )

    yield make
    for name in [name for name in sys.modules if name.startswith(package)]:
        del sys.modules[name]


def test_a_sound_component_passes_both_kinds_of_checks(plane):
    report = check_component(plane())
    assert report.ok, str(report)
    assert len(report.outcomes) == len(FIRST_CHECKS + COMPONENT_CHECKS + GEOMETRY_CHECKS)
    assert str(report).startswith("geometry 'plane' of plane 1.0: ")


def test_a_component_may_be_declared_by_its_class(plane):
    report = check_component(plane(target="plane:Plane"))
    assert report.ok, str(report)


@pytest.mark.parametrize(
    ("name", "config", "plane_source"),
    [
        ("it_says_what_it_is", ('    """A plane."""\n', ""), ()),
        ("options_are_explained", ('help="Scale."', 'help=""'), ()),
        ("options_are_explained", ("attrs.frozen(kw_only=True)", "attrs.frozen"), ()),
        ("options_are_explained", ("attrs.frozen(kw", "attrs.define(kw"), ()),
        ("options_need_no_torch", ("import attrs", "import attrs, torch"), ()),
        ("options_are_those_of_the_constructor", ("option(1.0,", "option(2.0,"), ()),
        ("options_are_those_of_the_constructor", ("scale: float", "factor: float"), ()),
        ("options_are_those_of_the_constructor", (), ("= 1.0) ->", "= 1.0, more: int = 0) ->")),
        ("options_are_those_of_the_constructor", (), ("scale: float = 1.0", "scale: float")),
        ("distance_is_nonnegative", (), ("return self", "return -self")),
    ],
)
def test_a_mistake_is_caught_by_name(plane, name, config, plane_source):
    report = check_component(plane(config, plane_source))
    assert name in {outcome.name for outcome in report.failures}, str(report)


def test_what_cannot_be_imported_gets_one_line(plane):
    report = check_component(plane(target="config:PlainConfig"))
    assert [outcome.name for outcome in report.failures] == ["it_can_be_imported"]
    assert report.number_run == 1


def test_expected_failures_reach_both_kinds_of_checks(plane):
    spec = plane(("option(1.0,", "option(2.0,"), ("return self", "return -self"))
    expected = {
        "options_are_those_of_the_constructor": "known",
        "distance_is_nonnegative": "known",
        "distance_of_distinct_points_is_positive": "known",
        "triangle_inequality_holds": "known",
    }
    report = check_component(spec, expected_failures=expected)
    assert report.ok, str(report)
    with pytest.raises(ValueError, match="no check 'distance_is_negative'"):
        check_component(spec, expected_failures={"distance_is_negative": "typo"})


METHOD = '''
import attrs
from geoframe import Method
from geoframe.config import MethodConfig, option
from geoframe.reference import ReferenceRow, ReferenceTable

@attrs.frozen(kw_only=True)
class Config(MethodConfig):
    """Options."""

    slope: float = option(1.0, gt=0, help="Slope.")

class Plane(Method):
    """A method."""

    Config = Config

    def run(self, config, run):
        raise NotImplementedError

    def load(self, run):
        raise NotImplementedError

    def reference_tables(self):
        row = ReferenceRow(name="one", overrides={"slope": 2.0})
        return [ReferenceTable(name="t", title="T", metrics=["m"], rows=[row], quick={})]
'''


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("", "", ""),
        ('"slope": 2.0', '"slop": 2.0', "t, one: --set: slop: unknown key"),
        ("quick={}", 'quick={"slope": -1.0}', "t, one: --set: slope: -1.0 is out of range"),
        ("rows=[row]", "rows=[row, row]", "two rows have the same name"),
    ],
)
def test_rows_that_are_no_configs_are_told(tmp_path, monkeypatch, old, new, reason):
    module = "method_" + str(len(old) + len(new))
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / f"{module}.py").write_text(METHOD.replace(old, new) if old else METHOD)
    spec = ComponentSpec(
        kind="method",
        name="plane",
        target=f"{module}:Plane",
        distribution="geoframe-plane",
        version="1.0",
    )
    [found] = [e for e in check_component(spec).outcomes if e.name == "reference_tables_are_sound"]
    assert found.status == ("failed" if reason else "passed"), found.reason
    assert reason in found.reason
    del sys.modules[module]
