"""The pathways method: from a table to a pack of experts and its report. Torch-free at import."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from geoframe.method import Method, Result
from geoframe.reference import ReferenceTable
from geoframe.suggestion import Guess, Suggestion
from geoframe_pathways.config import PathwaysConfig

if TYPE_CHECKING:
    from geoframe.run.directory import Run
    from geoframe_pathways.trained import TrainedPathways


class NeuralPathways(Method):
    """Neural pathways: one small MLP per region of the input space, one in memory at a time."""

    Config = PathwaysConfig
    citation = (
        "A. Kratsios, H. Sáez de Ocáriz Borde, T. Furuya, M. T. Law: Approximation Rates and "
        "VC-Dimension Bounds for (P)ReLU MLP Mixture of Experts. TMLR 2025, arXiv:2402.03460"
    )

    def suits(self, guess: Guess) -> Suggestion | None:
        """Say how the method would treat such data."""
        if guess.kind != "table" or guess.facts["target"] is None:
            return None
        return Suggestion(
            fit=0.8,
            reason="predicts the target by small experts, one in memory at a time",
            expect="predictions for new rows, beside boosting and a plain network",
            options={"data.target": guess.facts["target"]},
            preview={"trainer.steps": 300},
            headline=("rmse", "accuracy"),
        )

    def run(self, config: PathwaysConfig, run: Run) -> Result:
        """Read the table, choose the number of experts, train, compare and report."""
        from geoframe_pathways.fit import train_and_evaluate

        return train_and_evaluate(config, run)

    def load(self, run: Run) -> TrainedPathways:
        """Return the trained model; experts are mapped into memory when they are needed."""
        from geoframe_pathways.experts.pack import PACK
        from geoframe_pathways.trained import TrainedPathways

        return TrainedPathways.open(run.path / PACK)

    def reference_tables(self) -> Sequence[ReferenceTable]:
        """Return the tables of functions, of UCI regression and of small images."""
        from geoframe_pathways.reference import TABLES

        return TABLES
