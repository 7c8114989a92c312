from __future__ import annotations

import pytest

from geoframe_registry.requirements import core_mismatch, unmet


@pytest.mark.parametrize(
    ("requirement", "problem"),
    [
        ("numpy>=1.26", None),
        ("numpy<1", "numpy "),
        ("does-not-exist-anywhere", "not installed"),
        ("does-not-exist-anywhere; extra == 'dev'", None),
        ("does-not-exist-anywhere; python_version < '3'", None),
        ("numpy >=>= 3", "not a valid requirement"),
    ],
)
def test_unmet_requirements_are_told(local_site, requirement, problem):
    local_site.install("geoframe-needy", {}, requires=(requirement,))
    found = list(unmet("geoframe-needy"))
    if problem is None:
        assert found == []
    else:
        [each] = found
        assert each.requirement == requirement
        assert problem in each.found


@pytest.mark.parametrize("series", [">=0.1,<0.2", ">=0.2,<0.3", ">=0.1"])
def test_plugins_of_the_series_before_are_served(local_site, series):
    local_site.install("geoframe-needy", {}, requires=(f"geoframe-core{series}",))
    assert core_mismatch("geoframe-needy") is None
    local_site.install("geoframe-later", {}, requires=("geoframe-core>=0.3,<0.4",))
    assert "geoframe-later needs" in (core_mismatch("geoframe-later") or "")


@pytest.mark.parametrize("name", ["geoframe-core", "geoframe_core", "Geoframe.Core"])
def test_the_core_is_recognised_in_any_spelling(local_site, name):
    local_site.install("geoframe-needy", {}, requires=(f"{name}>=99", "numpy<1"))
    assert "geoframe-needy needs" in (core_mismatch("geoframe-needy") or "")


def test_another_missing_requirement_is_no_mismatch_of_the_core(local_site):
    others = ("numpy<1", "geoframe-core-extra>=99", "numpy >=>= 3")
    local_site.install("geoframe-needy", {}, requires=others)
    assert core_mismatch("geoframe-needy") is None
