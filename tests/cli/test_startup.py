"""``geoframe --help`` costs little more than its two libraries, whatever is installed."""

from __future__ import annotations

import json
import resource
import subprocess
import sys

import pytest

RUNS = 15
HEAVY = {f"heavy{index}": "import torch\nclass Heavy:\n    '''Heavy.'''\n" for index in range(10)}


@pytest.fixture
def heavy_site(site):
    """Return a site with ten plugins that import torch at module level."""
    for name, source in HEAVY.items():
        site.install(
            f"geoframe-{name}",
            {
                "geoframe.geometries": {name: f"{name}:Heavy"},
                "geoframe.plugins": {name: name},
                "geoframe.commands": {f"verb-{name}": f"{name}:verb"},
            },
            modules={name: source},
        )
    site.install_toy()
    return site


def cpu_seconds(site, *arguments):
    """CPU time of one run of Python."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, *arguments], check=True, capture_output=True, env=site.environment
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"]], ids=" ".join)
def test_help_costs_at_most_half_more_than_its_libraries(heavy_site, arguments):
    # What the installed script does. The two take turns, so that a busy machine slows both.
    script = "from geoframe_cli.__main__ import command; command()"
    baseline, ours = [], []
    for _ in range(RUNS):
        baseline.append(cpu_seconds(heavy_site, "-c", "import click, pluggy"))
        ours.append(cpu_seconds(heavy_site, "-c", script, *arguments))
    ratio = min(ours) / min(baseline)
    assert ratio <= 1.5, f"{min(ours) * 1e3:.0f} ms, {ratio:.2f} times the baseline"


def modules_after(site, *arguments, **environment):
    """Names of the modules that a verb leaves imported, and its exit code."""
    code = (
        "import json, sys\n"
        "from geoframe_cli import main\n"
        "code = 0\n"
        "try:\n    main(sys.argv[1:], prog_name='geoframe')\n"
        "except SystemExit as error:\n    code = error.code\n"
        "print(json.dumps([code, sorted(sys.modules)]), file=sys.__stderr__)\n"
    )
    done = site.python("-c", code, *arguments, **environment)
    exit_code, names = json.loads(done.stderr.splitlines()[-1])
    return exit_code, set(names)


@pytest.mark.parametrize(
    "arguments",
    [["--help"], *([verb, "--help"] for verb in ("run", "init", "reproduce", "check", "config"))],
    ids=" ".join,
)
def test_help_imports_nothing_heavy(heavy_site, arguments):
    code, modules = modules_after(heavy_site, *arguments)
    assert code == 0
    assert modules.isdisjoint({"torch", "importlib.metadata", "attr", "attrs", "rich", *HEAVY})
    own = {name for name in modules if name.partition(".")[0] == "geoframe"}
    assert own <= {"geoframe", "geoframe.terminal", "geoframe.text"}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["list"], 0),
        (["list", "--json"], 0),
        (["info", "toy"], 0),
        (["info", "mlp", "--json"], 0),
        (["init", "toy"], 0),
        (["config", "show", "toy"], 0),
        (["config", "schema", "toy"], 0),
        (["new", "plugin", "toy", "--kind", "method"], 2),
        (["check", "no-such-plugin"], 2),
        (["run", "toy", "--set", "slpoe=1"], 2),
        (["run", "toy", "--config", "missing.toml"], 2),
        (["run", "no-such-method"], 2),
        (["run", "toy", "--set", "embedder.name=mpl"], 2),
        (["embed", "nowhere", "--data", "x.csv", "-o", "y.csv"], 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_torch_is_not_imported_where_nothing_is_computed(heavy_site, arguments, expected):
    code, modules = modules_after(heavy_site, *arguments)
    assert code == expected
    assert modules.isdisjoint({"torch", *HEAVY})


@pytest.mark.parametrize("arguments", [("plugins",), ("plugins", "--check")])
def test_plugins_imports_what_it_examines_in_another_process(site, arguments):
    site.install_toy()
    code, modules = modules_after(site, *arguments)
    assert code == 0
    assert modules.isdisjoint({"torch", "geoframe_toy"})


def test_completion_imports_nothing_heavy(heavy_site):
    code, modules = modules_after(
        heavy_site, COMP_WORDS="geoframe run t", COMP_CWORD="2", _GEOFRAME_COMPLETE="bash_complete"
    )
    assert code == 0
    assert modules.isdisjoint({"torch", "importlib.metadata", "attrs", "rich", *HEAVY})
