"""Geometries to choose among, and how each is fitted: shared by both rankings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import torch
from torch import Tensor

import geoframe
from geoframe import ConfigError, Geometry
from geoframe.components import Component

Choice = str | Mapping[str, Any] | Component
"""A geometry by name, as the table of a config, or resolved."""
FLAT = "euclidean"
"""The geometry that others must clearly beat."""
CLEARLY = 0.75
"""Share of the flat misfit below which another geometry is chosen: a power of the distance in three
dimensions fits path lengths in a grid, sums of absolute differences, by an eighth better."""
RADII = (1.0, 1.6, 4.0)
"""Sizes of the start that are tried, in multiples of classical scaling's: curved spaces want to be
used far enough out, a sphere up to its equator."""
LEARNING_RATE = 0.05
NEAR = 0.1
"""Share of the median distance below which errors count by this instead of their own distance."""
HELD_OUT = 0.2
"""Share of the pairs that are not trained on."""


def name_of(choice: Choice) -> str:
    """Return the name in the registry; of a product in a table, those of its factors."""
    if isinstance(choice, Component):
        return choice.name
    if isinstance(choice, str):
        return choice
    return " x ".join(map(name_of, choice.get("factors", ()))) or str(choice["name"])


def built(choice: Choice, dim: int, seed: int) -> Geometry:
    """Build a geometry of ``dim`` coordinates; what has no option ``dim`` stays as it is.

    Raises
    ------
    ConfigError
        If it is not known, or has negative distances.
    """
    torch.manual_seed(seed)
    geometry: Geometry
    if isinstance(choice, Component):
        fields = attrs.fields_dict(type(choice.options))
        geometry = choice.build(**({"dim": dim} if "dim" in fields else {}))
    else:
        options = {} if isinstance(choice, str) else dict(choice)
        name = str(options.pop("name", choice))
        try:
            geometry = geoframe.build("geometry", name, **{"dim": dim, **options})
        except ConfigError:  # it has no such option, or another is wrong, which is told here
            geometry = geoframe.build("geometry", name, **options)
    if not geometry.promise.nonnegative:
        name = name_of(choice)
        raise ConfigError([f"geometries: '{name}' has negative distances; no data have"])
    return geometry


def misfit(embedded: Tensor, targets: Tensor) -> Tensor:
    """(d - t)^2 / max(t, 0.1), in units of the median distance."""
    return (embedded - targets).square() / targets.clamp_min(NEAR)


def rate_at(step: int, steps: int) -> float:
    """Learning rate of a step; the last two fifths of them are smaller."""
    return LEARNING_RATE if step < 0.6 * steps else 0.2 * LEARNING_RATE


def spread_out(start: Tensor) -> Tensor:
    """Move points a little: those at one place would have no direction to part in."""
    generator = torch.Generator().manual_seed(0)
    return start + 1e-2 * torch.randn(start.shape, generator=generator, dtype=start.dtype)
