"""A run from its config to its result."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np

from geoframe import Trainer
from geoframe.components import Component
from geoframe.method import Result
from geoframe.run.directory import Run
from geoframe_pathways.baselines import compare, is_there
from geoframe_pathways.categories import fit_statistics
from geoframe_pathways.config import (
    BATCH,
    DECAYS,
    FEW_DECAYS,
    FEW_ROWS,
    FEW_TIMES,
    LEAST_STEPS,
    MOST_STEPS,
    PASSES,
    PILOT,
    RATE,
    ModelConfig,
    PathwaysConfig,
)
from geoframe_pathways.data import Problem, load_problem
from geoframe_pathways.encoder import fit_encoder
from geoframe_pathways.evaluation import evaluate
from geoframe_pathways.experts.fitting import Fitted, Rows, fit_each
from geoframe_pathways.experts.pack import PACK
from geoframe_pathways.search import Search, candidates, folds_of, held_out
from geoframe_pathways.streaming import train_on_stream
from geoframe_pathways.trainers.config import StackedConfig


def train_and_evaluate(config: PathwaysConfig, run: Run) -> Result:
    """Do what ``geoframe run pathways`` does."""
    problem = load_problem(config.data)
    parts, notes = split(config, problem)
    train, test = parts.train, parts.test
    notes = [*problem.repairs, *notes]
    run.record(
        data={
            "rows": len(problem),
            "file_rows": len(problem) if problem.stream is None else problem.stream.rows,
            "columns": len(problem.features.columns),
            "inputs": train.x.shape[1],
            "test_rows": len(test),
            "validation_rows": 0 if parts.validation is None else len(parts.validation),
            "task": problem.task,
            "target": problem.target_name,
            "sha256": problem.fingerprint,
        },
        repairs=notes,
    )
    few = len(train) <= FEW_ROWS
    options, seed = config.pathways, config.seed
    options = attrs.evolve(options, networks=options.networks or (FEW_TIMES if few else 1))
    classes = np.unique(train.y) if train.task == "classification" else None

    full = {} if few else schedule_for(len(train))
    pilot = full | {"steps": full["steps"] // PILOT} if full else {}

    def fit(
        options: ModelConfig,
        number: int,
        decay: float,
        parts: list[Rows],
        name: str,
        schedule: Mapping[str, Any],
    ) -> list[Fitted]:
        return fit_each(
            parts,
            number,
            options,
            trainer_with(config.trainer, weight_decay=decay, **schedule),
            seed=seed,
            run=part_of(run, name),
            classes=classes,
        )

    started = time.process_time()
    numbers = candidates(options, len(train))
    left_out = sorted(set(options.experts) - set(numbers))
    if left_out:
        notes.append(
            f"{', '.join(map(str, left_out))} experts were not tried: {len(train)} training rows "
            f"would leave fewer than {options.min_rows} a cell (pathways.min_rows)"
        )
    pool, folds = train, config.evaluation.folds or (FEW_TIMES if few else 1)
    if parts.validation is not None:
        pool, folds = train.joined(parts.validation), 1
        held = [np.arange(len(train), len(pool))]
    elif folds > 1:
        held = folds_of(train, folds, seed)
    else:
        held = held_out(train, config.evaluation.validation_fraction, seed)
    # A network for each fold, as later for each start: in both, batches are of the same size.
    single = attrs.evolve(options, networks=1)
    search = Search(
        pool,
        lambda number, decay, parts: fit(
            single,
            number,
            decay,
            parts,
            f"try-{number}-decay-{decay:g}",
            pilot | kept_as(full, config.trainer, number) if full else {},
        ),
        held,
        patience=config.evaluation.patience,
    )
    decays = weight_decays(options, config.trainer, few=few)
    choose = search.jointly if folds > 1 else search.one_by_one
    chosen, decay = choose(numbers, decays)
    (fitted,) = fit(options, chosen, decay, [train], f"experts-{chosen}", full)
    if problem.stream is not None:
        fitted, said = train_on_stream(
            fitted,
            problem.stream,
            train,
            lambda rows: trainer_with(config.trainer, weight_decay=decay, **schedule_for(rows)),
            overlap=options.overlap,
            seed=seed,
            part=lambda name: part_of(run, name),
        )
        notes += said
    cpu_seconds = time.process_time() - started
    if run.main_process:
        fitted.model.save(run.path / PACK)
        run.keep(run.path / PACK)
    if search.table:
        where = "a held-out part of the training rows"
        if folds > 1:
            where = f"{len(held)} parts of the training rows, held out in turn"
        elif parts.validation is not None:
            where = "the rows of data.validation"
        notes.append(
            f"number of experts {chosen} and weight decay {decay:g} were chosen on {where}"
        )
    compare_with = [name for name in config.evaluation.baselines if is_there(name)]
    dense = any(name.startswith("dense") for name in compare_with)
    several = fitted.model.experts > 1
    for_dense = search.decay(decays, 1) if dense and several else decay
    compared = [
        compare(
            name,
            fitted,
            train,
            test,
            options,
            trainer_with(config.trainer, weight_decay=for_dense, **full),
            seed=seed,
            run=part_of(run, name),
            own_cpu_seconds=cpu_seconds,
        )
        for name in compare_with
    ]
    return evaluate(
        fitted,
        test,
        compared,
        search.table,
        decay,
        run,
        cells_shown=config.evaluation.cells_shown,
        cpu_seconds=cpu_seconds,
        notes=notes,
    )


def weight_decays(options: ModelConfig, trainer: Component, *, few: bool) -> tuple[float, ...]:
    """Weight decays to try: the trainer's own if one was given, or if it has no such option."""
    fields = {field.name: field for field in attrs.fields(type(trainer.options))}
    if "weight_decay" not in fields:
        return (0.0,)
    given = trainer.options.weight_decay
    if given not in (None, fields["weight_decay"].default):
        return (given,)
    return options.weight_decays or (FEW_DECAYS if few else DECAYS)


def schedule_for(rows: int) -> dict[str, Any]:
    """Steps, rows of a step and rate of a training on many rows, where the user gives none.

    Small steps at a high rate: on 8,192 rows of a smooth function of eight inputs they end at a
    smaller error than thrice as many, larger ones at the rate for few rows.
    """
    steps = min(max(PASSES * rows // BATCH, LEAST_STEPS), MOST_STEPS)
    return {"steps": steps, "batch_size": BATCH, "learning_rate": RATE}


def kept_as(full: Mapping[str, Any], trainer: Component, experts: int) -> dict[str, Any]:
    """Return ``checkpoint_every`` of a pilot: a kill costs no more than a full expert takes."""
    options = trainer.options
    if not isinstance(options, StackedConfig):
        return {}
    return {"checkpoint_every": attrs.evolve(options, **full).kept_every(experts)}


def trainer_with(trainer: Component, *, weight_decay: float, **schedule: Any) -> Trainer:
    """Build a trainer with a weight decay, if it has such an option, and what else it leaves open.

    Parameters
    ----------
    **schedule
        Values of options that the user has left out.
    """
    options = trainer.options
    context = {"weight_decay": weight_decay} if hasattr(options, "weight_decay") else {}
    context |= {key: value for key, value in schedule.items() if getattr(options, key, 0) is None}
    built: Trainer = trainer.build(**context)
    return built


@attrs.frozen(kw_only=True, eq=False)
class Parts:
    """The rows of a problem by what they are for."""

    train: Rows
    test: Rows
    validation: Rows | None
    """Rows that choose and are not trained on; None takes some of the training rows in turn."""


def split(config: PathwaysConfig, problem: Problem) -> tuple[Parts, list[str]]:
    """Encode a table and split it -> its parts, and what was left out."""
    validation = np.zeros(len(problem), dtype=np.bool_)
    if problem.validation_rows is not None:
        validation[problem.validation_rows] = True
    chosen = problem.test_rows
    if chosen is None:
        order = np.random.default_rng(config.seed).permutation(np.flatnonzero(~validation))
        chosen = order[: max(1, int(config.data.test_fraction * len(order)))]
    test = np.zeros(len(problem), dtype=np.bool_)
    test[chosen] = True
    train = ~test & ~validation
    scaling = problem.scaling if config.data.scaling == "auto" else config.data.scaling
    known = problem.features.take(train)
    statistics, out_of_fold = fit_statistics(
        known, problem.target[train], problem.task, config.seed % 2**32
    )
    encoder, dropped = fit_encoder(known, scaling, statistics)
    x = encoder.encode(problem.features)
    if statistics:
        x[train, -out_of_fold.shape[1] :] = out_of_fold
    rows = Rows(
        x=x,
        y=problem.target,
        task=problem.task,
        target=problem.target_name,
        encoder=encoder,
    )
    parts = Parts(
        train=rows.take(np.flatnonzero(train)),
        test=rows.take(np.flatnonzero(test)),
        validation=rows.take(np.flatnonzero(validation)) if validation.any() else None,
    )
    return parts, dropped


def part_of(run: Run, name: str) -> Run:
    """Return a run within a run, for one of several trainings: its own scalars and checkpoints."""
    path = run.path / "fits" / name
    if run.main_process:
        path.mkdir(parents=True, exist_ok=True)
    return attrs.evolve(run, path=path, lock=None, recorded={})
