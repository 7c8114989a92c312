"""Tables that are measured again. Torch-free.

No cell of the paper's tables could be verified, so none is quoted: each row stands beside the peers
of its own run.
"""

from __future__ import annotations

from typing import Any

from geoframe.reference import ReferenceRow, ReferenceTable
from geoframe_lgi.reference import GRAPHS, TABLES_WITHOUT_GRAPH, few_labels, splits_of

FUSIONS = ("screened", "mean", "global", "semantic", "node")
METRICS = (
    "accuracy",
    "accuracy_sd",
    "accuracy_best_peer",
    "difference",
    "difference_error",
    "sign_test_p",
    "seconds",
)
QUICK = {"split.repeats": 1, "trainer.steps": 60, "ames.warmup_uniform": 20}
NOTE = (
    "no published cell could be verified, so none is quoted; accuracy_best_peer is the branch, or "
    "model of a branch's kind, that each split's held-out rows chose"
)


def _rows(data: dict[str, dict[str, Any]]) -> list[ReferenceRow]:
    return [
        ReferenceRow(name=f"{name}, {fusion}", overrides={**options, "ames.fusion": fusion})
        for name, options in data.items()
        for fusion in FUSIONS
    ]


TABLES = (
    ReferenceTable(
        name="graphs",
        title="Branches merged on small graphs, published splits",
        metrics=METRICS,
        rows=_rows({graph: splits_of(graph) for graph in GRAPHS}),
        quick=QUICK,
        note=NOTE,
    ),
    ReferenceTable(
        name="tables",
        title="Branches merged on tables without a graph, few labels per class",
        metrics=METRICS,
        rows=_rows(
            {
                f"{table}, {count} labels a class": few_labels(table, count)
                for table in TABLES_WITHOUT_GRAPH
                for count in (5, 20)
            }
        ),
        quick=QUICK,
        note=f"{NOTE}; the tables come with geoframe-pathways",
    ),
)
