"""What installed components say that they can do, from metadata alone: nothing is imported.

Entry-point group ``geoframe.capabilities``: the name is ``kind.component.ability``, where the
ability is the name of a protocol of :mod:`geoframe.capabilities` (or a third party's) or, for a
data set, the kind of data that it provides, or for an embedder what it takes if that is not
features; the value is the protocol, or the interface.
The conformance checks compare all of it with the class.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from geoframe.config.fields import Option
from geoframe.entry_points import declared
from geoframe.errors import did_you_mean

if TYPE_CHECKING:
    from geoframe.components import ComponentSpec

GROUP = "geoframe.capabilities"


def abilities(kind: str, name: str) -> frozenset[str]:
    """Names of what the component declares that it can do or provides.

    Parameters
    ----------
    name
        The component's name, with or without its distribution (``"geoframe-x:name"``).
    """
    return _declared().get((kind, name.rpartition(":")[2]), frozenset())


def fitting(names: Iterable[str], option: Option) -> list[str]:
    """Keep the names of components that declare what an option asks of its component."""
    assert option.kind is not None
    needed = {protocol.__name__ for protocol in option.needs}
    return [
        name
        for name in names
        if needed <= (found := abilities(option.kind, name))
        and (not option.provides or found & set(option.provides))
        and (not option.items or _taken(found) & set(option.items))
    ]


def _taken(found: frozenset[str]) -> frozenset[str]:
    """What an embedder takes, of what it declares: protocols have capital letters."""
    return frozenset(each for each in found if each.islower()) or frozenset({"features"})


def installed_fitting(option: Option) -> list[str]:
    """All components that declare what an option asks of its component, by name."""
    return fitting(sorted(name for kind, name in _declared() if kind == option.kind), option)


def misfit(spec: ComponentSpec, option: Option) -> str:
    """Say why a data set or an embedder is not what an option takes; empty if it is."""
    taken = {each for each in abilities(spec.kind, spec.name) if each.islower()}
    # One that declares nothing may be right all the same.
    if option.items and taken and not taken & set(option.items):
        return (
            f"{spec.kind} '{spec.name}' takes {' or '.join(sorted(taken))}, and "
            f"{' or '.join(option.items)} are given here"
        )
    if not option.provides:
        return ""
    provided = getattr(spec.declared, "provides", None) or getattr(spec.load(), "provides", None)
    if provided in option.provides:
        return ""
    wanted = " or ".join(option.provides)
    others = installed_fitting(option)
    hint = did_you_mean(spec.name, others)
    listed = f"; those that do: {', '.join(others)}" if others else ""
    given = f"provides '{provided}'" if provided else "does not say what it provides"
    return f"{spec.kind} '{spec.name}' {given}, and '{wanted}' is wanted here{hint}{listed}"


def lacking(component: Any, spec: ComponentSpec, needs: Iterable[type]) -> str:
    """Say which needed capability a built component has not; empty if it has all."""
    from geoframe.capabilities import capability

    for protocol in needs:
        if capability(component, protocol) is None:
            option = Option(help="", kind=spec.kind, needs=(protocol,))
            others = installed_fitting(option)
            listed = f"; those that have it: {', '.join(others)}" if others else ""
            said = (protocol.__doc__ or "").partition("\n")[0].rstrip(".")
            return (
                f"{spec.kind} '{spec.name}' lacks {protocol.__name__}, which is needed here "
                f"({said}){listed}"
            )
    return ""


def _declared() -> Mapping[tuple[str, str], frozenset[str]]:
    return _declared_on(tuple(sys.path))


@lru_cache(maxsize=1)
def _declared_on(_path: tuple[str, ...]) -> Mapping[tuple[str, str], frozenset[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for point in declared(GROUP):
        kind, _, rest = point.name.partition(".")
        name, _, ability = rest.rpartition(".")
        found.setdefault((kind, name), set()).add(ability)
    return MappingProxyType({key: frozenset(values) for key, values in found.items()})
