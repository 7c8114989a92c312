"""Configs: structuring, every problem at once, overrides, and the round trip through TOML."""

import tomllib
from pathlib import Path
from typing import Literal

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoframe.components import Component, ComponentSpec
from geoframe.config import (
    TomlTable,
    apply_overrides,
    component,
    components,
    dump_toml,
    load_toml,
    option,
    parse_override,
    render_template,
    section,
    structure,
    unstructure,
)
from geoframe.errors import ConfigError, PluginError, did_you_mean


@attrs.frozen(kw_only=True)
class Ball:
    """A round thing."""

    component = "collections:OrderedDict"
    dim: int = option(2, ge=1, help="Dimension.")
    radius: float = option(1.0, gt=0, unit="m", help="Radius.")


@attrs.frozen(kw_only=True)
class Stack:
    """Things on top of one another."""

    component = "collections:OrderedDict"
    factors: tuple[Component, ...] = components(
        "geometry", default=[{"name": "ball"}], help="The things."
    )


@attrs.frozen(kw_only=True)
class Walk:
    """So many steps, or so many laps."""

    component = "collections:OrderedDict"
    steps: int = option(10, ge=0, help="Steps.")
    laps: int | None = option(None, ge=0, instead_of="steps", help="Laps.")


@attrs.frozen(kw_only=True)
class Journey:
    geometry: Component = component("geometry", default={"name": "walk", "laps": 3}, help="How.")


@attrs.frozen(kw_only=True)
class Data:
    path: Path | None = option(None, help="Where.")
    columns: tuple[str, ...] = option(("a", "b"), help="Which.")


@attrs.frozen(kw_only=True)
class Config:
    seed: int = option(0, ge=0, help="Seed.")
    rate: float = option(1e-3, gt=0, le=1, help="Rate.")
    mode: Literal["fast", "slow"] = option("fast", help="Mode.")
    quiet: bool = option(False, help="Quiet.")
    limit: float | None = option(None, ge=0, help="Limit.")
    data: Data = section(Data, help="Data.")
    geometry: Component = component(
        "geometry", default={"name": "ball", "dim": 3}, help="The space."
    )


SPECS = {
    name: ComponentSpec(
        kind="geometry",
        name=name,
        target=f"{__name__}:{cls}",
        distribution="geoframe-toy",
        version="1",
    )
    for name, cls in {"ball": "Ball", "stack": "Stack", "walk": "Walk"}.items()
}


def resolve(kind: str, name: str) -> ComponentSpec:
    if name not in SPECS:
        raise PluginError(f"no {kind} '{name}'{did_you_mean(name, SPECS)}")
    return SPECS[name]


@pytest.fixture(autouse=True)
def _declared_here(monkeypatch):
    """The specs name classes of this file, which is not importable under its own name."""
    classes = {"Ball": Ball, "Stack": Stack, "Walk": Walk}
    monkeypatch.setattr(
        ComponentSpec, "_import", lambda self, target: classes[target.partition(":")[2]]
    )


def make(table: dict, cls: type = Config):
    return structure(cls, TomlTable(table, name="x.toml"), resolve)


def test_defaults_and_merged_component_table():
    config = make({"geometry": {"radius": 2}})
    assert config.geometry.name == "ball"
    assert config.geometry.options == Ball(dim=3, radius=2.0)
    assert isinstance(config.geometry.options.radius, float)


def test_another_component_does_not_inherit_the_default_options():
    config = make({"geometry": {"name": "stack", "factors": [{"name": "ball", "dim": 5}]}})
    assert config.geometry.options.factors[0].options.dim == 5


@pytest.mark.parametrize(
    ("given", "steps", "laps"),
    [({"steps": 5}, 5, None), ({"laps": 2}, 10, 2), ({}, 10, 3), ({"laps": None}, 10, None)],
)
def test_of_two_alternatives_what_is_given_puts_the_default_aside(given, steps, laps):
    made = make({"geometry": given}, Journey).geometry.options
    assert (made.steps, made.laps) == (steps, laps)
    assert make(unstructure(make({"geometry": given}, Journey)), Journey).geometry.options == made


def test_every_problem_is_reported_at_once():
    with pytest.raises(ConfigError) as caught:
        make(
            {
                "sede": 1,
                "rate": 2.0,
                "mode": "fats",
                "quiet": 1,
                "limit": "x",
                "data": {"columns": "ab", "paht": "x"},
                "geometry": {"name": "bal"},
            }
        )
    lines = "\n".join(caught.value.problems)
    assert len(caught.value.problems) == 8
    for expected in (
        "x.toml: sede: unknown key; did you mean 'seed'?",
        "x.toml: rate: 2.0 is out of range; must be > 0, <= 1",
        "x.toml: mode: 'fats' (string) is not allowed; choose from 'fast', 'slow'; did you mean",
        "x.toml: quiet: expected true or false, got 1 (integer)",
        "x.toml: limit: expected a number, got 'x' (string)",
        "x.toml: data.columns: expected an array, got 'ab' (string)",
        "x.toml: data.paht: unknown key; did you mean 'path'?",
        "x.toml: geometry.name: no geometry 'bal'; did you mean 'ball'?",
    ):
        assert expected in lines


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"seed": True}, "seed: expected an integer, got true (boolean)"),
        ({"seed": 1.0}, "seed: expected an integer, got 1.0 (float)"),
        ({"seed": -1}, "seed: -1 is out of range"),
        ({"rate": float("nan")}, "rate: nan is not a finite number"),
        ({"rate": float("inf")}, "rate: inf is not a finite number"),
        ({"data": 3}, "data: expected a table, got 3 (integer)"),
        ({"data": {"path": ""}}, "data.path: expected a path, got an empty string"),
        ({"data": {"path": "~nobody-here/x"}}, "data.path: no home folder for '~nobody-here'"),
        ({"geometry": "ball"}, "geometry: expected a table with a name"),
        ({"geometry": {"name": 3}}, "geometry.name: expected a string"),
        ({"geometry": {"dim": 0}}, "geometry.dim: 0 is out of range; must be >= 1"),
        (
            {"geometry": {"name": "stack", "factors": [{"name": "ball"}, {"dim": 2}]}},
            "geometry.factors[1].name: missing",
        ),
        (
            {"geometry": {"name": "stack", "factors": [{"name": "ball", "dmi": 2}]}},
            "geometry.factors[0].dmi: unknown key; did you mean 'dim'?",
        ),
    ],
)
def test_a_single_problem(table, message):
    with pytest.raises(ConfigError) as caught:
        make(table)
    assert len(caught.value.problems) == 1
    assert message in caught.value.problems[0]


def test_python_construction_is_checked_too():
    with pytest.raises(ValueError, match="dim: 0 is out of range"):
        Ball(dim=0)


def test_problems_name_the_line_or_the_override(tmp_path):
    file = tmp_path / "x.toml"
    file.write_text("seed = 1\n\n[geometry]\nname = 'ball'\ndim = 0\n\n[data]\ncolumns = 3\n")
    table = apply_overrides(load_toml(file), [parse_override("rate=-1")])
    with pytest.raises(ConfigError) as caught:
        structure(Config, table, resolve)
    assert sorted(problem.split(": ")[0] for problem in caught.value.problems) == [
        "--set",
        f"{file}:5",
        f"{file}:8",
    ]


def test_paths_start_from_the_file_and_overrides_from_the_working_folder(tmp_path, monkeypatch):
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "sub" / "x.toml"
    file.write_text("[data]\npath = 'e.csv'\n")
    table = load_toml(file)
    assert structure(Config, table, resolve).data.path == tmp_path / "sub" / "e.csv"
    table = apply_overrides(table, [parse_override("data.path=e.csv")])
    assert structure(Config, table, resolve).data.path == tmp_path / "e.csv"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.b=3", ("a.b", 3)),
        ("a=0.5", ("a", 0.5)),
        ("a=true", ("a", True)),
        ("a=text", ("a", "text")),
        ("a='3'", ("a", "3")),
        ("a=[1, 2]", ("a", [1, 2])),
        ("a={name = 'x'}", ("a", {"name": "x"})),
        ("a=x=y", ("a", "x=y")),
    ],
)
def test_overrides_parse(text, expected):
    assert parse_override(text) == expected


@pytest.mark.parametrize("text", ["a", "=3", "a..b=3", ".a=3", "a b=3", ""])
def test_bad_overrides_are_refused(text):
    with pytest.raises(ConfigError, match="expected key"):
        parse_override(text)


def test_an_override_through_a_scalar_is_refused():
    with pytest.raises(ConfigError, match="'seed' is not a table"):
        apply_overrides(TomlTable({"seed": 1}), [("seed.x", 2)])


@attrs.frozen(kw_only=True)
class Levels:
    level: Literal[0, 1, 5] = option(0, help="Level.")
    flag: Literal["on", True] = option("on", help="Flag.")


@pytest.mark.parametrize(
    ("table", "accepted"),
    [
        ({"level": 5}, True),
        ({"level": 1}, True),
        ({"level": True}, False),
        ({"level": 2}, False),
        ({"flag": True}, True),
        ({"flag": 1}, False),
    ],
)
def test_literals_tell_numbers_from_booleans(table, accepted):
    if accepted:
        assert make(table, Levels) == Levels(**table)
    else:
        with pytest.raises(ConfigError, match="is not allowed; choose from"):
            make(table, Levels)


def test_overrides_leave_the_table_alone():
    table = TomlTable({"data": {"columns": ["a"]}})
    apply_overrides(table, [("data.columns", ["b"])])
    assert table.values == {"data": {"columns": ["a"]}}


def test_a_table_that_several_configs_share_stays_as_it_is():
    shared = {"name": "views"}
    found = apply_overrides(TomlTable({}), [("prior", shared), ("prior.details", 4)])
    assert found.values == {"prior": {"name": "views", "details": 4}}
    assert shared == {"name": "views"}


configs = st.fixed_dictionaries(
    {},
    optional={
        "seed": st.integers(0, 2**63 - 1),
        "rate": st.floats(0, 1, exclude_min=True),
        "mode": st.sampled_from(["fast", "slow"]),
        "quiet": st.booleans(),
        "limit": st.floats(0, 1e300),
        "data": st.fixed_dictionaries(
            {},
            optional={
                "path": st.text(
                    st.characters(codec="utf-8", exclude_characters="\0"), min_size=1
                ).map(lambda text: f"/{text}"),
                "columns": st.lists(st.text(st.characters(codec="utf-8"))),
            },
        ),
        "geometry": st.one_of(
            st.builds(lambda dim: {"name": "ball", "dim": dim}, st.integers(1, 9)),
            st.builds(
                lambda dims: {
                    "name": "stack",
                    "factors": [{"name": "ball", "dim": dim} for dim in dims],
                },
                st.lists(st.integers(1, 9), max_size=3),
            ),
        ),
    },
)


@given(configs)
def test_round_trip_through_toml(table):
    config = make(table)
    assert make(tomllib.loads(dump_toml(unstructure(config)))) == config


def test_the_template_is_valid_and_says_everything():
    text = render_template(Config, resolve, lambda kind: sorted(SPECS), title="A toy.")
    assert make(tomllib.loads(text)) == make({})
    for said in ("Rate.", "> 0, <= 1", '"fast" | "slow"', "# limit =", "ball, stack", "m, > 0"):
        assert said in text
    stacked = attrs.make_class(
        "Stacked",
        {"geometry": component("geometry", default={"name": "stack"}, help="Stacked.")},
        frozen=True,
        kw_only=True,
    )
    text = render_template(stacked, resolve, lambda kind: sorted(SPECS), title="A stack.")
    assert make(tomllib.loads(text), stacked) == make({}, stacked)
