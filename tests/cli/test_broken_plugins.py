"""One broken plugin never disturbs the others: really installed ones, in real processes."""

from __future__ import annotations

import json

import pytest

METHOD = {"geoframe.methods": {"bad": "bad_module:Bad"}}
HOOK = {"geoframe.plugins": {"bad": "bad_module"}}
IMPL = "from geoframe.hooks import hookimpl\n@hookimpl\n"

FAULTS = {
    # id: (entry points, module, requirements, state, reason)
    "import error": (METHOD, "import does_not_exist_xyz", (), "broken", "does_not_exist_xyz"),
    "syntax error": (METHOD, "def", (), "broken", "SyntaxError"),
    "exit at import": (METHOD, "raise SystemExit(0)", (), "broken", "SystemExit: 0"),
    "panic of an extension": (
        METHOD,
        "class Panic(BaseException): pass\nraise Panic('lost\\nmy way')",
        (),
        "broken",
        "Panic: lost my way",
    ),
    "missing attribute": (METHOD, "x = 1", (), "broken", "no attribute 'Bad'"),
    "no module": (METHOD, None, (), "broken", "No module named 'bad_module'"),
    "no class": (METHOD, "Bad = 3", (), "broken", "is not a class"),
    "no method": (METHOD, "class Bad: pass", (), "broken", "is not a geoframe.Method"),
    "newer core": (
        METHOD,
        "raise ValueError",
        ("geoframe-core>=99",),
        "incompatible",
        "needs geoframe-core>=99",
    ),
}

HOOK_FAULTS = {
    "hook import error": (HOOK, "import does_not_exist_xyz", "broken", "does_not_exist_xyz"),
    "hook exits": (HOOK, "raise SystemExit(0)", "broken", "SystemExit: 0"),
    "unknown argument": (HOOK, f"{IMPL}def geoframe_metrics(stepp): pass", "broken", "stepp"),
    "misspelt hook": (HOOK, f"{IMPL}def geoframe_metrix(): pass", "broken", "geoframe_metrix"),
    "no hook plugin": ({"geoframe.plugins": {"bad": "math:pi"}}, "", "broken", "no @hookimpl"),
    "newer hooks": (HOOK, "geoframe_api = 99", "incompatible", "upgrade geoframe-core"),
}


def state_of(site, name):
    """What ``geoframe plugins`` says of a distribution; the verb itself must succeed."""
    done = site.run("plugins", "--json")
    assert done.returncode == 0
    assert done.stderr == ""
    [found] = [each for each in json.loads(done.stdout) if name in each["plugin"]]
    return found


def listed(site):
    done = site.run("list", "method", "--json")
    assert done.returncode == 0
    return [each["name"] for each in json.loads(done.stdout)]


@pytest.mark.parametrize(
    ("entry_points", "source", "requires", "state", "reason"), FAULTS.values(), ids=FAULTS
)
def test_a_broken_method(site, entry_points, source, requires, state, reason):
    site.install_toy()
    modules = {} if source is None else {"bad_module": source}
    site.install("geoframe-bad", entry_points, modules=modules, requires=requires)
    assert {"bad", "toy"} <= set(listed(site))
    assert site.run("init", "toy").returncode == 0

    found = state_of(site, "geoframe-bad")
    assert found["state"] == state
    assert reason in found["reason"]
    assert state_of(site, "geoframe-toy")["state"] == "ok"
    checked = site.run("plugins")
    assert f"geoframe-bad: {state}: " in checked.stdout

    used = site.run("run", "bad")
    assert used.returncode == 2
    [line] = used.stderr.splitlines()
    assert line.startswith("Error: ")
    assert reason in line
    assert "geoframe-bad" in line
    assert any(remedy in line for remedy in ("reinstall or remove", "upgrade", "tell the authors"))

    debugged = site.run("--debug", "run", "bad")
    assert debugged.returncode == 2
    assert "Traceback" in debugged.stderr
    assert debugged.stderr.splitlines()[-1] == line


@pytest.mark.parametrize(
    ("entry_points", "source", "state", "reason"), HOOK_FAULTS.values(), ids=HOOK_FAULTS
)
def test_a_broken_hook_plugin(site, entry_points, source, state, reason):
    site.install_toy()
    site.install("geoframe-bad", entry_points, modules={"bad_module": source})
    found = state_of(site, "geoframe-bad")
    assert found["state"] == state
    assert reason in found["reason"]
    strict = site.run("run", "toy", GEOFRAME_STRICT="1")
    assert strict.returncode == 2
    [line] = strict.stderr.splitlines()
    assert line.startswith("Error: hook plugin 'bad' of geoframe-bad 1.0")
    assert reason in line
    assert not (site.path.parent / "runs").exists()


def test_a_method_runs_beside_every_broken_plugin_at_once(site):
    site.install_toy()
    everything = {**FAULTS, **{key: (a, b, (), c, d) for key, (a, b, c, d) in HOOK_FAULTS.items()}}
    for index, (entry_points, source, requires, _, _) in enumerate(everything.values()):
        own = {
            group: {
                f"bad{index}": target.replace("bad_module", f"bad_module{index}")
                for target in points.values()
            }
            for group, points in entry_points.items()
        }
        site.install(
            f"geoframe-bad{index}",
            own,
            modules={} if source is None else {f"bad_module{index}": source},
            requires=requires,
        )
    site.install(
        "geoframe-raising",
        {"geoframe.plugins": {"raising": "raising_module"}},
        modules={"raising_module": f"{IMPL}def geoframe_metrics(step): raise ValueError(step)"},
    )
    damaged = site.install("geoframe-damaged", METHOD)
    (damaged / "METADATA").write_bytes(b"\xff\xfe\x00")
    done = site.run("run", "toy", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["metrics"]["steps"] == 40
    warnings = done.stderr.splitlines()
    assert len(warnings) == len(HOOK_FAULTS) + 1  # each once, the raising one at its first call
    assert all(line.startswith("Warning: ") for line in warnings)
    [raised] = [line for line in warnings if "geoframe-raising" in line]
    assert "geoframe_metrics raised ValueError: 1;" in raised
    assert "ok" in [each["state"] for each in json.loads(site.run("plugins", "--json").stdout)]
    assert site.run("plugins", "--check").returncode == 1

    silenced = site.run("run", "toy", "--quiet", GEOFRAME_DISABLE_PLUGINS="all")
    assert (silenced.returncode, silenced.stderr) == (0, "")


def test_debug_shows_the_traceback_of_a_hook_plugin(site):
    site.install_toy()
    site.install("geoframe-bad", HOOK, modules={"bad_module": "import does_not_exist_xyz"})
    plain, debugged = (site.run(*debug, "run", "toy", "--quiet") for debug in ((), ("--debug",)))
    assert plain.returncode == debugged.returncode == 0
    [line] = plain.stderr.splitlines()
    assert line.startswith("Warning: hook plugin 'bad' of geoframe-bad 1.0 cannot be loaded")
    assert debugged.stderr.splitlines()[0] == line
    assert "Traceback" in debugged.stderr
    assert "No module named 'does_not_exist_xyz'" in debugged.stderr


@pytest.mark.parametrize(
    ("modules", "reason"),
    [({"bad_module": "import does_not_exist_xyz"}, "does_not_exist_xyz"), ({}, "bad_module")],
)
def test_a_broken_component_in_a_config_is_an_error_there(site, modules, reason):
    site.install_toy()
    entry_points = {"geoframe.embedders": {"bad": "bad_module:Bad"}}
    site.install("geoframe-bad", entry_points, modules=modules)
    used = site.run("run", "toy", "--set", "embedder.name=bad")
    assert used.returncode == 2
    [line] = used.stderr.splitlines()
    assert line.startswith("Error: --set: embedder.name: embedder 'bad' of geoframe-bad 1.0")
    assert reason in line
    assert "reinstall or remove geoframe-bad" in line


def test_two_components_with_one_name_in_a_config(site):
    site.install_toy()
    site.install("geoframe-rival", {"geoframe.embedders": {"mlp": "geoframe.embedders.mlp:MLP"}})
    plain = site.run("run", "toy")
    assert plain.returncode == 2
    assert "embedder.name: two plugins bring embedder 'mlp'" in plain.stderr
    assert "'geoframe-core:mlp' and 'geoframe-rival:mlp'" in plain.stderr
    name = "embedder={name='geoframe-core:mlp', layers=0, norm='none'}"
    assert site.run("run", "toy", "--quiet", "--set", name).returncode == 0


def test_a_raising_hook_fails_the_run_in_strict_mode(site):
    site.install_toy()
    site.install(
        "geoframe-raising",
        {"geoframe.plugins": {"raising": "raising_module"}},
        modules={"raising_module": f"{IMPL}def geoframe_run_started(run): raise ValueError('x')"},
    )
    done = site.run("run", "toy", "--json", GEOFRAME_STRICT="1")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("Error: plugin geoframe-raising:raising")


def test_what_is_printed_at_import_does_not_get_into_json(site):
    site.install("geoframe-loud", METHOD, modules={"bad_module": "print('hello')\nBad = 3"})
    done = site.run("plugins", "--json")
    assert (
        "is not a class"
        in {each["plugin"]: each for each in json.loads(done.stdout)}["geoframe-loud"]["reason"]
    )
    assert done.stderr == "hello\n"


def test_options_that_cannot_be_read(site):
    source = "class Bad:\n    def __init__(self, dim: 'Undefined' = 1): pass"
    entry_points = {"geoframe.embedders": {"bad": "bad_module:Bad"}}
    site.install("geoframe-bad", entry_points, modules={"bad_module": source})
    done = site.run("info", "bad")
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert line.startswith("Error: embedder 'bad' of geoframe-bad 1.0: no options can be read")
    assert "name 'Undefined' is not defined; tell the authors of geoframe-bad" in line


@pytest.mark.parametrize("file", ["METADATA", "entry_points.txt"])
def test_damaged_metadata(site, file):
    site.install_toy()
    info = site.install("geoframe-bad", METHOD)
    (info / file).write_bytes(b"\xff\xfe\x00")
    assert "toy" in listed(site)
    assert site.run("--help").returncode == 0
    found = state_of(site, "geoframe_bad")
    assert found["state"] == "broken"
    used = site.run("run", "bad")
    assert used.returncode == 2
    assert "geoframe_bad-1.0.dist-info is damaged and was passed over, reinstall it" in used.stderr


def test_duplicate_names(site):
    site.install_toy()
    site.install("geoframe-rival", {"geoframe.methods": {"toy": "geoframe_toy.method:Toy"}})
    both = json.loads(site.run("list", "method", "--json").stdout)
    assert [each["plugin"] for each in both if each["conflict"]] == [
        "geoframe-rival",
        "geoframe-toy",
    ]
    assert state_of(site, "geoframe-rival")["state"] == "conflict"
    assert state_of(site, "geoframe-toy")["state"] == "conflict"
    plain = site.run("run", "toy")
    assert plain.returncode == 2
    assert "'geoframe-rival:toy' and 'geoframe-toy:toy'" in plain.stderr
    chosen = site.run("run", "geoframe-toy:toy", "--run-dir", "r", "--json")
    assert chosen.returncode == 0
    again = site.run("run", "geoframe-toy:toy", "--run-dir", "r", "--resume", "--json")
    assert again.stdout == chosen.stdout
    assert site.run("report", "r").returncode == 0
