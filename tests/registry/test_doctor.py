from __future__ import annotations

from geoframe_registry.doctor import diagnose


def problems(topic):
    return [each for each in diagnose() if not each.ok and topic in each.topic]


def test_versions_and_devices_are_told(local_site):
    topics = {each.topic: each for each in diagnose()}
    for topic in ("python", "geoframe-core", "torch", "accelerate", "devices"):
        assert topics[topic].ok
    assert topics["devices"].text.startswith("cpu")
    assert topics["geoframe-toy 1.0"].text == "method toy"


def test_another_project_named_geoframe_is_found(local_site):
    info = local_site.install("geoframe", {}, version="0.2.0")
    (info / "top_level.txt").write_text("geoframe\n")
    [found] = problems("package")
    assert "'geoframe' also installs a package named geoframe" in found.text
    assert found.remedy.startswith("pip uninstall geoframe &&")


def test_an_unmet_requirement_is_found(local_site):
    local_site.install(
        "geoframe-needy",
        {"geoframe.methods": {"needy": "geoframe_toy.method:Toy"}},
        requires=("does-not-exist-anywhere>=2",),
    )
    [found] = problems("geoframe-needy")
    assert found.remedy == "pip install 'does-not-exist-anywhere>=2'"


def test_a_broken_plugin_is_found(local_site):
    local_site.install("geoframe-bad", {"geoframe.methods": {"bad": "does_not_exist_xyz:Bad"}})
    [found] = problems("geoframe-bad")
    assert found.text.startswith("broken: method 'bad'")
    assert "reinstall" in found.remedy
