"""A look at a geometry when it is built: what a plugin breaks is told under the plugin's name.

The conformance suite looks much closer; this costs a run a few milliseconds.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from geoframe.errors import PluginError
from geoframe.geometry import Geometry
from geoframe.text import one_line

POINTS = 3
MAX_DIM = 2**16
"""Coordinates of a point above which nothing is tried, since it would no longer be cheap."""
TOLERANCE = 1e-3
"""Relative error of distances that is put down to float32."""


def check_geometry(geometry: Any, label: str) -> None:
    """Try ``project`` and ``distance`` on three points.

    The random numbers of the run stay as they are.

    Parameters
    ----------
    label
        Which component of which distribution it is, for the message.

    Raises
    ------
    PluginError
        If it is no geometry, raises, returns no tensor or one of a wrong shape, changes its input,
        or gives distances that it promises not to give.
    """
    if not isinstance(geometry, Geometry):
        raise PluginError(f"{label} builds a {type(geometry).__name__}, which is no geometry")
    if not isinstance(geometry.dim, int) or geometry.dim > MAX_DIM:
        return
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            problem = _problem(geometry)
    except Exception as error:  # a stranger's code may raise anything
        problem = f"raises {type(error).__name__}: {one_line(str(error))[:200]}"
    if problem:
        raise PluginError(f"{label} {problem}; tell its authors ('geoframe check' shows more)")


def _problem(geometry: Geometry) -> str:
    first = next(iter(geometry.parameters()), torch.empty(0))
    raw = torch.randn(POINTS, geometry.dim, generator=torch.Generator().manual_seed(0))
    raw = raw.to(first)
    points, problem = _called("project", geometry.project, (raw,), (POINTS, geometry.point_dim))
    if problem:
        return problem
    pairs = (points[:, None], points[None])
    square, problem = _called("distance", geometry.distance, pairs, (POINTS, POINTS))
    if problem:
        return problem
    _, problem = _called("distance", geometry.distance, (points, points.flip(0)), (POINTS,))
    return problem or _broken_promise(geometry, square)


def _called(
    name: str, function: Any, given: tuple[Tensor, ...], shape: tuple[int, ...]
) -> tuple[Tensor, str]:
    """Call a method of the geometry; return its result and what is wrong with it, if anything."""
    before = [each.clone() for each in given]
    result = function(*given)
    if not isinstance(result, Tensor):
        return torch.empty(0), f"returns a {type(result).__name__}, no tensor, from {name}"
    if result.shape != shape:
        shapes = " and ".join(str(tuple(each.shape)) for each in given)
        found = tuple(result.shape)
        return result, f"returns the shape {found} from {name} of {shapes}, not {shape}"
    if not all(torch.equal(*each) for each in zip(given, before, strict=True)):
        return result, f"changes the points that it is given, in {name}"
    return result, ""


def _broken_promise(geometry: Geometry, distances: Tensor) -> str:
    promise = geometry.promise
    slack = TOLERANCE * (1 + float(distances.abs().max()))
    lowest = float(distances.min())
    if promise.nonnegative and lowest < -slack:
        return f"gives the distance {lowest:.3g}, though it promises none below 0"
    asymmetry = float((distances - distances.T).abs().max())
    if promise.symmetric and asymmetry > slack:
        return f"gives distances that differ by {asymmetry:.3g} there and back; it promises none do"
    return ""
