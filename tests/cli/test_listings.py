"""init, list, info, plugins, doctor."""

from __future__ import annotations

import json
import tomllib

import pytest

from geoframe_cli.app import VERBS


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself_with_an_example(geoframe, verb):
    result = geoframe(verb, "--help")
    assert result.exit_code == 0
    assert f"Example:\n    geoframe {verb}" in result.stdout


def test_the_table_of_verbs_is_what_there_is(geoframe):
    import pkgutil

    from geoframe_cli import verbs

    assert {module.name for module in pkgutil.iter_modules(verbs.__path__)} == {
        "try_out" if verb == "try" else verb for verb in VERBS
    }
    stdout = geoframe("--help").stdout
    for verb, text in VERBS.items():
        assert verb in stdout
        assert text in " ".join(stdout.split())


def test_version(geoframe):
    from importlib.metadata import version

    assert geoframe("--version").stdout == f"geoframe {version('geoframe-core')}\n"


def test_an_initial_config_is_accepted_unchanged(geoframe, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = geoframe("init", "toy", "-o", "toy.toml")
    assert result.exit_code == 0
    text = (tmp_path / "toy.toml").read_text()
    assert "toy: Fit a line to points by gradient steps. Source: A. M. Legendre (1805)" in " ".join(
        text.replace("# ", "").split()
    )
    assert text == geoframe("init", "toy").stdout
    assert tomllib.loads(text)["trainer"]["steps"] == 40
    written, plain = (
        geoframe("run", "toy", *options, "--json").stdout
        for options in (["--config", "toy.toml"], [])
    )
    assert written == plain


def test_an_existing_file_is_replaced_only_by_force(geoframe, tmp_path):
    path = tmp_path / "toy.toml"
    path.write_text("mine")
    assert geoframe("init", "toy", "-o", path).exit_code == 2
    assert path.read_text() == "mine"
    assert geoframe("init", "toy", "-o", path, "--force").exit_code == 0
    assert path.read_text() == geoframe("init", "toy").stdout


def test_list_shows_kind_name_plugin_and_summary(geoframe):
    rows = json.loads(geoframe("list", "--json").stdout)
    [toy] = [row for row in rows if row["name"] == "toy"]
    assert toy == {
        "kind": "method",
        "name": "toy",
        "plugin": "geoframe-toy",
        "version": "1.0",
        "summary": "Fit a line to points by gradient steps.",
        "conflict": False,
    }
    [line] = [line for line in geoframe("list", "method").stdout.splitlines() if " toy " in line]
    assert line.split()[:4] == ["method", "toy", "geoframe-toy", "1.0"]
    assert {row["kind"] for row in json.loads(geoframe("list", "embedder", "--json").stdout)} == {
        "embedder"
    }


def test_info_shows_every_option(geoframe):
    facts = json.loads(geoframe("info", "toy", "--json").stdout)
    assert facts["citation"].startswith("A. M. Legendre")
    options = {option["key"]: option for option in facts["options"]}
    assert options["slope"] == {
        "key": "slope",
        "type": "float",
        "default": 2.0,
        "range": "> -100, < 100",
        "unit": "",
        "help": "True slope of the points that are made.",
    }
    assert options["data.points"]["unit"] == "points"
    assert options["data.path"]["default"] is None
    assert options["embedder"]["default"] == {"name": "mlp", "layers": 0, "norm": "none"}
    text = geoframe("info", "toy").stdout
    for key in options:
        assert key in text
    assert "method toy: Fit a line" in text
    assert "plugin: geoframe-toy 1.0" in text


def test_info_of_a_name_of_two_kinds_asks_for_the_kind(local_site, geoframe):
    local_site.install(
        "geoframe-more", {"geoframe.embedders": {"toy": "geoframe_toy.config:ToyConfig"}}
    )
    ambiguous = geoframe("info", "toy")
    assert ambiguous.exit_code == 2
    assert "'toy' is of several kinds: embedder, method; choose by --kind" in ambiguous.stderr
    assert geoframe("info", "toy", "--kind", "method").exit_code == 0


def test_info_shows_the_promise_of_a_geometry_when_asked(local_site, geoframe):
    source = (
        "from geoframe import Geometry, Promise\n"
        "class Line(Geometry):\n"
        "    '''A line.'''\n"
        "    def __init__(self, *, dim: int = 1) -> None:\n        super().__init__(dim)\n"
        "    def distance(self, x, y):\n        return (x - y).abs().sum(-1)\n"
        "    @property\n    def promise(self):\n        return Promise(relaxation=1.5)\n"
    )
    local_site.install(
        "geoframe-line",
        {"geoframe.geometries": {"line": "line_module:Line"}},
        modules={"line_module": source},
    )
    assert "relaxation" not in geoframe("info", "line").stdout
    checked = geoframe("info", "line", "--check")
    assert checked.exit_code == 0
    assert "relaxation=1.5" in checked.stdout
    assert "dim" in checked.stdout


def test_plugins_check_succeeds_when_all_is_well(geoframe, monkeypatch):
    rows = json.loads(geoframe("plugins", "--json").stdout)
    [toy] = [row for row in rows if row["plugin"] == "geoframe-toy"]
    assert toy == {
        "plugin": "geoframe-toy",
        "version": "1.0",
        "components": ["method toy"],
        "state": "ok",
        "reason": "",
        "problems": [],
    }
    broken = [row for row in rows if row["state"] != "ok"]
    assert geoframe("plugins", "--check").exit_code == (1 if broken else 0)


def test_debug_shows_why_a_plugin_is_broken(local_site, geoframe):
    local_site.install("geoframe-bad", {"geoframe.methods": {"bad": "does_not_exist_xyz:Bad"}})
    assert "Traceback" not in geoframe("plugins").output
    debugged = geoframe("--debug", "plugins")
    assert debugged.exit_code == 0
    assert "Traceback" in debugged.stderr
    assert "No module named 'does_not_exist_xyz'" in debugged.stderr


def test_doctor_tells_problems_and_remedies(local_site, geoframe):
    findings = json.loads(geoframe("doctor", "--json").stdout)
    assert {"python", "torch", "devices"} <= {each["topic"] for each in findings}
    local_site.install("geoframe-bad", {"geoframe.methods": {"bad": "does_not_exist_xyz:Bad"}})
    result = geoframe("doctor")
    assert result.exit_code == 1
    assert "PROBLEM  geoframe-bad 1.0: broken" in result.stdout
    assert "-> reinstall, upgrade or remove geoframe-bad" in result.stdout
