"""Configs of every method: written and read again they are the same, and the schema agrees."""

from __future__ import annotations

import importlib.util
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import jsonschema
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from geoframe.config import TomlTable, dump_toml, structure, unstructure
from geoframe.config.origins import DEFAULT, origins, render_origins
from geoframe.config.schema import config_schema
from geoframe.errors import ConfigError
from geoframe_registry.configs import method_class
from geoframe_registry.discovery import component_names, find

SPEC = importlib.util.spec_from_file_location(
    "config_tables", Path(__file__).with_name("config_tables.py")
)
config_tables = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(config_tables)

FIND = cache(find)
METHODS = component_names("method")
FEW = settings(
    max_examples=15,
    deadline=None,
    # Rules between several options, which a draw knows nothing of, refuse many of them.
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    database=None,
)


@cache
def validator(method):
    config = method_class(find("method", method)).Config
    schema = config_schema(config, find, component_names, title=method)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@cache
def strategy(method):
    return config_tables.tables(method_class(find("method", method)).Config)


def make(method, values, text=""):
    config = method_class(find("method", method)).Config
    return structure(config, TomlTable(values, name="x.toml", text=text), FIND)


def draw(method, data):
    """Draw a table and the config it makes; rules between several options are not the point."""
    table = data.draw(strategy(method))
    try:
        return table, make(method, table)
    except ConfigError as error:
        ours = [each for each in error.problems if "out of range" in each or "expected" in each]
    assume(bool(ours))
    pytest.fail(f"{table} is refused: {ours}")


@FEW
@pytest.mark.parametrize("method", METHODS)
@given(data=st.data())
def test_a_config_survives_being_written_and_read(method, data):
    table, config = draw(method, data)
    assert make(method, tomllib.loads(dump_toml(unstructure(config)))) == config
    validator(method).validate(table)
    source = TomlTable(table, name="x.toml")
    assert make(method, tomllib.loads(render_origins(config, source))) == config
    given = {each.key for each in origins(config, source) if each.origin != DEFAULT}
    free = [each.key for each in origins(config, source) if isinstance(each.value, Mapping)]
    keys = keys_of(table)  # below an option that is a table itself, any keys go
    assert given == {
        next((name for name in free if key.startswith(f"{name}.")), key) for key in keys
    }


def keys_of(table, prefix=""):
    """Dotted paths of the values of a table, as the origins have them."""
    for key, value in table.items():
        path = f"{prefix}{key}"
        if isinstance(value, dict):
            yield from keys_of(value, f"{path}.")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for index, item in enumerate(value):
                yield from keys_of(item, f"{path}[{index}].")
        else:
            yield path


@FEW
@pytest.mark.parametrize("method", METHODS)
@given(data=st.data())
def test_the_schema_refuses_what_is_refused(method, data):
    table, _ = draw(method, data)
    where = data.draw(st.sampled_from(list(tables_of(table))))
    key = data.draw(st.sampled_from(["no such option", *where]))
    where[key] = data.draw(st.sampled_from([object_of_no_type(), [[[]]], "\x00?"]))
    try:
        make(method, table)
    except ConfigError:
        assert not validator(method).is_valid(table)
    else:
        validator(method).validate(table)


def object_of_no_type():
    """Return a table that no option takes."""
    return {"no such option": 1}


def tables_of(table):
    """Yield a table and all tables below it."""
    yield table
    for value in table.values():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                yield from tables_of(each)
