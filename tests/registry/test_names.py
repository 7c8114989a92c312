from __future__ import annotations

import zipfile
from importlib import metadata

import pytest

from geoframe_registry.discovery import LABELS, component_names
from geoframe_registry.names import names


def by_importlib(group):
    return sorted({point.name for point in metadata.entry_points(group=group)})


@pytest.mark.parametrize("group", sorted(LABELS))
def test_the_text_scan_finds_what_importlib_finds(local_site, group):
    assert names(group) == by_importlib(group)


def test_editable_installs_are_seen():
    assert "gradient" in names("geoframe.trainers")


def test_a_zip_file_on_the_path_is_searched(tmp_path, monkeypatch):
    archive = tmp_path / "plugin.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(
            "geoframe_zipped-1.0.dist-info/METADATA", "Name: geoframe-zipped\nVersion: 1.0\n"
        )
        file.writestr(
            "geoframe_zipped-1.0.dist-info/entry_points.txt",
            "[geoframe.methods]\nzipped = zipped:Zipped\n",
        )
    monkeypatch.syspath_prepend(str(archive))
    assert "zipped" in names("geoframe.methods")
    assert names("geoframe.methods") == by_importlib("geoframe.methods")
    assert "zipped" in component_names("method")


def test_the_first_copy_of_a_distribution_hides_the_others(local_site, tmp_path, monkeypatch):
    other = tmp_path / "older" / "Geoframe_Toy-0.5.dist-info"
    other.mkdir(parents=True)
    (other / "METADATA").write_text("Name: geoframe-toy\nVersion: 0.5\n")
    (other / "entry_points.txt").write_text("[geoframe.methods]\nold-toy = x:X\n")
    monkeypatch.syspath_prepend(str(other.parent))
    assert names("geoframe.methods") == by_importlib("geoframe.methods")
    assert "old-toy" in names("geoframe.methods")
    assert "toy" not in names("geoframe.methods")
    assert "toy" not in component_names("method")


@pytest.mark.parametrize(
    "text",
    [
        "[geoframe.methods]\na = m:A\n\n[other]\nb = m:B\n",
        "# comment\n[geoframe.methods]\n# a = m:A\n  spaced  =  m:A  \n",
        "\n\n[geoframe.methods]\nwith-extra = m:A [extra]\n[geoframe.methods]\nagain = m:A\n",
        "[console_scripts]\ngeoframe.methods = m:A\n",
        "",
    ],
)
def test_every_spelling_is_read_alike(site, monkeypatch, text):
    info = site.install("geoframe-spelling", {})
    (info / "entry_points.txt").write_text(text)
    monkeypatch.syspath_prepend(str(site.path))
    assert names("geoframe.methods") == by_importlib("geoframe.methods")


def test_text_that_is_not_utf8_is_passed_over(site, monkeypatch):
    info = site.install("geoframe-bytes", {})
    (info / "entry_points.txt").write_bytes(b"[geoframe.methods]\n\xff = m:A\n")
    site.install_toy()
    monkeypatch.syspath_prepend(str(site.path))
    assert "toy" in names("geoframe.methods")
