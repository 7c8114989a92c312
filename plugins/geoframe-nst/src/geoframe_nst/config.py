"""Options of the nst method. Torch-free."""

from __future__ import annotations

from typing import Literal

import attrs

from geoframe.components import Component
from geoframe.config import MethodConfig, component, option, section
from geoframe_nst.data_config import GraphDataConfig

DEFAULT_WORK = 400.0
"""Work of the search for an exact order, in billions of word operations: one to two minutes."""


@attrs.frozen(kw_only=True)
class SpacetimeConfig:
    """How order is represented and what is minimised."""

    distances: Literal["edges", "paths"] = option(
        "edges",
        help="What distances are fitted to: the weights of edges, as in the paper, so that other "
        "pairs get whatever follows; or the lengths of shortest paths, whatever the direction of "
        "their edges, between all nodes.",
    )
    path_pairs: int = option(
        50_000,
        ge=1,
        unit="pairs",
        help="Random pairs fitted besides the edges where all are more (paths only).",
    )
    time: Literal["neural", "realizer", "hybrid"] = option(
        "realizer",
        help="Order by a trained map (neural, the paper's), by linear extensions in closed form "
        "(realizer, exact on a DAG), or by a map trained towards these (hybrid). A geometry with "
        "an order of its own (minkowski, de-sitter) needs none of them.",
    )
    time_dim: int = option(
        0,
        ge=0,
        unit="coordinates",
        help="Time coordinates, for a realizer at most; 0 takes as many as an exact order needs "
        "(realizer) or 2.",
    )
    time_work: float = option(
        DEFAULT_WORK,
        ge=0,
        unit="10^9 operations",
        help="Most work of the search for an exact order (the default: one to two minutes). Where "
        "it will not do, random linear extensions are taken, which order too many pairs.",
    )
    order_map: Literal["dense", "identity"] = option(
        "identity",
        help="Start of the trained order map: the paper's dense positive matrices, or the "
        "identity, which keeps the time coordinates apart.",
    )
    loss: Literal["log-ratio", "squared"] = option(
        "log-ratio",
        help="Error of a distance d against its weight w: (log d - log w)^2, or the paper's "
        "(d - w)^2.",
    )
    order_loss: Literal["margin", "published"] = option(
        "margin",
        help="Error of the order: a margin on edges and on sampled incomparable pairs, or the "
        "paper's, which sees edges only.",
    )
    negatives: float = option(
        1.0, ge=0, help="Incomparable pairs sampled for each edge of a batch (margin only)."
    )
    directed: bool = option(
        False, help="Let going against time cost extra: d(u, v) + relu(potential difference)."
    )
    start: Literal["landmarks", "random"] = option(
        "landmarks",
        help="First coordinates of a table: multidimensional scaling of path lengths, or noise.",
    )
    calibrate: bool = option(
        True, help="Start from distances whose median equals the median weight of the edges."
    )


@attrs.frozen(kw_only=True)
class EvaluationConfig:
    """What is measured after training."""

    pairs: int = option(
        2_000_000,
        ge=1,
        unit="pairs",
        help="Node pairs sampled for recall and false causality where testing all is too many.",
    )
    path_pairs: int = option(
        20_000,
        ge=1,
        unit="pairs",
        help="Connected pairs off the edges whose distances are compared with path lengths.",
    )
    worst_edges: int = option(20, ge=0, help="Worst edges listed in the report.")
    ceiling_seconds: float = option(
        60.0, gt=0, unit="s", help="Time limit of the search for the directionality ceiling."
    )


@attrs.frozen(kw_only=True)
class NSTConfig(MethodConfig):
    """Neural spacetime of a weighted directed graph; an edge u -> v means u precedes v."""

    data: GraphDataConfig = section(GraphDataConfig, help="The graph.")
    geometry: Component = component(
        "geometry",
        default={"name": "snowflake-v2", "dim": 4, "exponent": "free"},
        help="The space that distances are measured in, or a whole spacetime (minkowski, "
        "de-sitter), whose own order then replaces [nst] time.",
    )
    embedder: Component = component(
        "embedder",
        default={"name": "table", "hidden": 64},
        items=("features",),
        help="From nodes to coordinates: 'table' trains a row per node; 'mlp' maps node "
        "features, so that nodes not seen in training can be embedded.",
    )
    trainer: Component = component(
        "trainer",
        default={
            "name": "gradient",
            "steps": 2000,
            "learning_rate": 0.01,
            "schedule": "cosine",
            "clip_norm": 0.1,
        },
        help="How the parameters are fitted.",
    )
    nst: SpacetimeConfig = section(SpacetimeConfig, help="What is special to neural spacetimes.")
    evaluation: EvaluationConfig = section(EvaluationConfig, help="What is measured at the end.")
