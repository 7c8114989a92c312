"""The walk of a run: rows, splits, branches apart or in one network, report."""

from __future__ import annotations

import time

import attrs
import numpy as np

from geoframe.method import Result
from geoframe.run.directory import Run
from geoframe_ames.config import AMESConfig
from geoframe_ames.evaluation import MAIN, SplitOutcome, evaluate
from geoframe_ames.fit import (
    FittedNetwork,
    attention_shares,
    fit_branches,
    fit_network,
    held_rows,
)
from geoframe_ames.fusion.screened import fused, screen
from geoframe_ames.selection.ablation import ablation_values
from geoframe_ames.store import keep_branches, keep_networks
from geoframe_lgi.branches.kinds import Views
from geoframe_lgi.comparison import Outcome
from geoframe_lgi.data import Loaded, load_rows
from geoframe_lgi.held_out import HeldOut, Predictions, mean_scores, part_seed
from geoframe_lgi.splits import make_splits
from geoframe_lgi.store import keep_rows
from geoframe_lgi.task import Split
from geoframe_lgi.workflow import check_unchanged, fitting_threads, with_cpu_time


def train_and_evaluate(config: AMESConfig, run: Run) -> Result:
    """Do what ``geoframe run ames`` does."""
    started = time.process_time()
    loaded = load_rows(config.data, config.seed)
    check_unchanged(run, loaded)
    with fitting_threads(len(loaded.task)):
        result = _on_all_splits(config, loaded, run)
    return with_cpu_time(result, started)


def _on_all_splits(config: AMESConfig, loaded: Loaded, run: Run) -> Result:
    splits = make_splits(
        loaded.task, config.split, groups=loaded.groups, roles=loaded.roles, seed=config.seed
    )
    keep_rows(run, loaded)
    views = Views(loaded.task)
    outcomes = []
    for number, split in enumerate(splits):
        run_split = _screened if config.ames.fusion == "screened" else _attention
        part = run.part(f"split-{number}")
        outcomes.append(run_split(config, views, split, run, part, keep=number == 0))
    return evaluate(config, loaded, outcomes, run)


def _screened(
    config: AMESConfig, views: Views, split: Split, run: Run, part: Run, *, keep: bool
) -> SplitOutcome:
    held_out = HeldOut.of(views.task, split, config.seed)
    branches = fit_branches(config, views, held_out, part)
    said = [branch.predictions for branch in branches]
    screened = screen(views.task, said, config.ames.sharpness)
    weights = [each.weight for each in screened]
    if keep:
        keep_branches(run, branches, weights, held_out.train)
    main = fused(views.task, MAIN, said, weights)
    return SplitOutcome(outcome=Outcome(split=split, predictions=[main, *said]), screened=screened)


def _attention(
    config: AMESConfig, views: Views, split: Split, run: Run, part: Run, *, keep: bool
) -> SplitOutcome:
    task = views.task
    held_out = HeldOut.of(task, split, config.seed)
    train, held = held_rows(held_out)
    fits: list[FittedNetwork] = []
    for number in range(config.evaluation.seeds):
        seed = part_seed(config.seed, split.name, number)
        network_run = part.part(f"network-{number}")
        fits.append(fit_network(config, views, train, held, seed=seed, run=network_run))
    if keep:
        keep_networks(run, fits, train, held)
    main = _as_predictions(fits, held_out)
    said: list[Predictions] = []
    if config.evaluation.peers:
        alone = attrs.evolve(config, ames=attrs.evolve(config.ames, fixed=True))
        said = [b.predictions for b in fit_branches(alone, views, held_out, part)]
    return SplitOutcome(
        outcome=Outcome(split=split, predictions=[main, *said]),
        attention=[attention_shares(fitted) for fitted in fits],
        ablation=[ablation_values(fitted.objective, task, held) for fitted in fits],
        contributions=[fitted.objective.contributions() for fitted in fits],
    )


def _as_predictions(fits: list[FittedNetwork], held_out: HeldOut) -> Predictions:
    scores = mean_scores([fitted.scores for fitted in fits])
    _, held = held_rows(held_out)
    return Predictions(
        name=MAIN,
        scores=scores,
        held=np.where(held[:, None], scores, np.nan),
        seconds=sum(fitted.seconds for fitted in fits),
    )
