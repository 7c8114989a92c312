"""Published results of tree embeddings as data. Torch-free."""

from __future__ import annotations

from typing import Any, get_args

from geoframe.reference import Published, ReferenceRow, ReferenceTable
from geoframe_hnn.datasets.stored import StoredName

README = "github.com/HazyResearch/hyperbolics, README at 59f79b1225775e3deb5b1f7c4238bf539648a329"
OWN = "an independent prototype of the construction in float64, checked with 5000-bit arithmetic"
ISSUE = "github.com/facebookresearch/poincare-embeddings, issue 53"

STORED = {"data.dataset.name": "stored-tree"}
MOSSES = {**STORED, "data.dataset.tree": "phylo_mosses_hofbauer2016"}
MAMMALS = {
    "data.dataset.name": "wordnet-tree",
    "data.dataset.subset": "mammals",
    "data.multiple_parents": "keep",
    "data.lengths": "nested",
    "evaluation.relation": "ancestors",
    "evaluation.ranked_nodes": 1180,
}
ILLUSTRATION = {
    "hnn.fit": "gradient",
    "hnn.inputs": "layout",
    "embedder.hidden": 100,
    "embedder.layers": 10,
    "trainer.learning_rate": 0.003,
    "trainer.steps": 300,
}
TREES: dict[str, dict[str, Any]] = {
    "binary, depth 8": {"data.dataset.name": "complete-tree"},
    "ternary, depth 5": {
        "data.dataset.name": "complete-tree",
        "data.dataset.branching": 3,
        "data.dataset.depth": 5,
    },
    "random, 1000 nodes": {"data.dataset.name": "random-tree"},
}

DRAWN = (2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 400.0)
SCALES: dict[str, tuple[dict[str, Any], tuple[float, ...]]] = {
    "binary, depth 8": (TREES["binary, depth 8"], (1.221, 1.057, 1.027, 1.014)),
    "ternary, depth 5": (TREES["ternary, depth 5"], (1.827, 1.141, 1.065, 1.031)),
    "smalltree": (
        {**STORED, "data.dataset.tree": "smalltree"},
        (1.521, 1.118, 1.055, 1.027, 1.011, 1.005, 1.001),
    ),
    "mosses": (MOSSES, (41.4, 1.485, 1.195, 1.089, 1.034, 1.017, 1.004)),
    "pythonidae": (
        {**STORED, "data.dataset.tree": "pythonidae"},
        (4.83, 12.9, 1.355, 1.099, 1.034, 1.017, 1.004),
    ),
    "tree-20-3": (
        {**STORED, "data.dataset.tree": "tree-20-3"},
        (457.0, 3.65, 1.462, 1.187, 1.067, 1.033, 1.008),
    ),
    "mammal phylogeny": (
        {**STORED, "data.dataset.tree": "mammals_bininda2007"},
        (2346.0, 374.0, 92.4, 22.0, 2.86, 1.296, 1.039),
    ),
    "WordNet, unit edges": (
        {**STORED, "data.dataset.tree": "wordnet_weighted", "data.lengths": "ones"},
        (175.0, 11.7, 1.902, 1.311, 1.105, 1.050, 1.012),
    ),
}
"""Worst distortion at each of the scales ``DRAWN``."""

TABLES = (
    ReferenceTable(
        name="construction",
        title="Constructed embeddings: the hyperbolics example, and the same tree in the plane",
        metrics=(
            "certified_distortion",
            "distortion_worst_pairs",
            "relative_error_mean_pairs",
            "map_edges",
            "any_euclidean_at_least",
            "scale",
            "seconds",
        ),
        rows=(
            ReferenceRow(
                name="mosses, 100 dimensions, scale 2",
                overrides={
                    **MOSSES,
                    "geometry.dim": 100,
                    "hnn.scale": 2.0,
                    "evaluation.ranked_nodes": 344,
                },
                published={
                    "distortion_worst_pairs": Published(
                        value=1.406, source=README, certainty="verified"
                    ),
                    "relative_error_mean_pairs": Published(
                        value=0.2317, source=README, certainty="verified"
                    ),
                    "map_edges": Published(value=1.0, source=README, certainty="verified"),
                },
            ),
            *(
                ReferenceRow(
                    name=f"{tree}, 2 dimensions",
                    overrides={**STORED, "data.dataset.tree": tree},
                )
                for tree in get_args(StoredName)
            ),
        ),
        note="The example's average distortion is measured against its own scale; needs "
        "GEOFRAME_DATA.",
    ),
    ReferenceTable(
        name="scales",
        title="Equal angles in the plane, edges of median length drawn 2 to 400 long",
        metrics=("distortion_worst_pairs", "certified_distortion", "relative_error_mean_pairs"),
        rows=tuple(
            ReferenceRow(
                name=f"{name}, {scale:g}",
                overrides={
                    **tree,
                    "hnn.angles": "equal",
                    "hnn.scale": scale,
                    "evaluation.ranked_nodes": 0,
                },
                published={
                    "distortion_worst_pairs": Published(value=value, source=OWN, certainty="own")
                },
            )
            for name, (tree, values) in SCALES.items()
            for scale, value in zip(DRAWN, values, strict=False)
        ),
        note="The prototype looked at all pairs of small trees and at 200,000 random ones of the "
        "three large ones; here siblings and grandparents are always among them, so that more may "
        "be found where edges are short. Needs GEOFRAME_DATA.",
    ),
    ReferenceTable(
        name="mammals",
        title="Reconstruction of the transitive closure of the WordNet mammals",
        metrics=("map_ancestors", "mean_rank_ancestors", "dim", "seconds"),
        rows=(
            ReferenceRow(
                name="Poincare embedding in 5 dimensions; here constructed in 5",
                overrides={**MAMMALS, "geometry.dim": 5},
                published={
                    "map_ancestors": Published(value=0.927, source=ISSUE, certainty="secondary"),
                    "mean_rank_ancestors": Published(
                        value=1.26, source=ISSUE, certainty="secondary"
                    ),
                },
            ),
            ReferenceRow(name="constructed in 2 dimensions", overrides=MAMMALS),
        ),
        note="Needs GEOFRAME_DATA. One mammal has two parents and hangs from one of them; its "
        "ancestors by way of the other are far from it, and count.",
    ),
    ReferenceTable(
        name="illustration",
        title="Networks trained on distances, as in the paper's illustration (nothing published "
        "could be verified), beside the construction",
        metrics=(
            "distortion_worst_pairs",
            "trained_network_distortion_worst_pairs",
            "trained_network_relative_error_mean_pairs",
            "euclidean_2_relative_error_mean_pairs",
            "euclidean_4_relative_error_mean_pairs",
            "any_euclidean_at_least",
        ),
        rows=tuple(
            ReferenceRow(
                name=name,
                overrides={
                    **ILLUSTRATION,
                    **tree,
                    "compare": [
                        {"name": "euclidean", "dim": 2},
                        {"name": "euclidean", "dim": 4},
                    ],
                },
            )
            for name, tree in TREES.items()
        ),
        seeds=5,
        quick={"trainer.steps": 60},
    ),
    ReferenceTable(
        name="field",
        title="Trees in two dimensions",
        metrics=("relative_error_mean_pairs", "stress_pairs", "map_edges", "triplets", "seconds"),
        rows=tuple(
            ReferenceRow(name=name, overrides={"data.dataset": {"name": name}})
            for name in ("complete-tree", "random-tree", "python-library")
        ),
        seeds=3,
        compared="embeddings",
        note="classical scaling is the cheap rival; gensim is in benchmarks/against_gensim.py",
    ),
)
