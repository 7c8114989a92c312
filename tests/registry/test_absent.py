"""A finished run opens as long as its method is installed."""

import pytest

import geoframe
from geoframe import ConfigError, PluginError
from geoframe.config import TomlTable, unstructure
from geoframe_registry.configs import configure, read_config

TABLE = {"trainer": {"name": "vanished", "temperature": 3.0}}


def test_an_absent_component_is_told_when_it_is_built():
    _, options = read_config("nst", TomlTable(TABLE))
    assert options.geometry.build().dim == 4
    assert unstructure(options)["trainer"] == TABLE["trainer"]
    with pytest.raises(PluginError, match="the run needs trainer 'vanished'"):
        options.trainer.build()


def test_a_new_run_is_refused():
    with pytest.raises(ConfigError, match="no trainer 'vanished' is installed"):
        configure("nst", TomlTable(TABLE))


def test_a_trained_run_needs_its_trainer_no_longer(tmp_path, forget_digests):
    edges = tmp_path / "edges.csv"
    edges.write_text("source,target\na,b\nb,c\na,d\n")
    options = {"trainer": {"steps": 2}, "data": {"path": str(edges)}}
    run = geoframe.run_method("nst", options, path=tmp_path / "run")
    before = run.load().distance(run.load().names[0], list(run.load().names))
    forget_digests(run.path)
    path = run.path / "config.toml"
    text = path.read_text()
    assert 'name = "gradient"' in text
    path.write_text(text.replace('name = "gradient"', 'name = "vanished"'))
    after = geoframe.open_run(run.path).load()
    assert after.distance(after.names[0], list(after.names)).equals(before)
