"""The ames method: several latent graphs and geometries at once. Torch-free at import."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from geoframe.method import Method, Result
from geoframe.reference import ReferenceTable
from geoframe.suggestion import Guess, Suggestion
from geoframe_ames.config import AMESConfig

if TYPE_CHECKING:
    from geoframe.run.directory import Run
    from geoframe_ames.trained import TrainedSelection

MOST_ROWS = 5000
"""Rows up to which it takes minutes."""


class AttentionalSelection(Method):
    """AMES: branches of several latent geometries and fixed graphs, merged and ranked."""

    Config = AMESConfig
    citation = (
        "Y. Lu, H. Sáez de Ocáriz Borde, P. Liò: AMES: A Differentiable Embedding Space Selection "
        "Framework for Latent Graph Inference. NeurReps workshop, NeurIPS 2023, arXiv:2311.11891"
    )

    def suits(self, guess: Guess) -> Suggestion | None:
        """Say how the method would treat such data."""
        if guess.kind != "table" or guess.facts["target"] is None:
            return None
        return Suggestion(
            fit=0.5 if guess.facts["items"] <= MOST_ROWS else 0.2,
            reason="several graphs and geometries at once, of which those that help are kept",
            expect="predictions, what each of them gives alone, and which geometry the rows have",
            options={"data.target": [guess.facts["target"]]},
            preview={"trainer.steps": 60},
        )

    def run(self, config: AMESConfig, run: Run) -> Result:
        """Read the rows, train the branches on every split, merge them and report."""
        from geoframe_ames.workflow import train_and_evaluate

        return train_and_evaluate(config, run)

    def load(self, run: Run) -> TrainedSelection:
        """Return the trained branches."""
        from geoframe_ames.store import restore

        return restore(run)

    def reference_tables(self) -> Sequence[ReferenceTable]:
        """Return the tables that are measured again."""
        from geoframe_ames.reference import TABLES

        return TABLES
