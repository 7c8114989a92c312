"""Components whose options name a file, each in a method that takes it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from attack.methods import Surface, as_table, base_of, works
from geoframe.config.structure import walk
from geoframe.errors import GeoframeError
from geoframe_registry.configs import method_class
from geoframe_registry.discovery import components
from geoframe_registry.options import describe_options

KINDS = ("geometry", "embedder", "sampler", "adapter", "dataset")
STORED = "root"
"""The option of data sets that are a folder of known files: few of ours have such names."""


def part_surfaces() -> Iterator[Surface]:
    """Yield every option of a component that names a file, in a method that takes it.

    That of its own distribution comes first.
    """
    methods = [(spec, base_of(spec), _places(spec)) for spec in components("method")]
    for kind in KINDS:
        for part in components(kind):
            near = sorted(methods, key=lambda each: each[0].distribution != part.distribution)
            for option in _paths(part):
                found = (
                    _surface(spec, base, place, part, option)
                    for spec, base, places in near
                    for place in places.get(kind, ())
                )
                yield from [each for each in found if each is not None][:1]


def _surface(
    spec: Any, base: tuple[tuple[str, Any], ...], place: str, part: Any, option: str
) -> Surface | None:
    table = place.rpartition(".")[0]
    others = tuple(
        pair for pair in base if not pair[0].startswith(f"{place}.") and pair[0] != f"{table}.path"
    )
    given = ((f"{place}.name", part.name), *((f"{place}.{key}", "x") for key in _required(part)))
    if not works(spec.name, as_table((*others, *given, (f"{place}.{option}", "x")))):
        return None
    package = spec.target.partition(":")[0].partition(".")[0]
    kept = tuple(pair for pair in given if pair[0] != f"{place}.{option}")
    step = 24 if option == STORED else 6
    return Surface(spec.name, f"{place}.{option}", False, (*others, *kept), package, step)


def _paths(part: Any) -> list[str]:
    try:
        return [each["key"] for each in describe_options(part.options) if each["type"] == "path"]
    except GeoframeError:
        return []


def _required(part: Any) -> list[str]:
    return [each["key"] for each in describe_options(part.options) if each["default"] == "required"]


def _places(spec: Any) -> dict[str, list[str]]:
    """Return kind -> dotted keys of a method's options that take one such component."""
    found: dict[str, list[str]] = {}
    for key, kind in _component_options(method_class(spec).Config, ""):
        found.setdefault(kind, []).append(key)
    return found


def _component_options(cls: type, prefix: str) -> Iterator[tuple[str, str]]:
    for field, annotation, option in walk(cls):
        if option.kind is not None and not option.many:
            yield f"{prefix}{field.name}", option.kind
        elif option.kind is None and attrs.has(annotation):
            yield from _component_options(annotation, f"{prefix}{field.name}.")
