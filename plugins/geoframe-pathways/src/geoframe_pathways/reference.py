"""Tables to measure again, as data. Torch-free.

The paper's result tables could not be obtained. What stands beside the measured numbers are this
project's own earlier measurements (one seed, not tuned), marked ``own``: they show whether the
method still does what it did, and on the same data what it gains over one dense network.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geoframe.reference import Published, ReferenceRow, ReferenceTable

SOURCE = "measured for this project, one seed, not tuned"

FUNCTIONS: Mapping[str, Mapping[str, Any]] = {
    "Weierstrass 1-D": {"function": "weierstrass", "dims": 1, "side": 10_000},
    "Ackley 2-D": {"function": "ackley", "dims": 2, "side": 100},
    "Rastrigin 2-D": {"function": "rastrigin", "dims": 2, "side": 100},
    "Himmelblau 2-D": {"function": "himmelblau", "dims": 2, "side": 100},
    "Ackley 3-D": {"function": "ackley", "dims": 3, "side": 25},
}

FUNCTION_ANCHORS: Mapping[str, tuple[float, ...]] = {
    "Weierstrass 1-D": (0.107, 0.057, 0.032, 0.019, 0.025),
    "Ackley 2-D": (0.226, 0.218, 0.139, 0.084, 0.048),
    "Rastrigin 2-D": (0.677, 0.551, 0.145, 0.157, 0.073),
    "Himmelblau 2-D": (0.015, 0.011, 0.015, 0.017, 0.0050),
    "Ackley 3-D": (0.237, 0.238, 0.241, 0.243, 0.224),
}
"""RMSE over the standard deviation, in the order of :data:`FUNCTION_SIZES`."""

FUNCTION_SIZES = ((1, 128), (4, 63), (16, 31), (64, 15), (16, 128))
"""Experts and width; the first four have about 17,000 parameters in all."""

UCI_ANCHORS: Mapping[str, tuple[float, tuple[float, ...]]] = {
    "power-plant": (3.508, (4.238, 4.093, 4.105, 3.864)),
    "protein-tertiary-structure": (4.178, (4.379, 4.185, 4.321, 3.943)),
    "concrete": (5.420, (4.596, 5.512, 6.977, 5.187)),
}
"""RMSE on split 0 of gradient boosting, and in the order of :data:`UCI_SIZES`."""

UCI_SIZES = ((1, 128), (8, 40), (32, 18), (8, 128))

SINGLE: Mapping[str, Any] = {"pathways.networks": 1, "evaluation.folds": 1}
"""Experts of one network, also on small tables: what the anchors were measured with."""

CLASSIC: Mapping[str, Any] = {
    "trainer.steps": 2000,
    "trainer.batch_size": 1024,
    "trainer.learning_rate": 3e-3,
    "evaluation.patience": 5,
}
"""How the anchors were trained and chosen, whatever the number of rows."""


def own(value: float) -> Published:
    """One of this project's own anchors."""
    return Published(value=value, source=SOURCE, certainty="own")


def _sized(experts: int, width: int) -> dict[str, Any]:
    # The anchors are for given numbers of experts, also where these leave few rows per cell.
    return {
        "pathways.experts": [experts],
        "pathways.width": width,
        "pathways.min_rows": 20,
        "pathways.weight_decays": [0.0],
        **CLASSIC,
        **SINGLE,
    }


def _functions() -> ReferenceTable:
    rows = [
        ReferenceRow(
            name=f"{name}, {experts}x{width}",
            overrides={
                "data.dataset": {"name": "function-grid", **options},
                "evaluation.baselines": [],
                **_sized(experts, width),
            },
            published={"rmse_relative": own(FUNCTION_ANCHORS[name][place])},
        )
        for name, options in FUNCTIONS.items()
        for place, (experts, width) in enumerate(FUNCTION_SIZES)
    ]
    return ReferenceTable(
        name="functions",
        title="Test functions on a grid: RMSE over standard deviation, experts x width",
        metrics=("rmse_relative", "parameters_total"),
        rows=rows,
        seeds=3,
        quick={"trainer.steps": 300},
        note="Numbers on the left are this project's own, not the paper's.",
    )


def _uci() -> ReferenceTable:
    rows = []
    for table, (boosting, anchors) in UCI_ANCHORS.items():
        data = {"data.dataset": {"name": "uci-regression", "table": table}}
        for (experts, width), anchor in zip(UCI_SIZES, anchors, strict=True):
            rows.append(
                ReferenceRow(
                    name=f"{table}, {experts}x{width}",
                    overrides={
                        **data,
                        "evaluation.baselines": ["hist-gradient-boosting"],
                        **_sized(experts, width),
                    },
                    published={
                        "rmse": own(anchor),
                        "rmse_hist_gradient_boosting": own(boosting),
                    },
                )
            )
        rows.append(
            ReferenceRow(
                name=f"{table}, chosen",
                overrides={
                    **data,
                    **SINGLE,
                    "pathways.experts": [1, 4, 8, 16, 32],
                    "pathways.weight_decays": [0.0, 0.3, 3.0],
                    **CLASSIC,
                },
            )
        )
    return ReferenceTable(
        name="uci",
        title="UCI regression, split 0: test RMSE in target units, experts x width",
        metrics=(
            "rmse",
            "rmse_dense_equal_active",
            "rmse_dense_equal_total",
            "rmse_hist_gradient_boosting",
            "experts",
        ),
        rows=rows,
        seeds=1,
        quick={"trainer.steps": 300},
        note="Numbers on the left are this project's own, not the paper's. Needs the files of the "
        "dataset 'uci-regression'.",
    )


def _small() -> ReferenceTable:
    uci = {
        table: {"name": "uci-regression", "table": table, "drawn": True}
        for table in ("yacht", "energy", "concrete", "wine-quality-red")
    }
    rows = [
        ReferenceRow(
            name=name,
            overrides={
                "data.dataset": dataset,
                "evaluation.baselines": ["hist-gradient-boosting"],
            },
        )
        for name, dataset in {
            **uci,
            "diabetes": {"name": "scikit-learn", "table": "diabetes"},
        }.items()
    ]
    return ReferenceTable(
        name="small",
        title="Small tables with the defaults, the test part drawn by the seed: test RMSE",
        metrics=("rmse", "rmse_hist_gradient_boosting", "experts", "weight_decay"),
        rows=rows,
        seeds=5,
        quick={"trainer.steps": 300},
        note="Nothing was published for these. Needs the files of the dataset 'uci-regression'.",
    )


def _field() -> ReferenceTable:
    # 8,192 of the 10,240 points are trained on.
    smooth = {"function": "friedman", "dims": 8, "rows": 10_240}
    data = {
        "smooth, 8 inputs": {"name": "function-grid", **smooth},
        **{
            table: {"name": "uci-regression", "table": table, "drawn": True}
            for table in ("power-plant", "california-housing", "protein-tertiary-structure")
        },
    }
    return ReferenceTable(
        name="field",
        title="Larger tables with the defaults, beside scikit-learn's: test RMSE and CPU seconds",
        metrics=("rmse", "cpu_seconds", "experts"),
        compared="comparison",
        rows=[
            ReferenceRow(
                name=name,
                overrides={
                    "data.dataset": dataset,
                    "evaluation.baselines": [
                        "dense-equal-active",
                        "mlp",
                        "hist-gradient-boosting",
                    ],
                },
            )
            for name, dataset in data.items()
        ],
        seeds=3,
        quick={"trainer.steps": 300},
        note="CPU seconds are those of choosing and training, without reading, comparing and "
        "drawing. Nothing was published for these. All but the first need the files of the dataset "
        "'uci-regression'.",
    )


def _images() -> ReferenceTable:
    rows = [
        ReferenceRow(
            name=f"{images}, {experts}x{width}",
            overrides={
                "data.dataset": {"name": "small-images", "images": images},
                "pathways.experts": [experts],
                "pathways.width": width,
                "evaluation.baselines": ["dense-equal-active", "dense-equal-total"],
                **CLASSIC,
            },
        )
        for images in ("mnist", "cifar10-jpeg")
        for experts, width in ((4, 64), (16, 64))
    ]
    return ReferenceTable(
        name="images",
        title="Small images on 64 principal components: accuracy, experts x width",
        metrics=("accuracy", "accuracy_dense_equal_active", "accuracy_dense_equal_total"),
        rows=rows,
        seeds=1,
        quick={"trainer.steps": 200},
        note="Needs the files of the dataset 'small-images'.",
    )


TABLES = (_functions(), _uci(), _small(), _field(), _images())
