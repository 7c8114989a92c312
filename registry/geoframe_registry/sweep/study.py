"""A sweep: trials chosen by Optuna, each one or several runs, kept so that nothing gets lost."""

from __future__ import annotations

import itertools
import json
import math
import statistics
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import filelock

from geoframe.config import TomlTable, apply_overrides
from geoframe.errors import ConfigError, PluginError, RunError, did_you_mean
from geoframe.run.redaction import redacted
from geoframe_registry import runs
from geoframe_registry.configs import configure
from geoframe_registry.sweep.space import Space

if TYPE_CHECKING:
    import optuna

    from geoframe.run.directory import Run


@attrs.frozen(kw_only=True)
class TrialRow:
    """One config that was tried."""

    number: int
    state: str
    """``complete``, ``fail``, or ``running``, here or elsewhere."""
    value: float | None
    """Mean of the metric over the seeds."""
    options: dict[str, Any]
    reason: str = ""
    """Why it failed."""


def check_space(method: str, table: TomlTable, space: Space) -> None:
    """Check the config with every end of every dimension, before anything is run.

    Raises
    ------
    PluginError
        If the method cannot be used.
    ConfigError
        With every option that is unknown or out of range, and where it stands.
    """
    first = [(each.key, each.ends[0]) for each in space.dimensions]
    problems: dict[str, None] = {}
    for each in space.dimensions:
        for value in each.ends:
            pairs = [(key, value if key == each.key else start) for key, start in first]
            try:
                configure(method, apply_overrides(table, pairs))
            except ConfigError as error:
                for line in error.problems:
                    problems[_placed(line, space)] = None
    if problems:
        raise ConfigError(list(problems))


def _placed(problem: str, space: Space) -> str:
    """Name the file of the space, not ``--set``, as the place of a problem."""
    place, _, rest = problem.partition(": ")
    if place != "--set":
        return problem
    key = rest.partition(":")[0]
    for each in space.dimensions:
        if key == each.key or key.startswith((f"{each.key}.", f"{each.key}[")):
            return f"{space.where(each.key)}: {rest}"
    return problem


class Sweep:
    """A sweep in a folder, which several processes may work on at once.

    Parameters
    ----------
    method, table, space
        What is run, the config that is varied, and how.
    folder
        Where the runs are kept; shared by all processes.
    storage
        Address of Optuna's database; by default SQLite in the folder.

    Raises
    ------
    PluginError
        If Optuna is not installed.
    RunError
        If the folder or the database belongs to another sweep.
    """

    def __init__(
        self, method: str, table: TomlTable, space: Space, folder: Path, storage: str | None = None
    ) -> None:
        self.method, self.table, self.space, self.folder = method, table, space, folder
        optuna = _optuna()
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        with filelock.FileLock(self._locks() / "study"):  # two processes may begin at once
            try:
                self.study = optuna.create_study(
                    study_name=folder.resolve().name,
                    storage=storage or f"sqlite:///{folder.resolve() / 'study.db'}",
                    direction=space.options.direction,
                    load_if_exists=True,
                )
            except Exception as error:  # of the database's driver
                raise RunError(f"the sweep's database cannot be used: {_line(error)}") from error
            self._claim()

    def run(self, on_trial: Callable[[TrialRow], None] = lambda row: None) -> list[TrialRow]:
        """Try configs until there are enough of them; trials that died are taken up first.

        Raises
        ------
        RunError
            If the runs have no such metric.
        """
        while (claimed := self._next()) is not None:
            trial, lock = claimed
            try:
                self._try(trial)
            finally:
                lock.release()
            on_trial(self.rows()[trial.number])
        return self.rows()

    def rows(self) -> list[TrialRow]:
        """Return every trial so far, by number."""
        return [
            TrialRow(
                number=each.number,
                state=each.state.name.lower(),
                value=each.value,
                options=dict(each.params),
                reason=each.user_attrs.get("reason", ""),
            )
            for each in self.study.get_trials(deepcopy=False)
        ]

    def path(self, number: int) -> Path:
        """Where the run, or the runs, of a trial are."""
        return self.folder / f"trial-{number:04d}"

    def _claim(self) -> None:
        """Mark the study as this sweep's, or compare it with what is marked."""
        options = attrs.asdict(self.space.options)
        del options["trials"]  # may be raised later
        mine = json.dumps([self.method, self.table.values, options], sort_keys=True, default=str)
        found = self.study.user_attrs.get("sweep")
        if found is None:
            self.study.set_user_attr("sweep", mine)
            if self.space.options.sampler == "grid":
                for point in _grid(self.space):
                    self.study.enqueue_trial(point)
        elif found != mine:
            raise RunError(
                f"{self.folder}: holds a sweep with another method, config or space; "
                "name another folder with --run-dir"
            )

    def _suggest(self, trial: optuna.trial.Trial) -> list[tuple[str, Any]]:
        """Choose the options of a trial.

        The sampler starts anew for each of them, with a seed of its own, so that what it chooses
        depends on the trials before and on nothing else: a sweep that was killed, even in the
        middle of this, chooses what it would have chosen.
        """
        samplers = _optuna().samplers
        tpe = self.space.options.sampler == "tpe"
        sampler = samplers.TPESampler if tpe else samplers.RandomSampler
        first = self.table.values.get("seed", 0)
        pairs = []
        for each in self.space.dimensions:
            seed = zlib.crc32(f"{first}/{trial.number}/{each.key}".encode())
            self.study.sampler = sampler(seed=seed)
            pairs.append((each.key, each.suggest(trial)))
        return pairs

    def _next(self) -> tuple[optuna.trial.Trial, filelock.BaseFileLock] | None:
        """Return a trial to work on, held against other processes; None if there are enough.

        A trial holds a lock for as long as its process lives. So one that is called running and
        whose lock is free was killed.
        """
        optuna = _optuna()
        running = optuna.trial.TrialState.RUNNING
        for each in self.study.get_trials(deepcopy=False, states=(running,)):
            lock = self._lock(each.number)
            if lock is not None:
                if self.study.trials[each.number].state is running:
                    return optuna.trial.Trial(self.study, each._trial_id), lock
                lock.release()
        while self._begun() < self.space.trials:
            trial = self.study.ask()
            lock = self._lock(trial.number)
            if lock is not None:
                return trial, lock
        return None

    def _begun(self) -> int:
        waiting = _optuna().trial.TrialState.WAITING
        return sum(each.state is not waiting for each in self.study.get_trials(deepcopy=False))

    def _locks(self) -> Path:
        folder = self.folder / ".locks"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _lock(self, number: int) -> filelock.BaseFileLock | None:
        lock = filelock.FileLock(self._locks() / f"trial-{number:04d}", timeout=0)
        try:
            lock.acquire()
        except filelock.Timeout:
            return None
        return lock

    def _try(self, trial: optuna.trial.Trial) -> None:
        failed = _optuna().trial.TrialState.FAIL
        pairs = self._suggest(trial)
        try:
            values = [self._measure(run) for run in self._runs(trial.number, pairs)]
        except _NoSuchMetric as error:
            trial.set_user_attr("reason", str(error))
            self.study.tell(trial, state=failed)
            raise RunError(str(error)) from None
        except Exception as error:  # whatever a method raises: the other trials go on
            trial.set_user_attr("reason", _line(error))
            self.study.tell(trial, state=failed)
            return
        self.study.tell(trial, statistics.fmean(values))

    def _runs(self, number: int, pairs: Iterable[tuple[str, Any]]) -> Iterator[Run]:
        table = apply_overrides(self.table, pairs)
        first = int(self.table.values.get("seed", 0))
        for seed in range(first, first + self.space.options.seeds):
            path = self.path(number)
            if self.space.options.seeds > 1:
                path = path / f"seed-{seed}"
            config = apply_overrides(table, [("seed", seed)])
            yield runs.finish(runs.prepare(self.method, config, path, resume=True))

    def _measure(self, run: Run) -> float:
        metrics, name = run.results["metrics"], self.space.options.metric
        if name not in metrics:
            raise _NoSuchMetric(
                f"{self.space.table.where('metric')}: metric: '{self.method}' measures no "
                f"'{name}'{did_you_mean(name, metrics)}; there are: {', '.join(metrics)}"
            )
        value = metrics[name]
        if not isinstance(value, int | float) or not math.isfinite(value):
            raise RunError(f"{name} is {value}")
        return float(value)


class _NoSuchMetric(Exception):
    """The metric that is asked for is none of the method's."""


def _grid(space: Space) -> Iterator[dict[str, Any]]:
    keys = [each.key for each in space.dimensions]
    for values in itertools.product(*(each.grid or [] for each in space.dimensions)):
        yield dict(zip(keys, values, strict=True))


def _line(error: BaseException) -> str:
    return redacted(f"{type(error).__name__}: {' '.join(str(error).split())}")


def _optuna() -> Any:
    try:
        import optuna
    except ImportError as error:
        raise PluginError(
            f"sweeps need Optuna ({error}): pip install 'geoframe-core[sweep]'"
        ) from None
    return optuna
