"""The cfdm method: from a data set to new items and a report. Torch-free at import."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from geoframe.method import Method, Result
from geoframe.reference import ReferenceTable
from geoframe.suggestion import Guess, Suggestion
from geoframe_cfdm.config import CFDMConfig

if TYPE_CHECKING:
    from torch import Tensor

    from geoframe import Sampler
    from geoframe.run.directory import Run
    from geoframe_cfdm.trained import TrainedSampler


class ClosedFormDiffusionModel(Method):
    """Closed-form diffusion: new items from the exact score of the data, without training."""

    Config = CFDMConfig
    citation = (
        "C. Scarvelis, H. Sáez de Ocáriz Borde, J. Solomon: Closed-Form Diffusion Models. "
        "Transactions on Machine Learning Research, 2025, arXiv:2310.12395"
    )

    def suits(self, guess: Guess) -> Suggestion | None:
        """Say how the method would treat such data."""
        if guess.kind not in ("items", "table"):
            return None
        return Suggestion(
            fit=0.9 if guess.kind == "items" else 0.35,
            reason="new items like the given ones, without training",
            expect="samples, and which of your items each one is made of",
            preview={"cfdm.samples": 64},
            headline=("kid", "dup_rate", "seconds"),
        )

    def run(self, config: CFDMConfig, run: Run) -> Result:
        """Fit, sample, evaluate and draw."""
        from geoframe_cfdm.evaluation import evaluate
        from geoframe_cfdm.fit import prepare
        from geoframe_cfdm.generation import generate
        from geoframe_cfdm.writing import write_provenance, write_samples

        fitted = prepare(config, run)
        generated = generate(config, fitted, run)
        run.write_tensors("samples", generated.drawn)
        if run.main_process:
            write_samples([generated.items], fitted.items, run.path)
            write_provenance(fitted.items, generated.drawn, run.path)
        return evaluate(config, fitted, generated, run)

    def load(self, run: Run) -> TrainedSampler:
        """Read the data again, which must be the same, and fit the sampler."""
        from geoframe_cfdm.fit import prepare
        from geoframe_cfdm.trained import TrainedSampler

        fitted = prepare(run.config, run, restore=True)
        return TrainedSampler(**attrs.asdict(fitted, recurse=False))

    def sampler(self, run: Run) -> Sampler:
        """Return the sampler that ``geoframe sample`` draws from."""
        trained: TrainedSampler = run.load()
        return trained.sampler

    def write_samples(
        self, run: Run, parts: Iterable[Mapping[str, Tensor]], folder: Path
    ) -> Path | None:
        """Write drawn items as a table with the user's columns, a point cloud, or images."""
        from geoframe_cfdm.fit import read_items
        from geoframe_cfdm.writing import write_samples

        items = read_items(run.config, run, restore=True)
        return write_samples((part["items"] for part in parts), items, folder)

    def reference_tables(self) -> Sequence[ReferenceTable]:
        """Return the paper's numbers that can be measured again."""
        from geoframe_cfdm.reference import TABLES

        return TABLES
