"""How large an embedding must be drawn for a wanted distortion."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from geoframe.errors import DataError
from geoframe_data.graph import Floats
from geoframe_data.tree import Tree
from geoframe_hnn.hyperbolic.certificate import Certificate, sibling_pairs

DirectionRule = Callable[[float], Floats]
"""From a scale to the directions ``(n, d)`` of all nodes."""

PRECISION = 1e-3
"""Relative precision of the scale found."""
LARGEST = 1e15
"""Scale times the longest path above which rounding would exceed what turns lose."""


SMALLEST = 1e-150
"""Hyperbolic length below which an edge is lost to rounding in float64."""


def checked_scale(tree: Tree, scale: float) -> float:
    """Return the scale if float64 can hold the tree at it.

    Raises
    ------
    DataError
        If the tree would be too large or its shortest edge too short.
    """
    shortest = scale * float(tree.length[1:].min(initial=math.inf))
    longest = scale * float(tree.height[0])
    if longest > LARGEST or shortest < SMALLEST:
        raise DataError(
            f"hnn.scale: at this scale paths from the root are {longest:.3g} long and the shortest "
            f"edge {shortest:.3g}; that is exact up to {LARGEST:g} and from {SMALLEST:g} on"
        )
    return scale


def sufficient_scale(tree: Tree, distortion: float) -> float:
    """Scale that suffices for equal angles in the plane, by the closed formula.

    2 D/(D-1) log(1/sin(pi/Delta)) / w_min, with the largest degree Delta and the shortest edge
    w_min; up to terms e^(-2 scale w_min).
    """
    widest = max(2, int(tree.degree.max(initial=0)))
    need = -math.log(math.sin(math.pi / widest))
    shortest = float(tree.length[1:].min(initial=math.inf))
    return 2.0 * distortion / (distortion - 1.0) * need / shortest


def smallest_scale(
    tree: Tree, distortion: float, rules: Sequence[DirectionRule]
) -> tuple[float, Floats]:
    """Find the smallest scale that one of several rules certifies; see :func:`certified_scale`.

    Raises
    ------
    DataError
        If none certifies any.
    """
    found: list[tuple[float, Floats]] = []
    for number, rule in enumerate(rules, start=1):
        try:
            found.append(certified_scale(tree, distortion, rule))
        except DataError:
            if number == len(rules) and not found:
                raise
    return min(found, key=lambda each: each[0])


def certified_scale(
    tree: Tree, distortion: float, directions: DirectionRule
) -> tuple[float, Floats]:
    """Find the smallest scale whose certificate is at most ``distortion``, by bisection.

    Parameters
    ----------
    tree
        The tree.
    distortion
        Wanted worst-case distortion, more than 1.
    directions
        Gives the directions ``(n, d)`` to use at a scale.

    Returns
    -------
    tuple
        The scale (hyperbolic length, at curvature -1, of an edge of length 1) and its directions.

    Raises
    ------
    DataError
        If no scale in reach gives that distortion.
    """
    share = 1.0 - 1.0 / distortion
    siblings = sibling_pairs(tree)

    def good(scale: float) -> Floats | None:
        direction = directions(scale)
        return direction if Certificate(tree, siblings, scale, direction).holds(share) else None

    longest = float(tree.height[0])
    if longest == 0.0:  # a single node: any scale will do
        return 1.0, directions(1.0)
    high = max(sufficient_scale(tree, distortion), 1.0 / longest)
    while (found := good(high) if high * longest <= LARGEST else None) is None:
        high *= 2.0
        if high * longest > LARGEST:
            raise DataError(
                f"no scale up to {high:.3g} embeds this tree with distortion {distortion:g}: its "
                f"edges range from {tree.length[1:].min():.3g} to {tree.length[1:].max():.3g}; "
                "merge the shortest edges or allow more distortion"
            )
    # Below this the whole tree would lie where hyperbolic space is flat.
    low = 0.1 / longest
    while high > low * (1.0 + PRECISION):
        middle = math.sqrt(low * high)
        direction = good(middle)
        if direction is None:
            low = middle
        else:
            high, found = middle, direction
    return high, np.asarray(found)
