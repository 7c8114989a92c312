"""Whether a distribution's requirements are met by what is installed."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import metadata

import attrs
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from geoframe.errors import PluginError

CORE = "geoframe-core"
STILL_SERVED = "0.1.99"
"""The last of the series before, whose plugins this one still serves: it has taken nothing away."""


@attrs.frozen
class Unmet:
    """A requirement that is not met."""

    name: str
    """Canonical name of the distribution required."""
    requirement: str
    found: str
    """What is there instead."""


def unmet(distribution: str, *, of: str | None = None) -> Iterator[Unmet]:
    """Yield each unmet requirement of a distribution, as ``pip check`` does.

    Parameters
    ----------
    of
        Look only at what is required of this distribution, by its canonical name: to read the
        metadata of all takes much longer.
    """
    for text in metadata.requires(distribution) or ():
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            if of is None:
                yield Unmet("", text, "not a valid requirement")
            continue
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        name = canonicalize_name(requirement.name)
        if of not in (None, name):
            continue
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            yield Unmet(name, text, "not installed")
            continue
        served = [version, *([STILL_SERVED] if name == CORE else [])]
        if not any(requirement.specifier.contains(each, prereleases=True) for each in served):
            yield Unmet(name, text, f"{name} {version} is installed")


def core_mismatch(distribution: str) -> str | None:
    """Say in what the distribution's requirement of geoframe-core is not met, if it is not."""
    found = next(unmet(distribution, of=CORE), None)
    return None if found is None else f"{distribution} needs {found.requirement}, but {found.found}"


def require_core(distribution: str) -> None:
    """Refuse a distribution that needs another version of geoframe-core.

    Raises
    ------
    PluginError
        If it does.
    """
    if mismatch := core_mismatch(distribution):
        raise PluginError(f"{mismatch}; upgrade the older of the two with pip")
