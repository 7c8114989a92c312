"""Reports: what they say, and expected failures."""

import random
import subprocess
import sys

import numpy as np
import pytest
import torch
import torch._dynamo  # pytester forgets what is imported in it, and torch not twice

from geoframe.testing._report import CheckFailed, CheckSkipped, ensure, run_checks

pytest_plugins = ["pytester"]


def holds(subject):
    ensure(subject == 1, f"the subject is {subject}")


def does_not_apply(subject):
    raise CheckSkipped("no reason to")


def breaks(subject):
    raise ZeroDivisionError("by zero\nand more")


def test_outcomes_and_counts():
    report = run_checks("One", (holds, does_not_apply, breaks), 1)
    assert [each.status for each in report.outcomes] == ["passed", "skipped", "failed"]
    assert report.number_run == 2
    assert not report.ok
    assert report.outcomes[2].reason == "ZeroDivisionError: by zero"
    assert isinstance(report.outcomes[2].error, ZeroDivisionError)
    assert all(each.seconds >= 0 for each in report.outcomes)
    text = str(report)
    assert text.startswith("One: 2 checks run in ")
    assert "1 failed, 1 passed, 1 skipped" in text
    assert "no reason to" in text
    assert repr(report) == text
    with pytest.raises(CheckFailed, match="2 checks run"):
        report.raise_for_failures()


def test_nothing_run_is_not_ok():
    assert not run_checks("None", ()).ok
    assert not run_checks("None", (does_not_apply,), 1).ok


def test_expected_failures_are_strict():
    expected = {"holds": "known", "breaks": "known too"}
    report = run_checks("Two", (holds, breaks), 2, expected_failures=expected)
    assert [each.status for each in report.outcomes] == ["xfailed", "xfailed"]
    assert report.ok
    assert report.outcomes[0].reason == "known (the subject is 2)"
    mended = run_checks("One", (holds,), 1, expected_failures={"holds": "known"})
    assert mended.outcomes[0].status == "xpassed"
    assert not mended.ok


def test_an_expected_failure_must_name_a_check():
    with pytest.raises(ValueError, match="no check 'hold'; did you mean 'holds'"):
        run_checks("One", (holds,), 1, expected_failures={"hold": "?"})


def test_checks_are_seeded_and_leave_the_generators_alone():
    seen = []

    def draws():
        seen.append((random.random(), np.random.rand(), torch.rand(()).item()))

    states = random.getstate(), np.random.get_state()[2], torch.get_rng_state()
    run_checks("Random", (draws, draws))
    assert seen[0] == seen[1]
    assert random.getstate() == states[0]
    assert np.random.get_state()[2] == states[1]
    assert torch.equal(torch.get_rng_state(), states[2])


def test_the_kit_does_not_import_pytest_before_a_suite_is_asked_for():
    code = """
import sys
from geoframe.testing import check_component, check_geometry
assert 'pytest' not in sys.modules
from geoframe.testing import GeometryConformance
assert 'pytest' in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


PLUGIN_TESTS = """
import torch
from geoframe import Geometry
from geoframe.testing import GeometryConformance

class Plane(Geometry):
    factor = 1.0

    def distance(self, x, y):
        return self.factor * torch.linalg.vector_norm(x - y, dim=-1)

class Directed(Plane):
    def distance(self, x, y):
        return super().distance(x, y) * (1 + x[..., 0].sigmoid())

class TestPlane(GeometryConformance):
    def make(self):
        return Plane(dim=2)

class TestDirected(GeometryConformance):
    def make(self):
        return Directed(dim=2)

class TestExcused(TestDirected):
    expected_failures = {
        "distance_is_symmetric": "costs are directed",
        "triangle_inequality_holds": "the way back costs more",
        "distance_is_nonnegative": "excused for nothing",
    }
"""


def test_suites_make_a_test_of_each_check(pytester):
    pytester.makepyfile(PLUGIN_TESTS)
    result = pytester.runpytest("-rA", "-p", "no:cacheprovider")
    assert not any("TestPlane" in line and "FAILED" in line for line in result.outlines)
    test = "*::{}::test_conformance[[]{}]*".format
    result.stdout.fnmatch_lines_random(
        [
            "PASSED" + test("TestPlane", "distance_is_symmetric"),
            "FAILED" + test("TestDirected", "distance_is_symmetric"),
            "XFAIL" + test("TestExcused", "distance_is_symmetric") + "costs are directed*",
            "FAILED" + test("TestExcused", "distance_is_nonnegative"),
            "*passes, but was expected to fail: excused for nothing",
        ]
    )
    outcomes = result.parseoutcomes()
    assert outcomes["xfailed"] == 2
    assert outcomes["failed"] == 3


def test_suites_refuse_an_expected_failure_without_a_check():
    from geoframe.testing import GeometryConformance

    with pytest.raises(ValueError, match="no check 'symetry'"):

        class TestTypo(GeometryConformance):
            expected_failures = {"symetry": "typo"}  # noqa: RUF012
