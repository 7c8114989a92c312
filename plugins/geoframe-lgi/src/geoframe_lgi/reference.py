"""Tables that are measured again. Torch-free.

No cell of the papers' tables could be verified, so none is quoted: each row stands beside the peers
of its own run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geoframe.reference import ReferenceRow, ReferenceTable

GRAPHS = ("texas", "wisconsin", "cornell", "cornell-as-shipped", "chameleon", "cora", "citeseer")
LARGE = ("cora", "citeseer")
"""Graphs of which three splits are measured, not ten."""
TABLES_WITHOUT_GRAPH = ("wine", "breast_cancer", "digits")
GAIN = ("learning_gain", "learning_gain_error", "homophily_start", "homophily")
METRICS = (
    "accuracy",
    "accuracy_sd",
    "accuracy_best_peer",
    "difference",
    "difference_error",
    "sign_test_p",
    *GAIN,
    "cpu_seconds",
)
SPACES: Mapping[str, Mapping[str, Any]] = {
    "E": {"name": "euclidean", "dim": 8},
    "H": {"name": "hyperboloid", "dim": 8},
    "S": {"name": "sphere", "dim": 8},
    "EHS": {
        "name": "product",
        "learnable": True,
        "factors": [
            {"name": "euclidean", "dim": 4},
            {"name": "hyperboloid", "dim": 4},
            {"name": "sphere", "dim": 4},
        ],
    },
    "snowflake": {"name": "snowflake", "dim": 8},
}
QUICK = {"split.repeats": 1, "trainer.steps": 60}
NOTE = (
    "no published cell could be verified, so none is quoted; accuracy_best_peer is the peer that "
    "each split's held-out rows chose, learning_gain the gain over the same network on the graph "
    "as it starts"
)


def splits_of(graph: str) -> dict[str, Any]:
    """Data options of one graph: its published splits, ten or three of them."""
    return {
        "data.dataset": {"name": "node-graph", "graph": graph},
        "data.splits": ["split_*"],
        "split.repeats": 3 if graph in LARGE else 0,
    }


def few_labels(table: str, per_class: int) -> dict[str, Any]:
    """Data options of a table of scikit-learn with few labels per class, drawn ten times."""
    return {
        "data.dataset": {"name": "scikit-learn", "table": table},
        "split.per_class": per_class,
        "split.repeats": 10,
    }


def _spaces() -> list[ReferenceRow]:
    data = {"texas": splits_of("texas"), "wine, 5 labels a class": few_labels("wine", 5)}
    return [
        ReferenceRow(
            name=f"{name}, dDGM-{space}",
            overrides={
                **options,
                "geometry": geometry,
                "graph.power": 1 if space == "snowflake" else 2,
                "evaluation.peers": ["unlearned-graph"],
            },
        )
        for name, options in data.items()
        for space, geometry in SPACES.items()
    ]


def _tables() -> list[ReferenceRow]:
    return [
        ReferenceRow(name=f"{table}, {count} labels a class", overrides=few_labels(table, count))
        for table in TABLES_WITHOUT_GRAPH
        for count in (5, 20)
    ]


TABLES = (
    ReferenceTable(
        name="graphs",
        title="A latent graph beside peers on small graphs, published splits",
        metrics=METRICS,
        rows=[ReferenceRow(name=graph, overrides=splits_of(graph)) for graph in GRAPHS],
        quick=QUICK,
        note=NOTE,
    ),
    ReferenceTable(
        name="spaces",
        title="Latent graphs in several geometries, each beside the graph as it starts",
        metrics=("accuracy", "accuracy_sd", *GAIN, "cpu_seconds"),
        rows=_spaces(),
        quick=QUICK,
        note=NOTE,
    ),
    ReferenceTable(
        name="tables",
        title="A latent graph beside peers on tables without a graph, few labels per class",
        metrics=METRICS,
        rows=_tables(),
        quick=QUICK,
        note=f"{NOTE}; the tables come with geoframe-pathways",
    ),
    ReferenceTable(
        name="field",
        title="Five labels a class on tables without a graph: test accuracy beside peers",
        metrics=("accuracy", "auc", "calibration_error", "seconds"),
        rows=[
            ReferenceRow(name=table, overrides={**few_labels(table, 5), "split.repeats": 1})
            for table in TABLES_WITHOUT_GRAPH
        ],
        seeds=3,
        quick=QUICK,
        compared="comparison",
        note="the tables come with geoframe-pathways",
    ),
)
