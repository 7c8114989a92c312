"""What pip is asked for."""

from __future__ import annotations

import pytest

from geoframe_cli import pip


@pytest.fixture
def asked(monkeypatch):
    """Return the list of calls of pip, which is not called."""
    calls = []
    monkeypatch.setattr(pip, "call_pip", lambda *arguments: calls.append(list(arguments)))
    return calls


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["nst"], ["install", "geoframe-nst"]),
        (["hyperboloid", "other-thing"], ["install", "geoframe-spaces", "other-thing"]),
        (["-U", "geoframe-nst"], ["install", "--upgrade", "geoframe-nst"]),
        (["-e", "./mine"], ["install", "--editable", "./mine"]),
        (["nst", "--", "--pre", "--no-deps"], ["install", "--pre", "--no-deps", "geoframe-nst"]),
    ],
)
def test_a_known_name_becomes_its_distribution(geoframe, asked, arguments, expected):
    assert geoframe("install", *arguments).exit_code == 0
    assert asked == [expected]


def test_a_folder_named_like_a_method_is_not_meant(geoframe, asked, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nst").mkdir()
    geoframe("install", "nst")
    geoframe("install", "./nst")
    assert asked == [["install", "geoframe-nst"], ["install", "./nst"]]


def test_uninstall_takes_names_of_components(geoframe, asked):
    assert geoframe("uninstall", "toy").exit_code == 0
    assert asked == [["uninstall", "--yes", "geoframe-toy"]]
