"""Reports in a browser: narrow and wide, light and dark, by pointer and by keyboard."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import geoframe
from geoframe.config import TomlTable, apply_overrides
from geoframe.suggestion import Guess
from geoframe_registry.configs import method_class
from geoframe_registry.discovery import find

sys.path.insert(0, str(Path(__file__).parents[1]))
from attack.methods import base_of

from reports.browser import BROWSER, measure

sys.path.pop(0)
METHODS = (
    *("ames", "asymlora", "cfdm", "cgenn", "dreamup3d", "hnn"),
    *("lgi", "nst", "pathways", "sdi", "snowflake"),
)
CHEAPER = {
    "dreamup3d": (("evaluation.models", ["primitives"]), ("evaluation.matching", 0)),
    "sdi": (
        ("data.limit", 200),
        ("evaluation.classifier", False),
        ("evaluation.reference", 2),
        ("sdi.compare", []),
    ),
}
"""What else makes the short run of a method take no more than two seconds."""
NAMED = {"hnn": 1, "lgi": 1, "nst": 2, "snowflake": 1}
"""Pictures whose points are named and found by name."""
LARGEST = 2_000_000
"""Bytes of a report at most."""
FACTS = {
    "items": 50,
    "edges": 52,
    "roots": 1,
    "tree": True,
    "acyclic": True,
    "directed": True,
    "labels": False,
    "target": "y",
    "classes": 2,
    "vectors": [],
    "columns": ["x", "y"],
    "images": True,
}
GUESSES = tuple(
    Guess(path=Path("file"), kind=kind, value=None, said=(), facts=FACTS)
    for kind in ("graph", "tree", "distances", "table", "texts", "items", "scenes")
)
BROKEN = """<!doctype html><title>broken</title>
<body style="background: #fff"><div style="width: 3000px">wide</div>
<p style="color: #bbb">faint</p><img src="data:image/png;base64,AAAA">
<img alt="far" src="http://example.invalid/x.png">
<pre style="overflow-x: auto; width: 50px">does not scroll by the keyboard</pre>"""


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the reports of short runs of examples."""
    folder = tmp_path_factory.mktemp("reports")
    found = {}
    for name in METHODS:
        options = (*base_of(find("method", name)), *CHEAPER.get(name, ()))
        config = apply_overrides(TomlTable({}), options).values
        found[name] = geoframe.run_method(name, config, path=folder / name).path / "report.html"
    return found


def test_reports_have_no_faults(reports: dict[str, Path], tmp_path: Path) -> None:
    if BROWSER is None:
        pytest.skip("no browser is installed; apt-get install chromium")
    broken = tmp_path / "broken.html"
    broken.write_text(BROKEN)
    named = dict.fromkeys(reports, 0)
    for condition in measure([*reports.values(), broken]):
        page, _, scheme = condition["page"].split()
        assert condition["dark"] is (scheme == "dark")
        faults = "\n".join(condition["faults"])
        if page.endswith("broken.html"):  # what is looked for is seen
            for fault in ("wide", "contrast", "alt text", "asks for http", "by the keyboard"):
                assert fault in faults, fault
            continue
        assert not faults, f"{condition['page']}:\n{faults}"
        named[Path(page).parent.name] = condition["named"]
    assert {name: count for name, count in named.items() if count} == NAMED


def test_what_try_shows_of_a_run_is_measured(reports: dict[str, Path]) -> None:
    """Of the numbers that a method calls its headline, those of some task are there."""
    for name, path in reports.items():
        metrics = geoframe.open_run(path.parent).results["metrics"]
        for guess in GUESSES:
            suggestion = method_class(find("method", name))().suits(guess)
            if suggestion is not None and suggestion.headline:
                assert {*suggestion.headline} & {*metrics}, name


def test_reports_are_small_and_open_with_a_verdict(reports: dict[str, Path]) -> None:
    for name, path in reports.items():
        assert path.stat().st_size < LARGEST, name
        verdict = geoframe.open_run(path.parent).results["verdict"]
        assert verdict, name
        shown = path.read_text()
        assert shown.index('class="verdict"') < shown.index("<figure>"), name
