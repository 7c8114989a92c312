"""The cgenn method: from a table of vectors to a network and its metric. Torch-free at import."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from geoframe.method import Method, Result
from geoframe.reference import ReferenceTable
from geoframe.suggestion import Guess, Suggestion
from geoframe_cgenn.config import CGENNConfig

if TYPE_CHECKING:
    from geoframe.run.directory import Run
    from geoframe_cgenn.trained import TrainedCliffordNetwork


class CliffordNetworks(Method):
    """Clifford-equivariant networks on vectors: the right symmetry, or the metric the data obey."""

    Config = CGENNConfig
    citation = (
        "R. Ali, P. Kulytė, H. Sáez de Ocáriz Borde, P. Liò: Metric Learning for Clifford Group "
        "Equivariant Neural Networks. ICML 2024 GRaM workshop, PMLR 251:132-145, arXiv:2407.09926"
    )

    def suits(self, guess: Guess) -> Suggestion | None:
        """Say how the method would treat such data."""
        vectors = guess.facts.get("vectors")
        if guess.kind != "table" or not vectors:
            return None
        return Suggestion(
            fit=0.9,
            reason="columns that are vectors are treated as vectors, whatever the axes",
            expect="a prediction with the right symmetry, and which metric the data obey",
            options={"data.vectors": vectors, "data.target": [guess.facts["target"]]},
            preview={"trainer.steps": 200},
        )

    def run(self, config: CGENNConfig, run: Run) -> Result:
        """Read the vectors, train, measure and draw."""
        from geoframe_cgenn.data import load_sets
        from geoframe_cgenn.evaluation import evaluate
        from geoframe_cgenn.fit import fit_all
        from geoframe_cgenn.kernels import native
        from geoframe_cgenn.trained import keep

        native.allow(config.cgenn.compiled)
        sets = load_sets(config.data, config.seed)
        run.record(
            data={
                "sets": len(sets),
                "rows": len(sets.vectors),
                "vectors": sets.vectors.shape[1],
                "dimension": sets.n,
                "sha256": sets.fingerprint(),
            },
            repairs=list(sets.notes),
        )
        fits = fit_all(config, sets, run)
        trained = keep(fits, sets, run)
        return evaluate(config, sets, fits, trained, run)

    def load(self, run: Run) -> TrainedCliffordNetwork:
        """Return the best network with its metric."""
        from geoframe_cgenn.trained import restore

        return restore(run)

    def reference_tables(self) -> Sequence[ReferenceTable]:
        """Return the published experiments, with a fixed and with a learned metric."""
        from geoframe_cgenn.reference import TABLES

        return TABLES
