from __future__ import annotations

import pytest

from geoframe_registry.discovery import installed
from geoframe_registry.examination import Problem, examine
from geoframe_registry.plugins import plugin_reports

SPACE = {"geoframe.geometries": {"dented": "reported_module:Dented"}}


def report(name, check=False, **options):
    [found] = [each for each in plugin_reports(check, **options) if name in each.distribution]
    return found


def test_a_sound_plugin_is_ok(local_site):
    toy = report("geoframe-toy", check=True)
    assert (toy.state, toy.reason, toy.components) == ("ok", "", ("method toy",))


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import does_not_exist_xyz", "ModuleNotFoundError: No module named 'does_not_exist_xyz'"),
        ("def", "SyntaxError"),
        ("raise SystemExit(4)", "SystemExit: 4"),
        ("x = 1", "has no attribute 'Dented'"),
        ("Dented = 3", "is not a class"),
        ("raise ValueError('a\\nb')", "ValueError: a b"),
    ],
)
def test_a_broken_component_has_a_reason_and_a_traceback(local_site, source, reason):
    local_site.install("geoframe-dented", SPACE, modules={"reported_module": source})
    dented = report("geoframe-dented")
    assert dented.state == "broken"
    assert reason in dented.reason
    assert "\n" not in dented.reason
    assert dented.problems[0].traceback.startswith("Traceback")
    assert report("geoframe-toy").state == "ok"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("class Dented: pass", "is no Geometry"),
        (
            "import attrs\nfrom typing import ClassVar\n@attrs.frozen(kw_only=True)\n"
            "class Dented:\n    component: ClassVar[str] = 'nowhere_at_all:Dented'\n",
            "nowhere_at_all",
        ),
    ],
)
def test_check_looks_at_implementations_too(local_site, source, reason):
    local_site.install("geoframe-dented", SPACE, modules={"reported_module": source})
    assert report("geoframe-dented").state == "ok"
    checked = report("geoframe-dented", check=True)
    assert checked.state == "broken"
    assert reason in checked.reason


def test_a_method_must_be_a_method(local_site):
    local_site.install(
        "geoframe-dented",
        {"geoframe.methods": {"dented": "reported_module:Dented"}},
        modules={"reported_module": "class Dented: pass"},
    )
    assert "is not a geoframe.Method" in report("geoframe-dented").reason


def test_a_newer_core_makes_it_incompatible_and_it_is_not_imported(local_site):
    local_site.install(
        "geoframe-dented",
        SPACE,
        modules={"reported_module": "raise ValueError"},
        requires=("geoframe-core>=99",),
    )
    dented = report("geoframe-dented")
    assert dented.state == "incompatible"
    assert "needs geoframe-core>=99" in dented.reason
    assert len(dented.problems) == 1


def test_a_newer_hook_api_makes_it_incompatible(local_site):
    local_site.install(
        "geoframe-dented",
        {"geoframe.plugins": {"dented": "reported_module"}},
        modules={"reported_module": "geoframe_api = 99"},
    )
    assert report("geoframe-dented").state == "incompatible"


def test_a_taken_name_is_a_conflict_on_both_sides(local_site):
    local_site.install("geoframe-rival", {"geoframe.methods": {"toy": "geoframe_toy.method:Toy"}})
    assert report("geoframe-rival").state == report("geoframe-toy").state == "conflict"
    assert "'toy' is also in geoframe-toy" in report("geoframe-rival").reason


def test_the_worst_problem_gives_the_state(local_site):
    local_site.install(
        "geoframe-rival",
        {"geoframe.methods": {"toy": "reported_module:Toy"}},
        modules={"reported_module": "raise ValueError"},
    )
    rival = report("geoframe-rival")
    assert [each.state for each in rival.problems] == ["conflict", "broken"]
    assert rival.state == "broken"


def test_a_built_in_verb_cannot_be_replaced(local_site):
    local_site.install(
        "geoframe-dented",
        {"geoframe.commands": {"run": "reported_module:run"}},
        modules={"reported_module": "import click\n@click.command()\ndef run(): pass\n"},
    )
    assert report("geoframe-dented", verbs=["run"]).state == "conflict"
    assert report("geoframe-dented").state == "ok"


def test_a_verb_must_be_a_click_command(local_site):
    local_site.install(
        "geoframe-dented",
        {"geoframe.commands": {"dent": "reported_module:dent"}},
        modules={"reported_module": "def dent(): pass\n"},
    )
    assert "is not a click command" in report("geoframe-dented").reason


def test_damaged_metadata_is_reported(local_site):
    info = local_site.install("geoframe-dented", SPACE)
    (info / "METADATA").write_bytes(b"\xff\xfe")
    damaged = report("geoframe_dented")
    assert damaged.state == "broken"
    assert "damaged metadata" in damaged.reason


@pytest.mark.parametrize(
    ("source", "how"),
    [
        ("import os; os._exit(0)", "exit code 0"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "signal SIGSEGV"),
    ],
)
def test_an_import_that_ends_the_process_is_a_finding_about_one_plugin(local_site, source, how):
    local_site.install("geoframe-dented", SPACE, modules={"reported_module": source})
    reports = {each.distribution: each for each in plugin_reports()}
    assert reports["geoframe-dented"].state == "broken"
    assert reports["geoframe-dented"].reason == f"its import ends the whole process ({how})"
    assert reports["geoframe-core"].state == reports["geoframe-toy"].state == "ok"


def test_an_import_that_does_not_end_is_a_finding_about_one_plugin(local_site):
    source = "import time; time.sleep(3600)"
    local_site.install("geoframe-dented", SPACE, modules={"reported_module": source})
    dented = [entry for entry in installed().entries if entry.distribution == "geoframe-dented"]
    toy = [entry for entry in installed().entries if entry.distribution == "geoframe-toy"]
    found = examine([toy, dented, toy], check=False, patience=10.0)
    late = Problem("broken", "its import does not end within 10 s")
    assert found == [(), (late,), ()]


def test_what_imports_write_and_start_disturbs_no_report(local_site, capfd):
    source = (
        "import os, threading, time; os.write(1, b'noise'); print('more')\n"
        "threading.Thread(target=time.sleep, args=(3600,)).start()\n"
        "class Dented: pass\n"
    )
    local_site.install("geoframe-dented", SPACE, modules={"reported_module": source})
    assert report("geoframe-dented").state == "ok"
    assert capfd.readouterr().out == ""
