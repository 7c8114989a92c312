"""The hnn method: from a tree to a certified embedding and its report. Torch-free at import."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from geoframe.method import Method, Result
from geoframe.reference import ReferenceTable
from geoframe.suggestion import Guess, Suggestion
from geoframe_hnn.config import HNNConfig

if TYPE_CHECKING:
    from geoframe.run.directory import Run
    from geoframe_hnn.trained import TrainedTree


FEW = 0.1
"""Further parents, and roots, that a taxonomy may have, as a share of its nodes."""


class HyperbolicNeuralNetworks(Method):
    """Any weighted tree in hyperbolic space, with a certificate of how faithful the result is."""

    Config = HNNConfig
    citation = (
        "A. Kratsios, R. Hong, H. Sáez de Ocáriz Borde: Capacity Bounds for Hyperbolic Neural "
        "Network Representations of Latent Tree Structures. Neural Networks, 2024, "
        "arXiv:2308.09250"
    )

    def suits(self, guess: Guess) -> Suggestion | None:
        """Say how the method would treat such data."""
        if guess.kind == "graph":
            return _suits_taxonomy(guess)
        if guess.kind != "tree":
            return None
        return Suggestion(
            fit=0.95,
            reason="trees have room in hyperbolic space, exactly and in few dimensions",
            expect="a point for every node, nearest nodes, common ancestors, and a map",
            headline=("certified_distortion", "relative_error_mean_pairs", "spearman_pairs"),
        )

    def run(self, config: HNNConfig, run: Run) -> Result:
        """Read the tree, embed it, train what is asked for, and compare."""
        from geoframe_hnn.workflow import run_tree

        return run_tree(config, run)

    def load(self, run: Run) -> TrainedTree:
        """Return the embedded tree with its queries."""
        from geoframe_hnn.storage import load

        return load(run)

    def reference_tables(self) -> Sequence[ReferenceTable]:
        """Return published results of tree embeddings, and the paper's illustration."""
        from geoframe_hnn.reference import TABLES

        return TABLES


def _suits_taxonomy(guess: Guess) -> Suggestion | None:
    """Say how a graph would be treated that is nearly a tree."""
    facts = guess.facts
    if not (facts["directed"] and facts["acyclic"]):
        return None
    nodes, roots = facts["items"], facts["roots"]
    further = facts["edges"] - (nodes - roots)
    if max(roots - 1, further) > FEW * nodes:
        return None
    options = {"data.multiple_parents": "keep"} if further else {}
    if roots > 1:
        options["data.roots"] = "join"
    return Suggestion(
        fit=0.85,
        reason="nearly a tree, which has room in hyperbolic space; further parents are known too",
        expect="a point for every node, nearest nodes, exact answers about ancestors, and a map",
        options=options,
        headline=("certified_distortion", "map_edges", "mean_rank_edges"),
    )
