"""A run from its config to its result."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from geoframe import Trainer
from geoframe.components import Component
from geoframe.method import Result
from geoframe.run.directory import Run
from geoframe_pathways.baselines import compare
from geoframe_pathways.config import (
    DECAYS,
    FEW_DECAYS,
    FEW_ROWS,
    FEW_TIMES,
    ModelConfig,
    PathwaysConfig,
)
from geoframe_pathways.data import Problem, load_problem
from geoframe_pathways.encoder import fit_encoder
from geoframe_pathways.evaluation import evaluate
from geoframe_pathways.experts.fitting import Fitted, Rows, fit_each
from geoframe_pathways.experts.pack import PACK
from geoframe_pathways.search import Search, candidates, folds_of, held_out


def train_and_evaluate(config: PathwaysConfig, run: Run) -> Result:
    """Do what ``geoframe run pathways`` does."""
    problem = load_problem(config.data)
    train, test, notes = split(config, problem)
    notes = [*problem.repairs, *notes]
    run.record(
        data={
            "rows": len(problem),
            "columns": len(problem.features.columns),
            "inputs": train.x.shape[1],
            "test_rows": len(test),
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

    def fit(
        options: ModelConfig, number: int, decay: float, parts: list[Rows], name: str
    ) -> list[Fitted]:
        return fit_each(
            parts,
            number,
            options,
            trainer_with(config.trainer, decay),
            seed=seed,
            run=part_of(run, name),
            classes=classes,
        )

    numbers = candidates(options, len(train))
    left_out = sorted(set(options.experts) - set(numbers))
    if left_out:
        notes.append(
            f"{', '.join(map(str, left_out))} experts were not tried: {len(train)} training rows "
            f"would leave fewer than {options.min_rows} a cell (pathways.min_rows)"
        )
    folds = config.evaluation.folds or (FEW_TIMES if few else 1)
    held = (
        folds_of(train, folds, seed)
        if folds > 1
        else held_out(train, config.evaluation.validation_fraction, seed)
    )
    # A network for each fold, as later for each start: in both, batches are of the same size.
    single = attrs.evolve(options, networks=1)
    search = Search(
        train,
        lambda number, decay, parts: fit(
            single, number, decay, parts, f"try-{number}-decay-{decay:g}"
        ),
        held,
    )
    decays = weight_decays(options, config.trainer, few=few)
    choose = search.jointly if folds > 1 else search.one_by_one
    chosen, decay = choose(numbers, decays)
    (fitted,) = fit(options, chosen, decay, [train], f"experts-{chosen}")
    if run.main_process:
        fitted.model.save(run.path / PACK)
        run.keep(run.path / PACK)
    if search.table:
        where = f"{len(held)} parts of the training rows, held out in turn"
        notes.append(
            f"number of experts {chosen} and weight decay {decay:g} were chosen on "
            + (where if folds > 1 else "a held-out part of the training rows")
        )
    dense = any(name.startswith("dense") for name in config.evaluation.baselines)
    several = fitted.model.experts > 1
    for_dense = search.decay(decays, 1) if dense and several else decay
    compared = [
        compare(
            name,
            fitted,
            train,
            test,
            options,
            trainer_with(config.trainer, for_dense),
            seed=seed,
            run=part_of(run, name),
        )
        for name in config.evaluation.baselines
    ]
    return evaluate(
        fitted,
        test,
        compared,
        search.table,
        decay,
        run,
        cells_shown=config.evaluation.cells_shown,
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


def trainer_with(trainer: Component, decay: float) -> Trainer:
    """Build a trainer with a weight decay, if that is one of its options."""
    context = {"weight_decay": decay} if hasattr(trainer.options, "weight_decay") else {}
    built: Trainer = trainer.build(**context)
    return built


def split(config: PathwaysConfig, problem: Problem) -> tuple[Rows, Rows, list[str]]:
    """Encode a table and split it -> training rows, test rows, what was left out."""
    chosen = problem.test_rows
    if chosen is None:
        order = np.random.default_rng(config.seed).permutation(len(problem))
        chosen = order[: max(1, int(config.data.test_fraction * len(problem)))]
    test = np.zeros(len(problem), dtype=np.bool_)
    test[chosen] = True
    scaling = problem.scaling if config.data.scaling == "auto" else config.data.scaling
    encoder, dropped = fit_encoder(problem.features.take(~test), scaling)
    rows = Rows(
        x=encoder.encode(problem.features),
        y=problem.target,
        task=problem.task,
        target=problem.target_name,
        encoder=encoder,
    )
    return rows.take(_where(~test)), rows.take(_where(test)), dropped


def part_of(run: Run, name: str) -> Run:
    """Return a run within a run, for one of several trainings: its own scalars and checkpoints."""
    path = run.path / "fits" / name
    if run.main_process:
        path.mkdir(parents=True, exist_ok=True)
    return attrs.evolve(run, path=path, lock=None, recorded={})


def _where(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    return np.flatnonzero(mask)
