"""The nst method: from a graph to a trained spacetime and its report. Torch-free at import."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from geoframe.method import Method, Result
from geoframe.reference import ReferenceTable
from geoframe.suggestion import Guess, Suggestion
from geoframe_nst.config import NSTConfig

if TYPE_CHECKING:
    from geoframe.run.directory import Run
    from geoframe_nst.trained import TrainedSpacetime


class NeuralSpacetimes(Method):
    """Neural spacetime: one vector per node of a weighted DAG for how far and what came before."""

    Config = NSTConfig
    citation = (
        "H. Sáez de Ocáriz Borde, A. Kratsios, M. T. Law, X. Dong, M. Bronstein: "
        "Neural Spacetimes for DAG Representation Learning. ICLR 2025, arXiv:2408.13885"
    )

    def suits(self, guess: Guess) -> Suggestion | None:
        """Say how the method would treat such data."""
        facts = guess.facts
        if guess.kind not in ("graph", "tree") or not facts["directed"]:
            return None
        acyclic = facts["acyclic"]
        return Suggestion(
            fit=0.5 if guess.kind == "tree" else 0.9 if acyclic else 0.4,
            reason="what comes before what, and how far, in one vector a node"
            if acyclic
            else "its order has to pass over some edges, since there are cycles",
            expect="an order you can query, distances along edges, and a picture",
            options={} if acyclic else {"data.cycles": "break"},
            preview={"trainer.steps": 400, "nst.time_work": 20.0},
            headline=("closure_recall", "false_causality", "distortion_symmetric_mean_edges"),
        )

    def run(self, config: NSTConfig, run: Run) -> Result:
        """Read the graph, train, evaluate and draw."""
        from geoframe_nst.data import load_graph
        from geoframe_nst.evaluation import evaluate
        from geoframe_nst.fit import keep, train

        graph = load_graph(config.data)
        run.record(
            data={"nodes": len(graph), "edges": len(graph.edges), "sha256": graph.fingerprint()},
            repairs=list(graph.repairs),
        )
        trained, training = train(config, graph, run)
        keep(trained, graph, run)
        return evaluate(config, graph, trained, training, run)

    def load(self, run: Run) -> TrainedSpacetime:
        """Return the trained spacetime with its queries."""
        from geoframe_nst.fit import restore

        return restore(run)

    def reference_tables(self) -> Sequence[ReferenceTable]:
        """Return the paper's tables of synthetic, WebKB and DREAM5 graphs."""
        from geoframe_nst.reference import TABLES

        return TABLES
