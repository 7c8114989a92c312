"""``geoframe config``: resolved values with their origins, and the schema."""

from __future__ import annotations

import json
import tomllib

import jsonschema
import pytest

CONFIG = """\
slope = 3.0

[data]
points = 10

[trainer]
steps = 5
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.toml").write_text(CONFIG)
    return tmp_path


def test_every_value_is_shown_with_its_origin(geoframe, here):
    arguments = ["--config", "x.toml", "--set", "trainer.steps=7", "--seed", "4"]
    result = geoframe("config", "show", "toy", *arguments)
    assert result.exit_code == 0, result.output
    lines = {
        key.strip(): (value.strip(), origin.strip())
        for line in result.stdout.splitlines()
        if "=" in line
        for key, _, rest in [line.partition("=")]
        for value, _, origin in [rest.rpartition("#")]
    }
    assert lines["seed"] == ("4", "--set")
    assert lines["slope"] == ("3.0", "x.toml:1")
    assert lines["points"] == ("10", "x.toml:4")
    assert lines["noise"] == ("0.0", "default")
    assert lines["steps"] == ("7", "--set")
    assert lines["# path"] == ("", "default")
    assert tomllib.loads(result.stdout)["embedder"]["name"] == "mlp"


def test_what_is_shown_is_a_config(geoframe, here):
    shown = geoframe("config", "show", "toy", "--config", "x.toml").stdout
    (here / "again.toml").write_text(shown)
    again = geoframe("config", "show", "toy", "--config", "again.toml", "--json")
    values = {each["key"]: each["value"] for each in json.loads(again.stdout)}
    plain = geoframe("config", "show", "toy", "--config", "x.toml", "--json")
    assert values == {each["key"]: each["value"] for each in json.loads(plain.stdout)}
    origins = {each["key"]: each["origin"] for each in json.loads(again.stdout)}
    assert origins["data.points"].startswith("again.toml:")
    assert origins["data.path"] == "default"


def test_the_origin_of_an_option_in_another_component(geoframe, here):
    override = "embedder={name='mlp', layers=3}"
    result = geoframe("config", "show", "toy", "--set", override, "--json")
    origins = {each["key"]: each["origin"] for each in json.loads(result.stdout)}
    assert origins["embedder.name"] == origins["embedder.layers"] == "--set"
    assert origins["embedder.hidden"] == "default"


def test_the_schema_is_that_of_the_config(geoframe, here):
    text = geoframe("config", "schema", "toy").stdout
    schema = json.loads(text)
    assert schema["title"] == "geoframe run toy"
    checker = jsonschema.Draft202012Validator(schema)
    checker.validate(tomllib.loads(CONFIG))
    checker.validate(tomllib.loads(geoframe("init", "toy").stdout))
    for wrong in ("slope = 1e9", "slpoe = 1", "[data]\npoints = 1", "[embedder]\nname = 'mpl'"):
        assert not checker.is_valid(tomllib.loads(wrong)), wrong
    written = geoframe("config", "schema", "toy", "-o", "toy.schema.json")
    assert (written.exit_code, written.stdout) == (0, "")
    assert (here / "toy.schema.json").read_text() == text
    assert "#:schema toy.schema.json" in written.stderr


def test_a_broken_component_is_left_out_of_the_schema(geoframe, local_site):
    local_site.install("geoframe-bad", {"geoframe.embedders": {"bad": "does_not_exist_xyz:Bad"}})
    schema = json.loads(geoframe("config", "schema", "toy").stdout)
    names = schema["$defs"]["embedder"]["properties"]["name"]["enum"]
    assert "mlp" in names
    assert "bad" not in names
