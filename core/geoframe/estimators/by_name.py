"""An estimator of any installed method, by the method's name."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Any

from geoframe.api import configure
from geoframe.estimators.estimator import Estimator


def estimator(method: str, /, **options: Any) -> Estimator:
    """Return an unfitted estimator of an installed method.

    Parameters
    ----------
    method
        Name of the method.
    **options
        Keys of its config, nested ones joined by two underscores: ``geometry__dim=5``.

    Raises
    ------
    PluginError
        If the method is not installed.
    ConfigError
        If its config has no such key, or a value is out of range.

    Examples
    --------
    >>> tree = geoframe.estimator("hnn", geometry__dim=5).fit("taxonomy.csv")  # doctest: +SKIP
    >>> tree.nearest("mammal", k=3)                                         # doctest: +SKIP
    """
    configure(method)  # so that a wrong name is told at once
    return _class_of(method)(**options)


@lru_cache
def _class_of(method: str) -> type[Estimator]:
    name = "".join(part.capitalize() for part in method.replace(":", "-").split("-"))
    members = {"method": method, "_again": staticmethod(partial(estimator, method))}
    return type(f"{name}Estimator", (Estimator,), members)
