"""Conformance of a Dataset."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from geoframe.dataset import Dataset
from geoframe.entry_points import declared
from geoframe.errors import DataError
from geoframe.importing import import_target
from geoframe.testing._report import (
    Check,
    CheckSkipped,
    Report,
    ensure,
    maker,
    run_checks,
    title,
)

Make = Callable[[], Dataset]

DATA_KINDS = "geoframe.data_kinds"
"""Entry-point group of the kinds of data: kind -> class of its values."""


def it_says_what_it_provides(make: Make) -> None:
    """``provides`` names a kind of data."""
    provides = getattr(type(make()), "provides", None)
    ensure(isinstance(provides, str) and provides, f"provides is {provides!r}, not a kind of data")


def data_are_of_the_kind_that_is_provided(make: Make) -> None:
    """``load`` gives a value of the class that is declared for the kind."""
    dataset = make()
    point = next(declared(DATA_KINDS, dataset.provides), None)
    if point is None:
        raise CheckSkipped(f"no installed package declares the kind '{dataset.provides}'")
    expected = import_target(point.value, f"data kind '{point.name}'", str(point.dist))
    assert isinstance(expected, type)
    value = _loaded(dataset)
    ensure(
        isinstance(value, expected),
        f"load gives a {type(value).__name__}, not a {expected.__name__}",
    )


def loading_again_gives_the_same_data(make: Make) -> None:
    """Two data sets with the same options have the same fingerprint."""
    first = make()
    _loaded(first)
    fingerprint = first.fingerprint()
    ensure(
        isinstance(fingerprint, str) and fingerprint,
        f"fingerprint is {fingerprint!r}, not a digest",
    )
    ensure(make().fingerprint() == fingerprint, "loading the data again gives another fingerprint")


def _loaded(dataset: Dataset) -> object:
    try:
        return dataset.load()
    except DataError as error:
        raise CheckSkipped(f"its data are not here: {error}") from None


DATASET_CHECKS: tuple[Check, ...] = (
    it_says_what_it_provides,
    data_are_of_the_kind_that_is_provided,
    loading_again_gives_the_same_data,
)
"""Each takes what builds a data set."""


def check_dataset(
    dataset: Dataset | Make, *, expected_failures: Mapping[str, str] | None = None
) -> Report:
    """Hold a data set to the :class:`~geoframe.Dataset` interface.

    Parameters and errors are those of :func:`~geoframe.testing.check_geometry`.
    """
    make = maker(dataset, Dataset)
    return run_checks(
        title(make, Dataset), DATASET_CHECKS, make, expected_failures=expected_failures
    )
