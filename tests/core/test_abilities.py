"""A config says what it asks of a component; what does not fit is told in one line."""

import attrs
import pytest

from geoframe import ConfigError, MethodConfig, PartialOrder, component
from geoframe.abilities import fitting
from geoframe.components import Component
from geoframe.config import TomlTable, render_template, structure
from geoframe.config.structure import walk
from geoframe_registry.discovery import component_names, find


@attrs.frozen(kw_only=True)
class Asking(MethodConfig):
    geometry: Component = component(
        "geometry", default={"name": "minkowski"}, needs=(PartialOrder,), help="A spacetime."
    )
    dataset: Component = component(
        "dataset", default={"name": "webkb"}, provides=("graph",), help="A graph."
    )


def option(name):
    return next(info for field, _, info in walk(Asking) if field.name == name)


def test_only_what_fits_is_offered():
    assert fitting(component_names("geometry"), option("geometry")) == [
        "de-sitter",
        "minkowski",
        "spacetime",
    ]
    text = render_template(Asking, find, component_names, title="asking")
    assert "# Any geometry that fits: de-sitter, minkowski, spacetime\n" in text
    assert "digits" not in text
    assert "webkb" in text


def test_a_space_without_the_capability_is_refused_when_it_is_built():
    config = structure(Asking, TomlTable({"geometry": {"name": "sphere"}}), find)
    with pytest.raises(
        ConfigError,
        match=r"geometry\.name: geometry 'sphere' lacks PartialOrder.*minkowski, spacetime",
    ):
        config.geometry.build()


def test_data_of_another_kind_are_refused_with_the_config():
    with pytest.raises(
        ConfigError, match=r"dataset 'digits' provides 'items', and 'graph' is wanted here.*webkb"
    ):
        structure(Asking, TomlTable({"dataset": {"name": "digits"}}), find)


def test_what_fits_is_built():
    config = structure(Asking, TomlTable({"geometry": {"name": "de-sitter"}}), find)
    assert config.geometry.build().dim == 3
