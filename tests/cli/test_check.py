"""``geoframe check``: how many checks ran, what failed and what was expected to."""

from __future__ import annotations

import json
import zipfile

import pytest

LINE = """
from geoframe import Geometry

class {name}(Geometry):
    '''A line.'''

    {extra}

    def __init__(self, *, dim: int = 1) -> None:
        super().__init__(dim)

    def distance(self, x, y):
        return {distance}
"""
SOUND = "(x - y).abs().sum(-1)"
LOPSIDED = "(x - y).abs().sum(-1) + (x - y).clamp(min=0).sum(-1)"
EXPECTED = "expected_failures = {'distance_is_symmetric': 'uphill takes longer'}"
CORE = ("geoframe-core>=0.2,<0.3",)


@pytest.fixture
def install(local_site, request):
    """Return a function that installs a geometry; its module has a name of its own."""
    unique = "".join(c if c.isalnum() else "_" for c in request.node.name)

    def install(distance=SOUND, extra="", requires=CORE, **more):
        module = f"line_{unique}"
        source = LINE.format(name="Line", distance=distance, extra=extra)
        target = {"geoframe.geometries": {"line": f"{module}:Line"}, **more}
        local_site.install("geoframe-line", target, modules={module: source}, requires=requires)

    return install


@pytest.fixture
def here(monkeypatch):
    """Check in this process, which has imported torch already."""
    from geoframe_registry import checks, isolated_checks

    def check_here(found, limits, **more):
        for subject in found:
            yield subject, checks.check(subject)

    monkeypatch.setattr(isolated_checks, "check_isolated", check_here)


def checks_of(result, kind):
    [found] = [each for each in json.loads(result.stdout)["reports"] if each["kind"] == kind]
    return {each["name"]: each for each in found["checks"]}


@pytest.mark.usefixtures("here")
def test_it_says_how_many_checks_ran(geoframe, install):
    install()
    result = geoframe("check", "line", "--json")
    assert result.exit_code == 0, result.output
    content = json.loads(result.stdout)
    [report] = content["reports"]
    assert (report["kind"], report["name"], report["plugin"]) == (
        "geometry",
        "line",
        "geoframe-line",
    )
    ran = [each for each in report["checks"] if each["status"] != "skipped"]
    assert content["checks_run"] == report["checks_run"] == len(ran) > 20
    assert content["skipped"] == len(report["checks"]) - len(ran)
    assert all(each["reason"] for each in report["checks"] if each["status"] == "skipped")
    text = geoframe("check", "line").stdout.splitlines()
    assert text == [
        f"ok     geometry 'line' of geoframe-line 1.0: {len(ran)} checks",
        f"{len(ran)} checks run: 0 failed, 0 failed as expected; "
        f"{content['skipped']} did not apply",
    ]
    verbose = geoframe("check", "geoframe-line:line", "--verbose").stdout
    assert "       distance_is_symmetric: passed\n" in verbose


@pytest.mark.usefixtures("here")
def test_a_failure_is_shown_and_ends_with_1(geoframe, install):
    install(distance=LOPSIDED)
    result = geoframe("check", "line")
    assert result.exit_code == 1
    assert "FAILED geometry 'line'" in result.stdout
    assert "       distance_is_symmetric: failed: " in result.stdout
    assert "Traceback" not in result.output
    debugged = geoframe("--debug", "check", "line")
    assert debugged.exit_code == 1
    assert "CheckFailed" in debugged.stderr


@pytest.mark.usefixtures("here")
def test_a_failure_that_the_class_declares_is_expected(geoframe, install):
    install(distance=LOPSIDED, extra=EXPECTED)
    result = geoframe("check", "line")
    assert result.exit_code == 0, result.output
    assert "distance_is_symmetric: failed as expected: uphill takes longer (" in result.stdout
    assert " 0 failed, 1 failed as expected" in result.stdout


@pytest.mark.usefixtures("here")
def test_an_expected_failure_that_passes_is_a_failure(geoframe, install):
    install(extra=EXPECTED)
    result = geoframe("check", "line")
    assert result.exit_code == 1
    assert "distance_is_symmetric: passed unexpectedly: uphill takes longer" in result.stdout


@pytest.mark.usefixtures("here")
def test_an_expected_failure_of_no_check_is_a_failure(geoframe, install):
    install(extra=EXPECTED.replace("symmetric", "symmetrical"))
    result = geoframe("check", "line")
    assert result.exit_code == 1
    assert "there is no check 'distance_is_symmetrical'; did you mean" in result.stdout
    assert result.stdout.splitlines()[-1].startswith("3 checks run: 1 failed")


@pytest.mark.usefixtures("here")
def test_a_component_that_exits_is_a_failure(geoframe, install):
    install(distance="exit(0)")
    result = geoframe("check", "line")
    assert result.exit_code == 1
    assert "distance_broadcasts: failed: SystemExit: 0" in result.stdout


@pytest.mark.usefixtures("here")
def test_what_a_component_prints_does_not_get_into_json(geoframe, install):
    install(distance=f"print('noise') or {SOUND}")
    result = geoframe("check", "line", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["ok"]
    assert "noise" in result.stderr


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("requires", "reason"),
    [
        ((), "does not require geoframe-core"),
        (("geoframe-core",), "has no upper bound"),
        (("geoframe-core>=0.2,<0.3", "geoframe"), "the name is geoframe-core"),
    ],
)
def test_a_plugin_states_the_core_it_is_written_for(geoframe, install, requires, reason):
    install(requires=requires)
    result = geoframe("check", "geoframe-line", "--json")
    assert result.exit_code == 1
    found = checks_of(result, "plugin")["it_states_its_core"]
    assert found["status"] == "failed"
    assert reason in found["reason"]


@pytest.mark.usefixtures("here")
def test_unmet_requirements_and_taken_names_are_failures(geoframe, install, local_site):
    install(requires=(*CORE, "does-not-exist-xyz>=2"))
    local_site.install("geoframe-rival", {"geoframe.geometries": {"line": "no_module:Line"}})
    result = geoframe("check", "geoframe-line", "--json")
    assert result.exit_code == 1
    found = checks_of(result, "plugin")
    assert "does-not-exist-xyz>=2 (not installed)" in found["its_requirements_are_met"]["reason"]
    assert "is also in geoframe-rival" in found["its_names_are_its_own"]["reason"]


@pytest.mark.usefixtures("here")
def test_a_component_that_cannot_be_imported_is_a_failure(geoframe, local_site):
    local_site.install("geoframe-bad", {"geoframe.geometries": {"bad": "does_not_exist_xyz:Bad"}})
    result = geoframe("check", "bad")
    assert result.exit_code == 1
    assert "it_can_be_imported: failed: PluginError: geometry 'bad'" in result.stdout
    assert result.stdout.splitlines()[-1].startswith("1 checks run: 1 failed")


@pytest.mark.usefixtures("here")
def test_hooks_and_verbs_are_checked_too(geoframe, install, local_site):
    install(
        **{
            "geoframe.plugins": {"line-hooks": "line_hooks"},
            "geoframe.commands": {"line-verb": "math:pi"},
        }
    )
    source = "from geoframe import hookimpl\n@hookimpl\ndef geoframe_metrix(): pass\n"
    (local_site.path / "line_hooks.py").write_text(source)
    result = geoframe("check", "line-hooks", "line-verb", "--json")
    assert result.exit_code == 1
    assert "geoframe_metrix" in checks_of(result, "hooks")["it_can_be_used"]["reason"]
    assert "is not a click command" in checks_of(result, "verb")["it_can_be_used"]["reason"]


@pytest.fixture
def wheel(tmp_path):
    """Return a function that builds a wheel of a geometry, with or without its module."""

    def build(*, module: bool):
        path = tmp_path / "geoframe_line-1.0-py3-none-any.whl"
        info = "geoframe_line-1.0.dist-info"
        with zipfile.ZipFile(path, "w") as archive:
            requires = "\n".join(f"Requires-Dist: {each}" for each in CORE)
            archive.writestr(
                f"{info}/METADATA",
                f"Metadata-Version: 2.1\nName: geoframe-line\nVersion: 1.0\n{requires}\n",
            )
            archive.writestr(
                f"{info}/entry_points.txt", "[geoframe.geometries]\nline = line_of_wheel:Line\n"
            )
            if module:
                source = LINE.format(name="Line", distance=SOUND, extra="")
                archive.writestr("line_of_wheel.py", source)
        return path

    return build


def test_a_wheel_is_checked_without_installing_it(geoframe, wheel):
    result = geoframe("check", "--wheel", wheel(module=True), "--json")
    assert result.exit_code == 0, result.output
    kinds = [each["kind"] for each in json.loads(result.stdout)["reports"]]
    assert kinds == ["plugin", "geometry"]
    assert checks_of(result, "plugin")["its_modules_are_in_the_wheel"]["status"] == "passed"
    assert geoframe("check", "line").exit_code == 2


@pytest.mark.usefixtures("here")
def test_a_module_beside_an_incomplete_wheel_does_not_count(geoframe, wheel, local_site):
    source = LINE.format(name="Line", distance=SOUND, extra="")
    (local_site.path / "line_of_wheel.py").write_text(source)  # the author's working folder
    result = geoframe("check", "--wheel", wheel(module=False), "--json")
    assert result.exit_code == 1
    found = checks_of(result, "plugin")["its_modules_are_in_the_wheel"]
    assert "the wheel has no module 'line_of_wheel'" in found["reason"]


FAULTS = {
    "hangs": ("(__import__('time').sleep(3600), 0)[1]", "does not end within 10 s"),
    "aborts": ("__import__('os').abort()", "ends the whole process (signal SIGABRT)"),
}


def test_what_ends_or_holds_the_process_is_a_failure_and_the_rest_is_checked(
    geoframe, local_site, capfd
):
    for name, (distance, _) in FAULTS.items():
        local_site.install(
            f"geoframe-{name}",
            {"geoframe.geometries": {name: f"module_{name}:Line"}},
            modules={f"module_{name}": LINE.format(name="Line", distance=distance, extra="")},
        )
    source = LINE.format(name="Line", distance=f"print('noise') or {SOUND}", extra="")
    local_site.install(
        "geoframe-sound",
        {"geoframe.geometries": {"sound": "module_sound:Line"}},
        modules={"module_sound": source},
    )
    result = geoframe("--debug", "check", *FAULTS, "sound", "--timeout", "10", "--json")
    assert result.exit_code == 1, result.output
    reports = {each["name"]: each for each in json.loads(result.stdout)["reports"]}
    for name, (_, how) in FAULTS.items():
        *passed, failed = reports[name]["checks"]
        assert {each["name"] for each in passed if each["status"] == "passed"} > {
            "it_can_be_imported",
            "options_survive_a_file",
        }
        assert failed["name"] == "distance_broadcasts"
        assert failed["reason"] == f"geometry '{name}' of geoframe-{name} 1.0 {how}"
    assert reports["sound"]["ok"]
    assert reports["sound"]["checks_run"] > 20
    told = capfd.readouterr()
    assert told.out == ""
    assert "noise" in told.err
    assert "Fatal Python error: Aborted" in told.err
    assert "Timeout (0:00:09)!" in told.err
