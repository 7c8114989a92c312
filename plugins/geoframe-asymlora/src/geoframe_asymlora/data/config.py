"""Options of the ``[data]`` table. Torch-free."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import attrs

from geoframe.components import Component
from geoframe.config.fields import component, option

Format = Literal["auto", "tsv", "csv", "jsonl", "parquet"]
Task = Literal["auto", "classification", "regression", "causal"]


@attrs.frozen(kw_only=True)
class TextColumns:
    """What the columns of a table of texts mean."""

    task: Task = option(
        "auto",
        help="auto: causal if there are columns of prompt and response, regression if labels are "
        "numbers with fractions, else classification.",
    )
    text: str = option("text", help="Column of the text.")
    text_b: str | None = option(None, help="Column of the second text, for pairs.")
    label: str = option("label", help="Column of the label: a class, or a number (regression).")
    prompt: str = option("prompt", help="Column of the prompt; it is read, not learned.")
    response: str = option("response", help="Column of the response, which is learned.")
    separator: str = option("\n", help="Text between prompt and response.")
    holdout: float = option(
        0.1, gt=0, lt=1, help="Share of the training rows to validate on where there is no file."
    )


@attrs.frozen(kw_only=True)
class TextDataConfig(TextColumns):
    """Texts with labels, or prompts with responses: the user's files, or a dataset by name."""

    path: Path | None = option(
        None,
        help="Training file (tsv, csv, jsonl, parquet; .gz too), or a folder: one that 'datasets' "
        "saved to disk, or with files train.*, validation.* and test.*; else the dataset below.",
    )
    validation: Path | None = option(None, help="File to tune on; else a part of the training.")
    test: Path | None = option(None, help="File to report on; else the validation part.")
    format: Format = option("auto", help="Format of the files; auto goes by their suffix.")
    limit: int = option(
        0, ge=0, unit="rows", help="Training rows to use, drawn at random; 0 uses all."
    )
    evaluation_limit: int = option(
        0, ge=0, unit="rows", help="Rows of each of the other parts to use; 0 uses all."
    )
    dataset: Component = component(
        "dataset",
        default={"name": "stored-text"},
        provides=("texts",),
        help="The data to use when path is left out.",
    )
