"""The lgi method: rows, and a graph learned for predicting them. Torch-free at import."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from geoframe.method import Method, Result
from geoframe.reference import ReferenceTable
from geoframe.suggestion import Guess, Suggestion
from geoframe_lgi.config import LGIConfig

if TYPE_CHECKING:
    from geoframe.run.directory import Run
    from geoframe_lgi.trained import TrainedGraph


class LatentGraphInference(Method):
    """Latent graph inference: predict rows over a graph that is learned with the prediction."""

    Config = LGIConfig
    citation = (
        "A. Kazi, L. Cosmo, S.-A. Ahmadi, N. Navab, M. Bronstein: Differentiable Graph Module "
        "(DGM) for Graph Convolutional Networks. IEEE TPAMI 2022; and H. Sáez de Ocáriz Borde, "
        "A. Kazi, F. Barbero, P. Liò: Latent Graph Inference using Product Manifolds. ICLR 2023, "
        "arXiv:2211.16199"
    )

    def suits(self, guess: Guess) -> Suggestion | None:
        """Say how the method would treat such data."""
        if guess.kind != "table" or guess.facts["target"] is None:
            return None
        few = guess.facts["items"] <= 5000
        return Suggestion(
            fit=0.85 if few and guess.facts["classes"] else 0.6 if few else 0.3,
            reason="infers who is related to whom, and predicts with it",
            expect="predictions, the inferred graph, and a comparison with forests and others",
            options={"data.target": [guess.facts["target"]]},
            preview={"trainer.steps": 60},
            headline=("accuracy", "rmse"),
        )

    def run(self, config: LGIConfig, run: Run) -> Result:
        """Read the rows, train on every split, compare with the peers and report."""
        from geoframe_lgi.workflow import train_and_evaluate

        return train_and_evaluate(config, run)

    def load(self, run: Run) -> TrainedGraph:
        """Return the trained networks with their queries."""
        from geoframe_lgi.store import restore

        return restore(run)

    def reference_tables(self) -> Sequence[ReferenceTable]:
        """Return the tables that are measured again."""
        from geoframe_lgi.reference import TABLES

        return TABLES
