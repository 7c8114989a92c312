"""The asymlora method: fine-tuning by asymmetric LoRA, and comparisons. Torch-free at import."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from geoframe.method import Method, Result
from geoframe.reference import ReferenceTable
from geoframe.suggestion import Guess, Suggestion
from geoframe_asymlora.config import AsymLoRAConfig

if TYPE_CHECKING:
    import pandas as pd

    from geoframe.run.directory import Run
    from geoframe_asymlora.trained import TrainedText


class AsymmetricFineTuning(Method):
    """Fine-tuning of a transformers model with one factor of LoRA trained, the other frozen."""

    Config = AsymLoRAConfig
    citation = (
        "J. Zhu, K. Greenewald, K. Nadjahi, H. Sáez de Ocáriz Borde, R. Brüel Gabrielsson, "
        "L. Choshen, M. Ghassemi, M. Yurochkin, J. Solomon: Asymmetry in Low-Rank Adapters of "
        "Foundation Models. ICML 2024, arXiv:2402.16842"
    )

    def suits(self, guess: Guess) -> Suggestion | None:
        """Say how the method would treat such data."""
        if guess.kind != "texts" or not guess.facts.get("labelled", True):
            return None
        options: dict[str, str] = {}
        if guess.facts.get("text") not in (None, "text"):
            options["data.text"] = guess.facts["text"]
        if guess.facts.get("target") not in (None, "label"):
            options["data.label"] = guess.facts["target"]
        learned, result = "labels", "a classifier of texts"
        if guess.facts.get("answers"):
            learned, result = "answers", "a model that answers"
        return Suggestion(
            fit=0.9,
            reason=f"fine-tunes a pretrained language model on your {learned}, half of LoRA's size",
            expect=f"{result} and a small adapter file",
            options=options,
            preview={"trainer.steps": 20},
            headline=("validation_accuracy", "validation_loss"),
        )

    def run(self, config: AsymLoRAConfig, run: Run) -> Result:
        """Train the adapter on the user's texts, or compare modes; or do the linear experiment."""
        if config.data.path is None and config.data.dataset.name == "linear-regression":
            from geoframe_asymlora.study.linear_run import run_linear

            return run_linear(config, run)
        from geoframe_asymlora.fit import run_text

        return run_text(config, run)

    def load(self, run: Run) -> TrainedText:
        """Return the fine-tuned model with its tokenizer."""
        from geoframe_asymlora.trained import load_trained

        return load_trained(run)

    def apply(self, run: Run, data: Path) -> pd.DataFrame:
        """Predict for each row of a file: classes and their probabilities, or numbers."""
        trained: TrainedText = run.load()
        return trained.apply(data)

    def export(self, run: Run, folder: Path) -> Sequence[Path]:
        """Write a plain peft adapter."""
        from geoframe_asymlora.trained import export_run

        return export_run(run, folder)

    def reference_tables(self) -> Sequence[ReferenceTable]:
        """Return the linear-regression experiment and the stand-in for the GLUE table."""
        from geoframe_asymlora.reference import TABLES

        return TABLES
