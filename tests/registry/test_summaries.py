from __future__ import annotations

import sys

import pytest

from geoframe_registry.discovery import components
from geoframe_registry.summaries import summary


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('class Thing:\n    """First.\n\n    Second."""\n', "First."),
        ('raise SystemExit\nclass Thing:\n    """Never imported."""\n', "Never imported."),
        ("class Thing:\n    pass\n", ""),
        ("class Other:\n    '''Not it.'''\n", ""),
        ("class Thing(:\n", ""),
        ("x = '\x00'", ""),
    ],
)
def test_the_docstring_is_read_without_importing(tmp_path, monkeypatch, source, expected):
    (tmp_path / "summarised_module.py").write_text(source)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert summary("summarised_module:Thing") == expected
    assert "summarised_module" not in sys.modules


@pytest.mark.parametrize("target", ["no_such_module:X", "no.such.module:X", "", ":", "sys:X", "m"])
def test_a_target_that_is_not_there_has_no_summary(target):
    assert summary(target) == ""


def test_a_namespace_package_inside_a_package_is_no_obstacle(tmp_path, monkeypatch):
    folder = tmp_path / "summarised_package" / "bare"
    folder.mkdir(parents=True)
    (tmp_path / "summarised_package" / "__init__.py").write_text("raise SystemExit")
    (folder / "module.py").write_text('class Thing:\n    """Deep."""\n')
    monkeypatch.syspath_prepend(str(tmp_path))
    assert summary("summarised_package.bare.module:Thing") in ("Deep.", "")


def test_it_is_the_summary_that_importing_gives(local_site):
    for spec in components():
        if spec.distribution in ("geoframe-core", "geoframe-toy"):
            assert summary(spec.target) == spec.summary != ""
