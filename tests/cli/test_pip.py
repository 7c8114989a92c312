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
        (["hyperboloid", "-y", "other"], ["install", "geoframe-spaces", "other"]),
        (["-U", "geoframe-nst"], ["install", "--upgrade", "geoframe-nst"]),
        (["-e", "./mine"], ["install", "--editable", "./mine"]),
        (["nst", "--", "--pre", "--no-deps"], ["install", "--pre", "--no-deps", "geoframe-nst"]),
        (
            ["nst", "--", "--index-url", "https://example.invalid/simple"],
            ["install", "--index-url", "https://example.invalid/simple", "geoframe-nst"],
        ),
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


FOREIGN = ["geoframe", "Geoframe", "GEOFRAME", "geoframe[all]", "geoframe >= 0.3", "geoframe==1"]
FOREIGN += [
    "geoframe@https://example.invalid/x.whl",
    "geoframe~=1.0",
    "geoframe;python_version>'3'",
]


@pytest.mark.parametrize("name", FOREIGN)
def test_the_other_project_of_the_name_is_refused_however_it_is_written(geoframe, asked, name):
    for arguments in ([name], ["-y", name], ["nst", "--", name]):
        done = geoframe("install", *arguments)
        assert done.exit_code == 2
        assert "is another project; ours is geoframe-core" in done.output
    assert asked == []


@pytest.mark.parametrize("name", ["geofrmae-nst", "requests", "geoframe-unheard-of"])
def test_what_geoframe_does_not_know_is_not_installed_unasked(geoframe, asked, name):
    done = geoframe("install", name)
    assert done.exit_code == 2
    assert "check the name, then add --yes" in done.output
    assert asked == []
    assert geoframe("install", name, "--yes").exit_code == 0
    assert asked == [["install", name]]
