"""What a run of lgi reports: a verdict beside the peers, and what the graph is like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from geoframe.method import Result
from geoframe.run.directory import Run
from geoframe.run.resources import peak_memory_mib
from geoframe_lgi import figures
from geoframe_lgi.comparison import Outcome, answer, per_split, sentence, table_of, verdict
from geoframe_lgi.data import Loaded
from geoframe_lgi.fit import FittedLatent, homophily
from geoframe_lgi.latent.edges import Edges
from geoframe_lgi.measures import HEADLINE, measure
from geoframe_lgi.peers import UNLEARNED
from geoframe_lgi.task import NodeTask
from geoframe_lgi.trained import TrainedGraph

MAIN = "latent graph"
"""Name of the method's own model in tables."""


def evaluate(
    loaded: Loaded,
    outcomes: Sequence[Outcome],
    fits: Sequence[Sequence[FittedLatent]],
    trained: TrainedGraph,
    run: Run,
    notes: Sequence[str],
) -> Result:
    """Measure, compare and draw.

    Parameters
    ----------
    outcomes
        What every model said on each split, the latent graph first.
    fits
        Trainings of the latent graph: one list per split, one per seed.
    trained
        What the run keeps: the networks of the first split.
    """
    task = loaded.task
    headline = HEADLINE[task.kind]
    table = table_of(task, outcomes)
    peers = [each.name for each in outcomes[0].predictions[1:]]
    metrics: dict[str, float | int | str | None] = _main_measures(task, outcomes)
    said: list[str] = []
    if peers:
        outside = [name for name in peers if name != UNLEARNED] or peers
        found = verdict(task, outcomes, outside)
        metrics |= {
            "best_peer": found.peer,
            f"{headline}_best_peer": found.other,
            "difference": found.difference,
            "difference_error": found.error,
            "sign_test_p": found.p_value,
        }
        said.append(sentence("the latent graph", found, headline))
    if UNLEARNED in peers:
        learned = verdict(task, outcomes, [UNLEARNED])
        metrics["learning_gain"] = learned.difference
        metrics["learning_gain_error"] = learned.error
        said.append(was_it_worth(learned.difference, learned.error, headline))
    metrics |= graph_measures(task, fits)
    metrics["train_seconds"] = sum(each.seconds for split in fits for each in split)
    metrics["peak_memory_mib"] = peak_memory_mib()
    _draw(task, outcomes, trained, table, run)
    tables: dict[str, Sequence[Mapping[str, Any]]] = {"comparison": table}
    if len(outcomes) > 1:
        tables["splits"] = per_split(task, outcomes)
    return Result(
        metrics=metrics,
        tables=tables,
        notes=notes,
        verdict=answer("the latent graph", headline, float(metrics[headline] or 0.0), said),
        picture="latent_map" if trained.draws_edges else "peers",
    )


def _main_measures(
    task: NodeTask, outcomes: Sequence[Outcome]
) -> dict[str, float | int | str | None]:
    every = [measure(task, each.predictions[0].scores, each.split.test) for each in outcomes]
    metrics: dict[str, float | int | str | None] = {
        name: float(np.mean([each[name] for each in every]))
        for name in every[0]
        if all(name in each for each in every)
    }
    if len(every) > 1:
        headline = HEADLINE[task.kind]
        metrics[f"{headline}_sd"] = float(np.std([each[headline] for each in every], ddof=1))
    return metrics


def was_it_worth(gain: float, error: float, headline: str) -> str:
    """Say what learning the graph gained over the graph as it starts."""
    size = f"{gain:+.3f} {headline} (standard error {error:.3f})"
    if gain > 2 * error:
        return f"learning the graph paid: {size} over the same network on the graph as it starts"
    if gain > error:
        return (
            f"learning the graph may have paid: {size} over the graph as it starts; more splits "
            "tell (split.repeats)"
        )
    return f"the graph was not worth learning here: {size} over the graph as it starts"


def graph_measures(
    task: NodeTask, fits: Sequence[Sequence[FittedLatent]]
) -> dict[str, float | int | str | None]:
    """Measure homophily before and after, and how alike the graphs of two trainings are."""
    flat = [fitted for split in fits for fitted in split]
    metrics: dict[str, float | int | str | None] = {}
    before = [fitted.first_homophily for fitted in flat]
    after = [homophily(fitted.objective, task) for fitted in flat]
    for name, shares in (("homophily_start", before), ("homophily", after)):
        known = [share for share in shares if share is not None]
        if known:
            metrics[name] = float(np.mean(known))
    if task.edges is not None and task.kind == "classification":
        ends = task.codes[task.edges]
        both = (ends >= 0).all(axis=1)
        metrics["homophily_given"] = float((ends[both, 0] == ends[both, 1]).mean())
    pairs = [set(_edges(fitted)) for fitted in fits[0]]
    if len(pairs) > 1 and all(pairs):
        alike = [len(a & b) / len(a | b) for a, b in combinations(pairs, 2)]
        metrics["edge_stability"] = float(np.mean(alike))
    return metrics


def _edges(fitted: FittedLatent) -> list[tuple[int, int]]:
    drawn = fitted.objective.passes_of()[0].samples[0].edges
    if not isinstance(drawn, Edges):
        return []
    return list(zip(drawn.sources.tolist(), drawn.targets.tolist(), strict=True))


def _draw(
    task: NodeTask,
    outcomes: Sequence[Outcome],
    trained: TrainedGraph,
    table: Sequence[Mapping[str, Any]],
    run: Run,
) -> None:
    scores, test = outcomes[0].predictions[0].scores, outcomes[0].split.test
    if len(table) > 1:
        run.write_figure("peers", figures.peers(table, HEADLINE[task.kind]))
    if trained.draws_edges:
        shares = trained.edge_shares()
        run.write_figure("latent_map", figures.latent_map(task, trained.points(), shares))
        run.write_figure("degrees", figures.degrees(shares, len(task)))
    if task.kind != "regression":
        run.write_figure("calibration", figures.calibration(task, scores, test))
    if task.kind == "classification" and len(task.outputs) <= figures.MOST_CONFUSED:
        run.write_figure("confusion", figures.confusion(task, scores, test))
