"""Options of the pathways method. Torch-free."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import attrs

from geoframe.components import Component
from geoframe.config import MethodConfig, component, option, section
from geoframe_data.options import TableFormat, TableOptions

FEW_ROWS = 2000
"""Training rows up to which choosing and averaging several times costs seconds, and pays."""
FEW_TIMES = 5
"""Folds of the choice, and networks of an expert, on so few rows."""
FEW_DECAYS = (0.0, 0.3, 1.0, 3.0, 10.0, 30.0)
"""Weight decays that are tried on so few rows."""
DECAYS = (0.0, 0.3, 3.0)
"""Weight decays that are tried on more."""

PASSES = 16
"""Passes over more rows that a network is trained for, which takes"""
LEAST_STEPS = 500
"""at least so many steps,"""
MOST_STEPS = 20_000
"""at most so many,"""
BATCH = 256
"""of so many rows,"""
RATE = 2e-2
"""at this rate at its peak."""
PILOT = 4
"""Part of the steps that choosing takes with each candidate: a fourth."""

Rival = Literal["hist-gradient-boosting", "mlp", "svm", "lightgbm", "xgboost", "catboost"]
Baseline = Literal["dense-equal-active", "dense-equal-total"] | Rival
BASELINES: tuple[Baseline, ...] = (
    "dense-equal-active",
    "dense-equal-total",
    "hist-gradient-boosting",
    "mlp",
    "svm",
    "lightgbm",
    "xgboost",
    "catboost",
)


def _listed(numbers: tuple[float, ...]) -> str:
    return ", ".join(f"{number:g}" for number in numbers)


@attrs.frozen(kw_only=True)
class TableDataConfig(TableOptions):
    """A table of features and a target: the user's file, or a dataset by name."""

    format: TableFormat = option(
        "auto", help="Format of the file; auto goes by its content, then its suffix."
    )
    target: str | None = option(
        None, help="Column (or npz array) to predict; the last one if left out (npz: 'y')."
    )
    task: Literal["auto", "regression", "classification"] = option(
        "auto",
        help="auto is classification for a target of text, truth values or at most 20 different "
        "integers, else regression.",
    )
    splits: Path | None = option(
        None, help="npz file whose array test_<split> holds the row numbers of the test part."
    )
    split: int = option(0, ge=0, help="Which predefined split of the splits file to take.")
    test: Path | None = option(
        None, help="File of rows to test on, with the columns of the other; else a part is drawn."
    )
    validation: Path | None = option(
        None,
        help="File of rows that choose, with the columns of the other, and are never trained on; "
        "else parts of the training rows are held out (see evaluation.folds).",
    )
    stream: bool = option(
        False,
        help="Read the file in pieces and keep its encoded rows on the disk, for files beyond "
        "memory (text, parquet): cells are found and tested on a sample, experts trained on all "
        "rows.",
    )
    sample_rows: int = option(
        200_000, ge=1, unit="rows", help="Rows of the sample, where the file is streamed."
    )
    test_fraction: float = option(
        0.2, gt=0, lt=1, help="Share of rows for testing where no split is predefined."
    )
    scaling: Literal["auto", "column", "common", "none"] = option(
        "auto",
        help="Numbers are divided by their column's standard deviation (column), by one for all "
        "(common; for pixels), or left alone; auto is common for pixels, else column.",
    )
    dataset: Component = component(
        "dataset",
        default={"name": "function-grid"},
        provides=("table",),
        help="The table to use when path is left out.",
    )


@attrs.frozen(kw_only=True)
class ModelConfig:
    """Cells and experts."""

    experts: tuple[int, ...] = option(
        (1, 4, 16, 64),
        ge=1,
        help="Numbers of experts to try; validation chooses. A single number is taken as it is.",
    )
    networks: int | None = option(
        None,
        ge=1,
        help="Networks of an expert, trained from different starts and read one after another: "
        f"their mean answers. Left out, {FEW_TIMES} up to {FEW_ROWS:,} training rows, else 1.",
    )
    weight_decays: tuple[float, ...] | None = option(
        None,
        ge=0,
        help="Weight decays to try; validation chooses. A single one is taken as it is, and so is "
        f"trainer.weight_decay if it is given. Left out, {_listed(DECAYS)}, and up to "
        f"{FEW_ROWS:,} training rows {_listed(FEW_DECAYS)}.",
    )
    width: int = option(64, ge=1, help="Units of a hidden layer of an expert.")
    hidden: int = option(2, ge=1, le=16, help="Hidden layers of an expert.")
    activation: Literal["prelu", "relu"] = option("prelu", help="Activation of hidden layers.")
    router: Literal["auto", "flat", "tree", "faiss"] = option(
        "auto",
        help="How the cell of an input is found: nearest of all prototypes (flat), greedy descent "
        "(tree), an index (faiss); auto is flat up to 10,000 experts, then faiss.",
    )
    valency: int = option(8, ge=2, help="Children of a node of the routing tree.")
    route_dims: int = option(
        32, ge=1, help="Inputs above which routing uses so many principal components."
    )
    min_rows: int = option(
        300,
        ge=1,
        unit="rows",
        help="Least training rows of a cell: numbers of experts that leave fewer on average are "
        "not tried, smaller cells are merged into their neighbours.",
    )
    balance: bool = option(True, help="Split cells of more than twice the mean size.")
    overlap: float = option(
        0.1, ge=0, help="An expert also trains on rows at most 1 + overlap times as far from it."
    )
    blend: float = option(
        0.0,
        ge=0,
        help="Mix the two nearest experts where they are within 1 + blend times as far; 0: never.",
    )
    centred: bool = option(
        True, help="Centre and scale the inputs of each cell (leave it on; off is much worse)."
    )
    smoothing: float = option(
        0.01, ge=0, lt=1, help="Classification: weight of the class shares in probabilities."
    )


@attrs.frozen(kw_only=True)
class EvaluationConfig:
    """What is compared and reported."""

    folds: int | None = option(
        None,
        ge=1,
        help="Parts of the training rows that are held out in turn to choose among all pairs of "
        "a number of experts and a weight decay; 1 holds out validation_fraction once, and the "
        "decay is chosen after the number of experts. "
        f"Left out, {FEW_TIMES} up to {FEW_ROWS:,} training rows, else 1.",
    )
    validation_fraction: float = option(
        0.2, gt=0, lt=1, help="Share of the training rows that is held out where folds is 1."
    )
    patience: int | None = option(
        1,
        ge=1,
        help="Numbers of experts, and then decays, in turn that may be no better (by 1 %) than the "
        "best so far before the rest is not tried; none tries all, as several folds do.",
    )
    baselines: tuple[Baseline, ...] = option(
        BASELINES,
        help="Models trained on the same rows for comparison, those of other libraries with their "
        "defaults; lightgbm, xgboost and catboost where they are installed.",
    )
    cells_shown: int = option(20, ge=0, help="Cells in the report's table, worst first.")


@attrs.frozen(kw_only=True)
class PathwaysConfig(MethodConfig):
    """Neural pathways on a table: one small network per region of the input space."""

    data: TableDataConfig = section(TableDataConfig, help="The table.")
    pathways: ModelConfig = section(ModelConfig, help="Cells and experts.")
    trainer: Component = component(
        "trainer",
        default={"name": "stacked"},
        help="The engine: 'stacked' in this process, 'processes' over TCP, 'ray' on a cluster. "
        "These three give the same experts. Any other trainer works too.",
    )
    evaluation: EvaluationConfig = section(EvaluationConfig, help="What is compared and reported.")
