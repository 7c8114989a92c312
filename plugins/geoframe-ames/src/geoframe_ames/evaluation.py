"""What a run of ames reports: a verdict, branches and their ranks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from geoframe.method import Result
from geoframe.run.directory import Run
from geoframe.run.resources import peak_memory_mib
from geoframe_ames import figures
from geoframe_ames.config import AMESConfig
from geoframe_ames.fusion.screened import Screened
from geoframe_ames.network.objective import CONTRIBUTIONS
from geoframe_ames.selection.geometry import rank_by_stress
from geoframe_lgi import figures as latent_figures
from geoframe_lgi.comparison import Outcome, answer, per_split, sentence, table_of, verdict
from geoframe_lgi.data import Loaded
from geoframe_lgi.measures import HEADLINE, measure

MAIN = "ames"
"""Name of the method's own model in tables."""


@attrs.frozen(kw_only=True, eq=False)
class SplitOutcome:
    """What one split gave."""

    outcome: Outcome
    screened: Sequence[Screened] = ()
    attention: Sequence[Mapping[str, float]] = ()
    """Branch -> weight, one mapping per seed; likewise the next two."""
    ablation: Sequence[Mapping[str, float]] = ()
    contributions: Sequence[Mapping[str, Mapping[str, float]]] = ()


def evaluate(
    config: AMESConfig, loaded: Loaded, splits: Sequence[SplitOutcome], run: Run
) -> Result:
    """Measure, compare and draw."""
    task = loaded.task
    headline = HEADLINE[task.kind]
    outcomes = [each.outcome for each in splits]
    table = table_of(task, outcomes)
    tests = [measure(task, o.predictions[0].scores, o.split.test) for o in outcomes]
    metrics: dict[str, float | int | str | None] = {
        name: float(np.mean([each[name] for each in tests]))
        for name in tests[0]
        if all(name in each for each in tests)
    }
    if len(tests) > 1:
        metrics[f"{headline}_sd"] = float(np.std([each[headline] for each in tests], ddof=1))
    notes, said = list(loaded.notes), list[str]()
    peers = [each.name for each in outcomes[0].predictions[1:]]
    if peers:
        found = verdict(task, outcomes, peers)
        metrics |= {
            "best_peer": found.peer,
            f"{headline}_best_peer": found.other,
            "difference": found.difference,
            "difference_error": found.error,
            "sign_test_p": found.p_value,
        }
        said.append(sentence("the mixture", found, headline))
    tables: dict[str, Sequence[Mapping[str, Any]]] = {"comparison": table}
    if splits[0].screened:
        tables["branches"] = screening_table(splits)
        notes.append(f"on the first split: {mixture(splits[0].screened)}")
    else:
        ranks = branch_table(splits)
        tables["branches"] = ranks
        run.write_figure("branches", figures.branches(ranks))
        notes.append(
            "branches are ranked by their ablation value on held-out rows; attention alone says "
            "nothing of which branch matters, and neither says which geometry the data have "
            "(geoframe ames select)"
        )
    if config.evaluation.geometry_fits:
        metrics |= geometry_answer(config, loaded, tables)
    metrics["seconds"] = float(table[0]["seconds"])
    metrics["peak_memory_mib"] = peak_memory_mib()
    if len(outcomes) > 1:
        tables["splits"] = per_split(task, outcomes)
    _draw(loaded, outcomes, table, run)
    return Result(
        metrics=metrics,
        tables=tables,
        notes=notes,
        verdict=answer("the mixture", headline, float(metrics[headline] or 0.0), said),
        picture="peers",
    )


def geometry_answer(
    config: AMESConfig, loaded: Loaded, tables: dict[str, Sequence[Mapping[str, Any]]]
) -> dict[str, float | int | str | None]:
    """Which space the rows have: its name, and 1 or 0 for each; beside the ablation value's."""
    seeds = range(config.seed, config.seed + config.evaluation.geometry_fits)
    ranking = rank_by_stress(loaded.task, config.ames.spaces, seeds=seeds)
    names = [{"geometry": name} for name in ranking.index]
    values: list[dict[str, Any]] = ranking.to_dict("records")  # type: ignore[assignment]
    tables["geometry"] = [{**name, **row} for name, row in zip(names, values, strict=True)]
    found: dict[str, float | int | str | None] = {
        "geometry": str(ranking.index[ranking["chosen"]][0])
    }
    for name, chosen in ranking["chosen"].items():
        found[f"chosen_{name}"] = float(chosen)
        if "ablation" in tables["branches"][0]:
            first = tables["branches"][0]["branch"]
            found[f"ablation_{name}"] = float(first == name)
    return found


def mixture(screened: Sequence[Screened]) -> str:
    """What a prediction is a mean of, the largest weight first."""
    parts = sorted((each for each in screened if each.weight), key=lambda each: -each.weight)
    if len(parts) == 1:
        return f"{parts[0].name} alone; held-out rows like no mixture better"
    return ", ".join(f"{each.name} {each.weight:.0%}" for each in parts)


def screening_table(splits: Sequence[SplitOutcome]) -> list[dict[str, Any]]:
    """One row per branch: held-out loss, excess over the best, mean weight over splits."""
    rows = []
    for place, first in enumerate(splits[0].screened):
        every = [each.screened[place] for each in splits]
        rows.append(
            {
                "branch": first.name,
                "held_out_loss": float(np.mean([each.loss for each in every])),
                "excess": float(np.mean([each.excess for each in every])),
                "weight": float(np.mean([each.weight for each in every])),
            }
        )
    return sorted(rows, key=lambda row: float(row["held_out_loss"]))


def branch_table(splits: Sequence[SplitOutcome]) -> list[dict[str, Any]]:
    """One row per branch: ablation value, attention and contributions with spread over seeds."""
    rows = []
    for name in splits[0].ablation[0]:
        ablation = np.array([seed[name] for each in splits for seed in each.ablation])
        alpha = np.array([seed[name] for each in splits for seed in each.attention])
        row: dict[str, Any] = {
            "branch": name,
            "ablation": float(ablation.mean()),
            "ablation_sd": float(ablation.std(ddof=1)) if len(ablation) > 1 else None,
            "attention": float(alpha.mean()),
            "attention_sd": float(alpha.std(ddof=1)) if len(alpha) > 1 else None,
        }
        for key in CONTRIBUTIONS[:3]:
            shares = [seed[name][key] for each in splits for seed in each.contributions]
            row[key] = float(np.mean(shares))
        rows.append(row)
    return sorted(rows, key=lambda row: -float(row["ablation"]))


def _draw(
    loaded: Loaded, outcomes: Sequence[Outcome], table: Sequence[Mapping[str, Any]], run: Run
) -> None:
    task = loaded.task
    scores, test = outcomes[0].predictions[0].scores, outcomes[0].split.test
    if len(table) > 1:
        run.write_figure("peers", latent_figures.peers(table, HEADLINE[task.kind]))
    if task.kind != "regression":
        run.write_figure("calibration", latent_figures.calibration(task, scores, test))
    if task.kind == "classification" and len(task.outputs) <= latent_figures.MOST_CONFUSED:
        run.write_figure("confusion", latent_figures.confusion(task, scores, test))
