"""Every component of this repository is held to its interface, and none is left out."""

import tomllib
from pathlib import Path

import pytest

from geoframe.components import KINDS
from geoframe.testing import check_component
from geoframe.testing.installed import SUITES
from geoframe_registry.discovery import components, find

ROOT = Path(__file__).parents[1]
SPECS = [spec for spec in components() if spec.distribution.startswith("geoframe-")]

NOT_BUILT = {
    "embedder geoframe-cfdm:autoencoder-kl": "needs the folder of a pretrained model",
    "sampler geoframe-diffusion:diffusers-model": "needs the folder of a pretrained model",
    "sampler geoframe-diffusion:onnx-denoiser": "needs the file of a pretrained model",
}
"""Components that cannot be built from their defaults, so that only their options are checked."""


def label(spec):
    return f"{spec.kind} {spec.distribution}:{spec.name}"


def declared(*projects):
    """Yield the label of every component that a pyproject.toml declares."""
    for path in projects:
        project = tomllib.loads(path.read_text())["project"]
        for kind, group in KINDS.items():
            for name in project.get("entry-points", {}).get(group, {}):
                yield f"{kind} {project['name']}:{name}"


def held(report, kind):
    """Whether any check of the kind's own suite ran."""
    suite = {check.__name__ for check in SUITES[kind]}
    return any(each.name in suite and each.status != "skipped" for each in report.outcomes)


@pytest.mark.parametrize("spec", SPECS, ids=label)
def test_component_conforms(spec):
    report = check_component(spec, resolve=find)
    print(report)
    assert report.ok, str(report)
    if SUITES[spec.kind]:
        assert held(report, spec.kind) is (label(spec) not in NOT_BUILT), str(report)


def test_no_component_is_left_out():
    ours = set(declared(ROOT / "pyproject.toml", *ROOT.glob("plugins/*/pyproject.toml")))
    checked = {label(spec) for spec in SPECS}
    assert ours - checked == set(), "declared, but not installed: run make again"
    assert NOT_BUILT.keys() <= ours


def test_every_kind_has_a_suite():
    assert SUITES.keys() == KINDS.keys()
    for kind in KINDS.keys() - {"method", "dataset"}:
        assert SUITES[kind], f"no checks for components of kind '{kind}'"


def test_a_component_without_a_suite_would_be_noticed(tmp_path):
    project = tmp_path / "pyproject.toml"
    project.write_text(
        '[project]\nname = "geoframe-new"\n'
        '[project.entry-points."geoframe.geometries"]\nnew = "new:New"\n'
    )
    assert list(declared(project)) == ["geometry geoframe-new:new"]
