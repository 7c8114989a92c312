from __future__ import annotations

import pytest

from geoframe.components import KINDS
from geoframe.errors import PluginError
from geoframe_registry import discovery
from geoframe_registry.discovery import KNOWN, component_names, components, find

SPACE = {"geoframe.geometries": {"dented": "dented:Dented"}}


def test_a_spec_holds_what_the_metadata_says(local_site):
    spec = find("method", "toy")
    assert (spec.kind, spec.name, spec.target) == ("method", "toy", "geoframe_toy.method:Toy")
    assert (spec.distribution, spec.version) == ("geoframe-toy", "1.0")


def test_nothing_is_imported_to_list(site):
    site.install("geoframe-bomb", SPACE, modules={"dented": "raise SystemExit('imported')"})
    code = (
        "import sys; from geoframe_registry.discovery import components\n"
        "print([spec.name for spec in components('geometry') if spec.name == 'dented'])\n"
        "print('dented' in sys.modules, 'torch' in sys.modules)"
    )
    assert site.python("-c", code).stdout.split("\n")[:2] == ["['dented']", "False False"]


def test_listing_is_sorted_and_filtered_by_kind(local_site):
    everything = components()
    assert [spec.kind for spec in everything] == sorted(
        (spec.kind for spec in everything), key=list(KINDS).index
    )
    names = [spec.name for spec in components("embedder")]
    assert names == sorted(names)
    assert {"mlp", "table"} <= set(names)


@pytest.mark.parametrize("order", [("aa-first", "zz-last"), ("zz-last", "aa-first")])
def test_two_distributions_with_one_name_conflict_in_any_order(tmp_path, site, monkeypatch, order):
    # Each in a folder of its own: the path's order decides which metadata is met first.
    for name in order:
        folder = tmp_path / name
        folder.mkdir()
        info = site.install(name, SPACE)
        info.rename(folder / info.name)
        monkeypatch.syspath_prepend(str(folder))
    specs = [spec for spec in components("geometry") if spec.name == "dented"]
    assert [spec.distribution for spec in specs] == ["aa-first", "zz-last"]
    with pytest.raises(PluginError) as caught:
        find("geometry", "dented")
    assert "'aa-first:dented' and 'zz-last:dented'" in str(caught.value)
    assert find("geometry", "zz-last:dented").distribution == "zz-last"
    assert find("geometry", "ZZ_last:dented").distribution == "zz-last"
    assert {"aa-first:dented", "zz-last:dented"} <= set(component_names("geometry"))


def test_a_qualified_name_stays_qualified(local_site):
    assert find("method", "geoframe-toy:toy").name == "geoframe-toy:toy"
    with pytest.raises(PluginError, match="no method 'geoframe-nst:toy'"):
        find("method", "geoframe-nst:toy")


def test_an_unknown_name_is_answered_with_the_closest_and_all(local_site):
    with pytest.raises(PluginError) as caught:
        find("trainer", "gradeint")
    assert "did you mean 'gradient'?" in str(caught.value)
    assert "installed: gradient" in str(caught.value)


def test_a_known_plugin_is_named(monkeypatch):
    monkeypatch.setitem(KNOWN, "unheard", "geoframe-unheard")
    message = "known plugin, not installed: pip install geoframe-unheard"
    with pytest.raises(PluginError, match=message):
        find("method", "unheard")
    assert KNOWN["hyperboloid"] == "geoframe-spaces"


def test_a_name_of_another_kind_is_not_called_missing():
    with pytest.raises(PluginError, match="no method 'mlp' is installed; 'mlp' is of the kind emb"):
        find("method", "mlp")
    with pytest.raises(PluginError) as caught:  # known, and installed
        find("method", "hyperboloid")
    assert "pip install" not in str(caught.value)


def test_an_unknown_kind_is_answered_with_the_closest():
    with pytest.raises(PluginError, match="no kind 'geometri'; did you mean 'geometry'"):
        components("geometri")


def test_a_plugin_installed_meanwhile_is_found(site, monkeypatch):
    monkeypatch.syspath_prepend(str(site.path))
    assert "toy" not in component_names("method")
    site.install_toy()
    assert "toy" in component_names("method")


@pytest.mark.parametrize("file", ["METADATA", "entry_points.txt"])
def test_damaged_metadata_of_one_hides_only_that_one(local_site, file):
    info = local_site.install("geoframe-dented", SPACE)
    (info / file).write_bytes(b"\xff\xfe\x00")
    assert find("method", "toy").name == "toy"
    assert "dented" not in component_names("geometry")
    assert [each.where for each in discovery.installed().damaged] == [str(info)]
    with pytest.raises(PluginError, match=r"geoframe_dented-1.0.dist-info is damaged.*reinstall"):
        find("geometry", "dented")


def test_metadata_without_a_name_is_damaged(local_site):
    info = local_site.install("geoframe-dented", SPACE)
    (info / "METADATA").write_text("")
    assert [each.where for each in discovery.installed().damaged] == [str(info)]


def test_a_plugin_for_a_newer_core_is_refused(local_site):
    local_site.install("geoframe-dented", SPACE, requires=("geoframe-core>=99",))
    with pytest.raises(PluginError, match="geoframe-dented needs geoframe-core>=99, but"):
        find("geometry", "dented")
