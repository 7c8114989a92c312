"""Components by name: options read from a config class, a nested class or a signature."""

from pathlib import Path

import attrs
import pytest

from geoframe.components import Component, ComponentSpec
from geoframe.errors import PluginError


class Plain:
    """A plain thing.

    Nothing more.
    """

    def __init__(self, dim: int, *, slope: float = 0.5, parts=()):
        self.values = (dim, slope, parts)


class PlainEmbedder:
    """An embedder declared by its class."""

    def __init__(self, in_features: int, out_features: int, *, width: int = 3):
        self.values = (in_features, out_features, width)


class WithConfig:
    """A thing with options of its own."""

    @attrs.frozen(kw_only=True)
    class Config:
        dim: int = 2

    def __init__(self, dim):
        self.values = (dim,)


def spec(cls, kind="geometry"):
    return ComponentSpec(
        kind=kind, name="x", target=f"geoframe_test_things:{cls}", distribution="d", version="1"
    )


@pytest.fixture(autouse=True)
def _things(tmp_path, monkeypatch):
    """Make this file importable under a name of its own."""
    (tmp_path / "geoframe_test_things.py").write_bytes(Path(__file__).read_bytes())
    monkeypatch.syspath_prepend(tmp_path)


def test_options_of_a_signature():
    options = spec("Plain").options
    fields = {field.name: field for field in attrs.fields(options)}
    assert fields["dim"].type is int
    assert fields["dim"].default is attrs.NOTHING
    assert fields["slope"].default == 0.5
    assert spec("Plain").summary == "A plain thing."


def test_what_a_method_gives_is_no_option():
    options = spec("PlainEmbedder", "embedder").options
    assert [field.name for field in attrs.fields(options)] == ["width"]
    built = Component(spec=spec("PlainEmbedder", "embedder"), options=options()).build(
        in_features=4, out_features=5
    )
    assert built.values == (4, 5, 3)


def test_build_passes_options_and_builds_inner_components():
    outer, within = spec("Plain", "sampler"), spec("WithConfig", "sampler")
    inner = Component(spec=within, options=within.options(dim=7))
    options = outer.options(dim=1, slope=2.0, parts=(inner,))
    dim, slope, parts = Component(spec=outer, options=options).build(dim=9).values
    assert (dim, slope, parts[0].values) == (9, 2.0, (7,))


@pytest.mark.parametrize("cls", ["Missing", "pytest"])
def test_what_is_no_class_is_a_plugin_error(cls):
    with pytest.raises(PluginError, match="cannot be loaded"):
        _ = spec(cls).options
