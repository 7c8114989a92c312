"""Options of the hnn method. Torch-free."""

from __future__ import annotations

from typing import Literal

import attrs

from geoframe.components import Component
from geoframe.config import MethodConfig, component, components, option, section
from geoframe_hnn.data_config import TreeDataConfig

Fit = Literal["construct", "memorise", "distil", "gradient"]
Inputs = Literal["auto", "features", "anchors", "layout"]


@attrs.frozen(kw_only=True)
class TreeEmbeddingConfig:
    """How the tree is embedded."""

    fit: Fit = option(
        "construct",
        help="construct: by construction, with a certificate. memorise: also as a ReLU network "
        "that realises the construction exactly. distil: also train the embedder, first towards "
        "the constructed points, then on distances. gradient: on distances only, from scratch.",
    )
    distortion: float = option(
        1.1, gt=1, help="Wanted worst-case distortion of the construction; decides the scale."
    )
    scale: float | None = option(
        None,
        gt=0,
        help="Hyperbolic length (at curvature -1) of an edge of median length; left out, the "
        "smallest one is taken that certifies the distortion.",
    )
    angles: Literal["equal", "adaptive"] = option(
        "adaptive",
        help="Directions of children in the plane: equally apart, or more room for short edges.",
    )
    radius: float = option(
        15.0,
        gt=0,
        le=16,
        help="Greatest distance from the centre (at curvature -1) of the float32 coordinates that "
        "export writes; beyond 16 they would round onto the rim of the ball.",
    )
    refine: int = option(
        300,
        ge=0,
        unit="steps",
        help="Most steps that move these coordinates until the neighbours of every node come "
        "first (trees of equally long edges), or distances are in proportion (others, of at most "
        "20,000 nodes).",
    )
    inputs: Inputs = option(
        "auto",
        help="What a network sees of a node: the data's features, distances to anchor nodes "
        "(works for new nodes too), or a planar spring layout; auto takes features if there are.",
    )
    anchors: int = option(32, ge=1, unit="nodes", help="Number of anchor nodes.")
    partners: int = option(
        64, ge=1, unit="nodes", help="Random partners of each node in a training step."
    )
    loss: Literal["relative", "squared"] = option(
        "relative", help="Error of a distance: (d/w - 1)^2, or (d - w)^2 over the mean of w^2."
    )
    edge: float = option(
        1.0, gt=0, help="Length that training by gradient gives an edge of median length."
    )
    optimizer: Literal["tangent", "riemannian"] = option(
        "tangent",
        help="Training by gradient: the trainer's optimizer on tangent vectors, or geoopt's "
        "RiemannianAdam on the points themselves (one free point per node).",
    )


@attrs.frozen(kw_only=True)
class EvaluationConfig:
    """What is measured and drawn at the end."""

    pairs: int = option(
        2_000_000,
        ge=1,
        unit="pairs",
        help="Pairs measured where all are more: siblings, grandparents, then random ones.",
    )
    ranked_nodes: int = option(
        200, ge=0, unit="nodes", help="Nodes whose neighbours are ranked for MAP and mean rank."
    )
    relation: Literal["edges", "ancestors"] = option(
        "edges", help="What counts as a relative in MAP and mean rank."
    )
    center: str = option("", help="Node in the middle of the picture; empty for the root.")


@attrs.frozen(kw_only=True)
class HNNConfig(MethodConfig):
    """Tree in hyperbolic space; an edge u -> v means u is the parent and precedes v."""

    compare: tuple[Component, ...] = components(
        "geometry",
        help="Spaces to train on the same tree, with the same embedder and trainer, for "
        "comparison, e.g. [{name = 'euclidean', dim = 4}].",
    )
    data: TreeDataConfig = section(TreeDataConfig, help="The tree.")
    geometry: Component = component(
        "geometry",
        default={"name": "hyperbolic-polar", "dim": 2, "curvature": -1.0},
        help="The hyperbolic space (hyperbolic-polar, hyperboloid, poincare): its dim and "
        "curvature are those of the construction, and it is what networks are trained in.",
    )
    embedder: Component = component(
        "embedder",
        default={"name": "hyperbolic-network"},
        items=("features",),
        help="From nodes to coordinates, where a network is trained; 'table' trains a free row "
        "per node.",
    )
    trainer: Component = component(
        "trainer",
        default={
            "name": "gradient",
            "steps": 1000,
            "learning_rate": 0.003,
            "schedule": "cosine",
        },
        help="How networks are trained.",
    )
    hnn: TreeEmbeddingConfig = section(TreeEmbeddingConfig, help="How the tree is embedded.")
    evaluation: EvaluationConfig = section(EvaluationConfig, help="What is measured at the end.")
