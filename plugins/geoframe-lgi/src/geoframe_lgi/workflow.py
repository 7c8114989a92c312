"""The walk of a run: rows, splits, trainings of the latent graph and of its peers, report."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext

import attrs

from geoframe import RunError
from geoframe.method import Result
from geoframe.run.directory import Run
from geoframe.training.threads import one_thread
from geoframe_lgi.branches.kinds import Views
from geoframe_lgi.comparison import Outcome
from geoframe_lgi.config import LGIConfig
from geoframe_lgi.data import Loaded, load_rows
from geoframe_lgi.evaluation import MAIN, evaluate
from geoframe_lgi.fit import FittedLatent, Recipe, as_predictions, fit_latent
from geoframe_lgi.held_out import HeldOut, part_seed
from geoframe_lgi.peers import allowed, fit_peer
from geoframe_lgi.splits import make_splits
from geoframe_lgi.store import keep_networks, keep_rows, restore
from geoframe_lgi.task import Split

FEW_ROWS = 2000
"""Rows up to which a step is too short to be worth sharing among threads."""


def train_and_evaluate(config: LGIConfig, run: Run) -> Result:
    """Do what ``geoframe run lgi`` does."""
    started = time.process_time()
    loaded = load_rows(config.data, config.seed)
    check_unchanged(run, loaded)
    with fitting_threads(len(loaded.task)):
        result = _on_all_splits(config, loaded, run)
    return with_cpu_time(result, started)


def fitting_threads(rows: int) -> AbstractContextManager[None]:
    """One thread where rows are few; as many as torch has where they are many."""
    return one_thread() if rows <= FEW_ROWS else nullcontext()


def _on_all_splits(config: LGIConfig, loaded: Loaded, run: Run) -> Result:
    task = loaded.task
    splits = make_splits(
        task, config.split, groups=loaded.groups, roles=loaded.roles, seed=config.seed
    )
    peers = allowed(config.evaluation.peers, task)
    recipe, views = Recipe.of(config), Views(task)
    outcomes: list[Outcome] = []
    fits: list[list[FittedLatent]] = []
    for number, split in enumerate(splits):
        part = run.part(f"split-{number}")
        trained = _latent(config, recipe, loaded, split, part)
        if not fits:
            keep_rows(run, loaded)
            keep_networks(run, trained, split.train)
        held_out = HeldOut.of(task, split, config.seed)
        said = [as_predictions(MAIN, trained, split.validation)]
        for name in peers:
            said.append(
                fit_peer(
                    name,
                    views,
                    split,
                    held_out,
                    recipe,
                    config.evaluation.trainer,
                    class_weights=config.network.class_weights,
                    seed=config.seed,
                    run=part,
                )
            )
        outcomes.append(Outcome(split=split, predictions=said))
        fits.append(trained)
    return evaluate(loaded, outcomes, fits, restore(run), run, loaded.notes)


def with_cpu_time(result: Result, started: float) -> Result:
    """Say how much processor time has passed since ``started`` (of ``time.process_time``)."""
    spent = time.process_time() - started
    return attrs.evolve(result, metrics={**result.metrics, "cpu_seconds": spent})


def _latent(
    config: LGIConfig, recipe: Recipe, loaded: Loaded, split: Split, run: Run
) -> list[FittedLatent]:
    return [
        fit_latent(
            recipe,
            loaded.task,
            split.train,
            split.validation,
            seed=part_seed(config.seed, split.name, number),
            run=run.part(f"latent-{number}"),
        )
        for number in range(config.evaluation.seeds)
    ]


def check_unchanged(run: Run, loaded: Loaded) -> None:
    """Record the data in the manifest; a run is not continued with other data.

    Raises
    ------
    RunError
        If the data are not those that the run began with.
    """
    task = loaded.task
    fingerprint = task.fingerprint()
    known = run.manifest.get("data", {}).get("sha256", fingerprint) if run.main_process else None
    if known not in (None, fingerprint):
        raise RunError(f"{run.path}: the data changed since the run began; start a new run")
    run.record(
        data={
            "rows": len(task),
            "labelled": int(task.labelled.sum()),
            "inputs": task.features.shape[1],
            "task": task.kind,
            "edges": None if task.edges is None else len(task.edges),
            "sha256": fingerprint,
        },
        repairs=list(loaded.notes),
    )
