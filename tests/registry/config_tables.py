"""Hypothesis strategies: plain tables that a config class accepts, read off the class itself."""

from __future__ import annotations

import math
import types
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import attrs
from hypothesis import strategies as st

from geoframe.abilities import fitting
from geoframe.config.structure import walk
from geoframe.errors import GeoframeError
from geoframe_registry.discovery import component_names, find

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)
LARGEST = 2**63 - 1


def tables(cls: type, *, depth: int = 2) -> st.SearchStrategy[dict[str, Any]]:
    """Draw tables with all that has no default, and some of the rest.

    ``depth`` bounds how far components have other components as options.
    """
    required, optional = {}, {}
    for field, annotation, info in walk(cls):
        if info.kind is not None:
            if depth == 0:
                continue
            suitable = tuple(fitting(component_names(info.kind), info))
            each = components(info.kind, suitable, depth=depth - 1)
            value = st.lists(each, min_size=1, max_size=2) if info.many else each
            needed = not info.many and info.component_default is None
        elif attrs.has(annotation):
            value, needed = tables(annotation, depth=depth), True
        else:
            value, needed = values(annotation, info), field.default is attrs.NOTHING
        (required if needed else optional)[field.name] = value
    return st.fixed_dictionaries(required, optional=optional)


@cache
def components(
    kind: str, names: tuple[str, ...], *, depth: int
) -> st.SearchStrategy[dict[str, Any]]:
    """Draw tables of components of a kind."""
    return st.one_of([component(kind, name, depth=depth) for name in names])


def component(kind: str, name: str, *, depth: int) -> st.SearchStrategy[dict[str, Any]]:
    """Draw tables of one component."""
    try:
        options = find(kind, name).options
        made = tables(options, depth=depth)
    except GeoframeError:
        return st.nothing()
    return made.map(lambda table: {"name": name, **table})


def values(annotation: Any, info: Any) -> st.SearchStrategy[Any]:
    """Draw values of an option as TOML has them."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (Union, types.UnionType):
        members = [each for each in arguments if each is not type(None)]
        return st.one_of([values(each, info) for each in members])
    if origin is tuple and arguments[-1] is Ellipsis:
        return st.lists(values(arguments[0], info), max_size=3)
    if origin is tuple:
        return st.tuples(*(values(each, info) for each in arguments)).map(list)
    if origin is Mapping:
        return st.dictionaries(TEXT, values(arguments[1], info), min_size=1, max_size=3)
    if annotation is Path:
        return TEXT.filter(lambda text: text and not text.startswith("~"))  # no such user
    if annotation is int:
        return st.integers(*_whole(info))
    plain = {bool: st.booleans(), str: TEXT, float: _floats(info)}
    return st.one_of(list(plain.values())) if annotation is Any else plain[annotation]


def _whole(info: Any) -> tuple[int, int]:
    low = -LARGEST if info.ge is None and info.gt is None else 0
    if info.ge is not None:
        low = math.ceil(info.ge)
    if info.gt is not None:
        low = max(low, math.floor(info.gt) + 1)
    high = LARGEST if info.le is None else math.floor(info.le)
    return low, high if info.lt is None else min(high, math.ceil(info.lt) - 1)


def _floats(info: Any) -> st.SearchStrategy[float]:
    low = info.gt if info.ge is None else info.ge
    high = info.lt if info.le is None else info.le
    return st.floats(
        low,
        high,
        exclude_min=low is not None and info.ge is None,
        exclude_max=high is not None and info.le is None,
        allow_nan=False,
        allow_infinity=False,
    )
