"""A run from its config to its result."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from geoframe.method import Result
from geoframe.run.directory import Run
from geoframe_pathways.baselines import Compared, compare, is_there
from geoframe_pathways.config import FEW_ROWS, FEW_TIMES, PILOT, ModelConfig, PathwaysConfig
from geoframe_pathways.data import Problem, Stream, load_problem
from geoframe_pathways.evaluation import evaluate
from geoframe_pathways.experts.fitting import Fitted, Rows, fit_each
from geoframe_pathways.experts.pack import PACK
from geoframe_pathways.schedules import kept_as, schedule_for, trainer_with, weight_decays
from geoframe_pathways.search import Search, candidates, folds_of, held_out
from geoframe_pathways.splitting import Parts, split
from geoframe_pathways.streaming import train_on_stream


def train_and_evaluate(config: PathwaysConfig, run: Run) -> Result:
    """Do what ``geoframe run pathways`` does."""
    problem = load_problem(config.data)
    parts, dropped = split(config, problem)
    notes = [*problem.repairs, *dropped]
    run.record(data=_described(problem, parts), repairs=list(notes))
    trainings = Trainings(config=config, run=run, parts=parts)
    started = time.process_time()
    search = trainings.search()
    numbers = candidates(trainings.options, len(parts.train))
    notes += trainings.left_out(numbers)
    choose = search.jointly if trainings.folds > 1 else search.one_by_one
    chosen, decay = choose(numbers, trainings.decays)
    fitted = trainings.in_full(chosen, decay)
    if problem.stream is not None:
        fitted, said = trainings.on_stream(fitted, problem.stream, decay)
        notes += said
    cpu_seconds = time.process_time() - started
    if run.main_process:
        fitted.model.save(run.path / PACK)
        run.keep(run.path / PACK)
    if search.table:
        notes.append(
            f"number of experts {chosen} and weight decay {decay:g} were chosen on "
            f"{trainings.chosen_on}"
        )
    return evaluate(
        fitted,
        parts.test,
        trainings.rivals(fitted, search, decay, cpu_seconds),
        search.table,
        decay,
        run,
        cells_shown=config.evaluation.cells_shown,
        cpu_seconds=cpu_seconds,
        notes=notes,
    )


def _described(problem: Problem, parts: Parts) -> dict[str, Any]:
    """What the manifest says of the data."""
    return {
        "rows": len(problem),
        "file_rows": len(problem) if problem.stream is None else problem.stream.rows,
        "columns": len(problem.features.columns),
        "inputs": parts.train.x.shape[1],
        "test_rows": len(parts.test),
        "validation_rows": 0 if parts.validation is None else len(parts.validation),
        "task": problem.task,
        "target": problem.target_name,
        "sha256": problem.fingerprint,
    }


@attrs.frozen(kw_only=True)
class Trainings:
    """The trainings of a run: pilots that choose, the chosen experts in full, and the rivals."""

    config: PathwaysConfig
    run: Run
    parts: Parts

    @property
    def few(self) -> bool:
        """Whether there are so few rows that every training takes all steps, on several folds."""
        return len(self.parts.train) <= FEW_ROWS

    @property
    def options(self) -> ModelConfig:
        """Options of the model, the number of its networks settled."""
        given = self.config.pathways
        return attrs.evolve(given, networks=given.networks or (FEW_TIMES if self.few else 1))

    @property
    def decays(self) -> tuple[float, ...]:
        """Weight decays to try."""
        return weight_decays(self.options, self.config.trainer, few=self.few)

    @property
    def folds(self) -> int:
        """Sets of rows that are held out in turn."""
        if self.parts.validation is not None:
            return 1
        return self.config.evaluation.folds or (FEW_TIMES if self.few else 1)

    @property
    def chosen_on(self) -> str:
        """The rows that candidates are measured on, in words."""
        if self.parts.validation is not None:
            return "the rows of data.validation"
        if self.folds > 1:
            return f"{len(self._held)} parts of the training rows, held out in turn"
        return "a held-out part of the training rows"

    def left_out(self, numbers: Sequence[int]) -> list[str]:
        """Say which numbers of experts the training rows are too few for."""
        missing = sorted(set(self.options.experts) - set(numbers))
        if not missing:
            return []
        return [
            f"{', '.join(map(str, missing))} experts were not tried: {len(self.parts.train)} "
            f"training rows would leave fewer than {self.options.min_rows} a cell "
            "(pathways.min_rows)"
        ]

    def search(self) -> Search:
        """Return the search for the number of experts and the weight decay."""
        rows = self.parts.train
        if self.parts.validation is not None:
            rows = rows.joined(self.parts.validation)
        # A network for each fold, as later for each start: in both, batches are of the same size.
        single = attrs.evolve(self.options, networks=1)

        def pilot(number: int, decay: float, parts: list[Rows]) -> list[Fitted]:
            name = f"try-{number}-decay-{decay:g}"
            return self._fit(single, number, decay, parts, name, self._pilot(number))

        def whole(number: int, decay: float, parts: list[Rows]) -> list[Fitted]:
            name = f"try-{number}-decay-{decay:g}-whole"
            return self._fit(single, number, decay, parts, name, self._schedule)

        return Search(
            rows,
            pilot,
            self._held,
            patience=self.config.evaluation.patience,
            whole=whole if self._pilots_are_shorter else None,
        )

    def in_full(self, experts: int, decay: float) -> Fitted:
        """Train so many experts on all training rows."""
        name = f"experts-{experts}"
        parts = [self.parts.train]
        (fitted,) = self._fit(self.options, experts, decay, parts, name, self._schedule)
        return fitted

    def on_stream(self, fitted: Fitted, stream: Stream, decay: float) -> tuple[Fitted, list[str]]:
        """Train on the rows of a file that were not read into memory -> also what to note."""
        trainer = self.config.trainer
        return train_on_stream(
            fitted,
            stream,
            self.parts.train,
            lambda rows: trainer_with(trainer, weight_decay=decay, **schedule_for(rows)),
            overlap=self.options.overlap,
            seed=self.config.seed,
            part=lambda name: part_of(self.run, name),
        )

    def rivals(
        self, fitted: Fitted, search: Search, decay: float, own_cpu_seconds: float
    ) -> list[Compared]:
        """Train and measure the rivals; a dense network gets the weight decay that is its best."""
        names = [name for name in self.config.evaluation.baselines if is_there(name)]
        if fitted.model.experts > 1 and any(name.startswith("dense") for name in names):
            decay = search.decay(self.decays, 1)
        return [
            compare(
                name,
                fitted,
                self.parts.train,
                self.parts.test,
                self.options,
                trainer_with(self.config.trainer, weight_decay=decay, **self._schedule),
                seed=self.config.seed,
                run=part_of(self.run, name),
                own_cpu_seconds=own_cpu_seconds,
            )
            for name in names
        ]

    @cached_property
    def _held(self) -> list[NDArray[np.int64]]:
        """Rows that are held out, set after set."""
        train, validation = self.parts.train, self.parts.validation
        if validation is not None:
            return [np.arange(len(train), len(train) + len(validation))]
        if self.folds > 1:
            return folds_of(train, self.folds, self.config.seed)
        return held_out(train, self.config.evaluation.validation_fraction, self.config.seed)

    @property
    def _schedule(self) -> dict[str, Any]:
        return {} if self.few else schedule_for(len(self.parts.train))

    @property
    def _pilots_are_shorter(self) -> bool:
        """Whether trainings that only choose take fewer steps: not where the user gives these."""
        return bool(self._schedule) and getattr(self.config.trainer.options, "steps", 0) is None

    def _pilot(self, experts: int) -> dict[str, Any]:
        """Schedule of a training that only chooses."""
        full = self._schedule
        if not full:
            return {}
        pilot = full | {"steps": full["steps"] // PILOT}
        return pilot | kept_as(full, self.config.trainer, experts)

    def _fit(
        self,
        options: ModelConfig,
        number: int,
        decay: float,
        parts: list[Rows],
        name: str,
        schedule: Mapping[str, Any],
    ) -> list[Fitted]:
        classification = self.parts.train.task == "classification"
        return fit_each(
            parts,
            number,
            options,
            trainer_with(self.config.trainer, weight_decay=decay, **schedule),
            seed=self.config.seed,
            run=part_of(self.run, name),
            classes=np.unique(self.parts.train.y) if classification else None,
        )


def part_of(run: Run, name: str) -> Run:
    """Return a run within a run, for one of several trainings: its own scalars and checkpoints."""
    path = run.path / "fits" / name
    if run.main_process:
        path.mkdir(parents=True, exist_ok=True)
    return attrs.evolve(run, path=path, lock=None, recorded={})
