"""A tree's coordinates in float32: laid out, refined where that helps, and rounded."""

from __future__ import annotations

import attrs
import numpy as np

from geoframe_data.graph import Floats
from geoframe_data.tree import Tree
from geoframe_embedding.comparison import ratios_of
from geoframe_hnn.arrays.layout import centered_layout
from geoframe_hnn.arrays.lengths import refine_lengths
from geoframe_hnn.arrays.models import (
    BallDistances,
    LorentzDistances,
    Singles,
    to_ball,
    to_lorentz,
    to_tangent,
)
from geoframe_hnn.arrays.refinement import Neighborhood, refine
from geoframe_hnn.quality import evaluation_pairs, measure_items

RANKED = 300
"""Nodes whose neighbours are ranked to tell whether refinement helped."""
GOOD = 0.9995
"""Mean average precision that needs no refinement."""
WORK = 1_000_000
"""Steps times nodes of a refinement, at most: about half a minute."""
FEWEST = 50
"""Steps of a refinement, at least."""
MOST_WEIGHTED = WORK // FEWEST
"""Nodes up to which the distances of a tree with edges of different lengths are refined."""
PAIRS = 20_000
"""Pairs that the unit of length is fitted to."""


@attrs.frozen(kw_only=True, eq=False)
class TreeArrays:
    """Points of hyperbolic space of curvature -1 as any library takes them."""

    poincare: Singles
    """``(n, d)`` in the unit ball."""
    lorentz: Singles
    """``(n, 1 + d)`` on the hyperboloid, the time cosh r first."""
    unit: float
    """What a distance of 1 is in the unit of the tree: the one that fits all lengths best."""

    @property
    def in_ball(self) -> BallDistances:
        """Distances by the ball's coordinates, in the unit of the tree."""
        return BallDistances(self.poincare, self.unit)

    @property
    def on_hyperboloid(self) -> LorentzDistances:
        """Distances by the hyperboloid's coordinates, in the unit of the tree."""
        return LorentzDistances(self.lorentz, self.unit)


def fit_arrays(tree: Tree, dim: int, *, radius: float, steps: int, seed: int) -> TreeArrays:
    """Lay a tree out within a radius and round it to float32.

    Where all edges are equally long, and not yet all neighbours (further parents too) come first,
    the layout is refined until they do; otherwise, in trees of at most 20,000 nodes, until
    distances are in proportion.
    The better of the two is kept, as measured on the rounded coordinates.

    Parameters
    ----------
    tree
        The tree.
    dim
        Dimension of the space, at least 2.
    radius
        Greatest distance from the centre, at curvature -1.
    steps
        Most steps of the refinement.
    seed
        Seed of its samples.
    """
    ball = to_ball(centered_layout(tree, dim, radius))
    steps = min(steps, max(FEWEST, WORK // len(tree)))
    if steps and tree.unweighted and len(tree) > 2 and _precision(tree, ball, seed) < GOOD:
        edges = np.concatenate([tree.edges, tree.further.edges])
        neighborhood = Neighborhood.of_edges(len(tree), edges)
        refined = refine(ball, neighborhood, steps=steps, seed=seed)
        ball = max(ball, refined, key=lambda points: _precision(tree, points, seed))
    elif steps and not tree.unweighted and 2 < len(tree) <= MOST_WEIGHTED:
        plane = centered_layout(tree, 2, radius)
        refined = to_ball(
            refine_lengths(plane, tree, dim=dim, radius=radius, steps=steps, seed=seed)
        )
        ball = min(ball, refined, key=lambda points: _error(tree, points, seed))
    poincare = ball.astype(np.float32)
    return TreeArrays(
        poincare=poincare,
        lorentz=to_lorentz(to_tangent(ball)).astype(np.float32),
        unit=_unit(tree, BallDistances(poincare), seed),
    )


def _precision(tree: Tree, ball: Floats, seed: int) -> float:
    """Mean average precision of the neighbours of some nodes, by coordinates as rounded."""
    rounded = BallDistances(ball.astype(np.float32))
    return measure_items(rounded, tree, "edges", RANKED, seed)["map_edges"]


def _error(tree: Tree, ball: Floats, seed: int) -> float:
    """Mean relative error of distances, in the unit that fits best, by coordinates as rounded."""
    distances = BallDistances(ball.astype(np.float32))
    ratio = ratios_of(distances, evaluation_pairs(tree, PAIRS, seed)).ratio
    return float(np.abs(_unit(tree, distances, seed) * ratio - 1.0).mean())


def _unit(tree: Tree, distances: BallDistances, seed: int) -> float:
    """Factor that makes the mean square of the relative errors least."""
    if len(tree) < 2:
        return 1.0
    ratio = ratios_of(distances, evaluation_pairs(tree, PAIRS, seed)).ratio
    return float(ratio.sum() / max(float(ratio @ ratio), 1e-300))
