"""Every installed component is held to its interface."""

import pytest

from geoframe.components import KINDS
from geoframe.testing import check_component
from geoframe.testing.component import SUITES
from geoframe_registry.discovery import components, find

SPECS = [spec for spec in components() if spec.distribution.startswith("geoframe-")]

EXPECTED_FAILURES: dict[str, dict[str, str]] = {
    "embedder geoframe-cfdm:conv-autoencoder": {
        "gradient_reaches_all_parameters": "embedding does not use the decoder",
    },
}
"""Component, as its spec prints itself without version -> check -> reason."""


def label(spec):
    return f"{spec.kind} {spec.distribution}:{spec.name}"


@pytest.mark.parametrize("spec", SPECS, ids=label)
def test_component_conforms(spec):
    report = check_component(
        spec, resolve=find, expected_failures=EXPECTED_FAILURES.get(label(spec))
    )
    print(report)
    assert report.ok, str(report)


def test_every_kind_has_a_suite():
    assert SUITES.keys() == KINDS.keys()
    for kind in KINDS.keys() - {"method", "dataset"}:
        assert SUITES[kind], f"no checks for components of kind '{kind}'"


def test_expected_failures_are_of_components_that_exist():
    assert EXPECTED_FAILURES.keys() <= {label(spec) for spec in SPECS}


def test_the_built_in_components_are_found():
    found = {(spec.kind, spec.name) for spec in SPECS}
    assert found >= {("trainer", "gradient"), ("embedder", "mlp"), ("geometry", "euclidean")}
