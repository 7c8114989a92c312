"""The snowflake method: from distances to coordinates with a certificate. Torch-free at import."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from geoframe.method import Method, Result
from geoframe.reference import ReferenceTable
from geoframe.suggestion import Guess, Suggestion
from geoframe_snowflake.run_config import SnowflakeRunConfig

if TYPE_CHECKING:
    from geoframe.run.directory import Run
    from geoframe_snowflake.trained import TrainedSnowflake


class NeuralSnowflakes(Method):
    """Isometric embedding of any distance matrix, weighted graph or point set, with certificate."""

    Config = SnowflakeRunConfig
    citation = (
        "H. Sáez de Ocáriz Borde, A. Kratsios: Neural Snowflakes: Universal Latent Graph "
        "Inference via Trainable Latent Geometries. ICLR 2024, arXiv:2310.15003"
    )

    def suits(self, guess: Guess) -> Suggestion | None:
        """Say how the method would treat such data."""
        if guess.kind == "distances":
            fit, reason = 0.95, "points whose distances are the given ones"
        elif guess.kind in ("graph", "tree"):
            fit, reason = 0.6, "points whose distances are path lengths"
        else:
            return None
        return Suggestion(
            fit=fit,
            reason=reason,
            expect="coordinates, a check against classical scaling, nearest items, and a map",
            preview={"trainer.steps": 200},
            headline=("stress_pairs", "spearman_pairs", "exact_distortion_worst_pairs"),
        )

    def run(self, config: SnowflakeRunConfig, run: Run) -> Result:
        """Read the distances, embed them exactly, train, compare and draw."""
        import torch

        from geoframe_snowflake.data import load_metric
        from geoframe_snowflake.evaluation import evaluate
        from geoframe_snowflake.exact.fit import fit_exactly
        from geoframe_snowflake.fit import check_exactness, check_symmetry, exact_model, keep, train
        from geoframe_snowflake.trained import TrainedSnowflake

        metric = load_metric(config.data)
        run.record(
            data={"items": len(metric), "sha256": metric.fingerprint()},
            repairs=list(metric.repairs),
        )
        options = config.snowflake
        check_symmetry(config, metric)
        check_exactness(config, metric)
        fit = exact = None
        if options.exact and not metric.conflict:
            fit = fit_exactly(
                metric.completed(),
                limit=options.exact_limit,
                landmarks=options.landmarks,
                seed=config.seed,
            )
            model = exact_model(torch.from_numpy(fit.points), fit.exponent)
            exact = TrainedSnowflake(model, metric.names, data=config.data)
        fitted = []
        if options.train:
            # The main geometry first: it alone is logged, and continued after an interruption.
            main = train(config, config.geometry, metric, fit, run)
            fitted = [(config.geometry.name, main)]
            fitted += [
                (other.name, train(config, other, metric, fit, None)) for other in config.compare
            ]
            result = main.trained
            result.exact = exact
        else:
            assert exact is not None  # the config asks for one of them
            result = exact
        keep(result, metric, run)
        pair = (fit, exact) if fit is not None and exact is not None else None
        return evaluate(config, metric, pair, fitted, run)

    def load(self, run: Run) -> TrainedSnowflake:
        """Return the embedding with its queries; ``.exact`` is the training-free one."""
        from geoframe_snowflake.fit import restore

        return restore(run)

    def reference_tables(self) -> Sequence[ReferenceTable]:
        """Return the paper's table of synthetic metrics."""
        from geoframe_snowflake.reference import TABLES

        return TABLES
