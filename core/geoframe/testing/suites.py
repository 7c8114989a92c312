"""The checks as pytest classes to inherit from; the only module of the kit that needs pytest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pytest
from torch import Tensor, nn

from geoframe.testing._report import Check, run_checks
from geoframe.testing.adapter import ADAPTER_CHECKS, example_model
from geoframe.testing.dataset import DATASET_CHECKS
from geoframe.testing.embedder import EMBEDDER_CHECKS
from geoframe.testing.geometry import GEOMETRY_CHECKS
from geoframe.testing.sampler import SAMPLER_CHECKS, example_items
from geoframe.testing.trainer import TRAINER_CHECKS


class Conformance:
    """One test for each check, named like it."""

    checks: ClassVar[Sequence[Check]] = ()
    expected_failures: ClassVar[Mapping[str, str]] = {}
    """Name of a check -> reason why it is known to fail. If it passes, that is a failure."""

    def __init_subclass__(cls) -> None:
        names = [check.__name__ for check in cls.checks]
        for name in cls.expected_failures:
            if name not in names:
                raise ValueError(f"{cls.__name__}.expected_failures: no check '{name}'")

    def make(self) -> Any:
        """Build what is tested, afresh at each call."""
        raise NotImplementedError("define make(self): it builds the object to test")

    def arguments(self) -> Sequence[Any]:
        """What the checks take besides :meth:`make`."""
        return ()

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Parametrize the test by the checks."""
        if "check" in metafunc.fixturenames:
            metafunc.parametrize("check", self.checks, ids=lambda check: check.__name__)

    def test_conformance(self, check: Check) -> None:
        """Run one check."""
        expected = {n: why for n, why in self.expected_failures.items() if n == check.__name__}
        arguments = (self.make, *self.arguments())
        (outcome,) = run_checks("", (check,), *arguments, expected_failures=expected).outcomes
        if outcome.status == "skipped":
            pytest.skip(outcome.reason)
        if outcome.status == "xfailed":
            pytest.xfail(outcome.reason)
        if outcome.status == "xpassed":
            pytest.fail(f"passes, but was expected to fail: {outcome.reason}", pytrace=False)
        if outcome.error is not None:
            raise outcome.error


class GeometryConformance(Conformance):
    """Inherit, name the class ``Test...`` and define ``make``, which builds a geometry."""

    checks = GEOMETRY_CHECKS


class EmbedderConformance(Conformance):
    """Inherit, name the class ``Test...`` and define ``make``, which builds an embedder."""

    checks = EMBEDDER_CHECKS


class DatasetConformance(Conformance):
    """Inherit, name the class ``Test...`` and define ``make``, which builds a data set."""

    checks = DATASET_CHECKS


class TrainerConformance(Conformance):
    """Inherit, name the class ``Test...`` and define ``make``, which builds a trainer.

    It should train for some tens of steps, so that the tests are quick.
    """

    checks = TRAINER_CHECKS


class SamplerConformance(Conformance):
    """Inherit, name the class ``Test...`` and define ``make``, which builds a sampler."""

    checks = SAMPLER_CHECKS

    def items(self) -> Tensor:
        """Items to fit to; override if vectors of 4 numbers do not fit."""
        return example_items(type(self.make()))

    def arguments(self) -> Sequence[Any]:
        """The items."""
        return (self.items(),)


class AdapterConformance(Conformance):
    """Inherit, name the class ``Test...`` and define ``make``, which builds an adapter."""

    checks = ADAPTER_CHECKS

    def model(self) -> tuple[nn.Module, Tensor]:
        """Pretrained model and inputs for it; override if a small perceptron does not fit."""
        return example_model(type(self.make()))

    def arguments(self) -> Sequence[Any]:
        """The model and its inputs."""
        return self.model()
