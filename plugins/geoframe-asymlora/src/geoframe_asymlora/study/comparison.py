"""Several ways of fine-tuning, each at its own best learning rate, over seeds.

Every training is a trial with a folder of its own. What it measured is written when it ends, so
a comparison that is killed and resumed repeats at most the trial it was on, and that one from its
last checkpoint.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence

import attrs

from geoframe.errors import ConfigError, RunError
from geoframe.run.directory import Run
from geoframe_asymlora.config import AsymLoRAConfig
from geoframe_asymlora.text.fitting import train
from geoframe_asymlora.text.task import Task

TRIALS = "trials"


@attrs.frozen(kw_only=True)
class Trial:
    """One training of a comparison."""

    mode: str
    rate: float
    seed: int
    trained: int = 0
    head: int = 0
    seconds: float = 0.0
    steps: int = 0
    validation: Mapping[str, float] = attrs.field(factory=dict)
    """Empty if the training ended in numbers that are not finite."""
    test: Mapping[str, float] | None = None
    """None if there is no test part, or if another learning rate was better anyway."""


@attrs.frozen(kw_only=True)
class Compared:
    """One mode at its best learning rate."""

    mode: str
    trials: Sequence[Trial]
    """One for each seed."""
    tries: Sequence[Trial]
    """One for each learning rate, with the first seed."""

    def values(self, metric: str) -> list[float]:
        """Return what is reported for each seed: the test part, or else the validation part."""
        return [(trial.test or trial.validation)[metric] for trial in self.trials]


def compare(
    config: AsymLoRAConfig, task: Task, run: Run, tell: Callable[[str], None]
) -> list[Compared]:
    """Tune and train every mode of ``comparison.modes``.

    The learning rate of each mode is the best of the same multiples, by the validation part and
    the first seed; then all seeds are trained at that rate and measured on the test part.
    """
    if not hasattr(config.trainer.options, "learning_rate"):
        raise ConfigError([f"trainer: '{config.trainer.name}' has no learning rate to tune"])
    found = []
    for mode in config.comparison.modes:
        middle = (
            config.comparison.full_rate if mode == "full" else config.trainer.options.learning_rate
        )
        best: Trial | None = None
        tries: list[Trial] = []
        for multiple in config.comparison.rates:
            rate = middle * multiple
            tries.append(_trial(config, task, run, mode, rate, config.seed, tell, rival=best))
            if _better(task, tries[-1], best):
                best = tries[-1]
        if best is None:
            raise RunError(f"mode '{mode}' diverges at every rate of comparison.rates; lower them")
        seeds = range(config.seed + 1, config.seed + config.comparison.seeds)
        others = [_trial(config, task, run, mode, best.rate, seed, tell) for seed in seeds]
        trials = [best, *(each for each in others if each.validation)]
        found.append(Compared(mode=mode, trials=trials, tries=tries))
    return found


def _trial(
    config: AsymLoRAConfig,
    task: Task,
    run: Run,
    mode: str,
    rate: float,
    seed: int,
    tell: Callable[[str], None],
    *,
    rival: Trial | None = None,
) -> Trial:
    """Return a trial from its file, or carry it out.

    The test part is left unmeasured if ``rival``, at another learning rate, is not beaten on the
    validation part: such a trial is never reported.
    """
    name = f"{mode}-{rate:.12g}-{seed}"
    kept = f"{TRIALS}/{name}/trial"
    path = run.path / f"{kept}.json"
    if path.exists():
        return Trial(**run.read_json(kept))
    if run.main_process:
        path.parent.mkdir(parents=True, exist_ok=True)
    part = attrs.evolve(run, path=path.parent, lock=None, recorded={})
    trial = Trial(mode=mode, rate=rate, seed=seed)
    try:
        fitted = train(config, task, mode, part, seed=seed, rate=rate)
    except RunError as error:  # too high a rate is a finding, not the end of the comparison
        tell(f"{name}: {error}")
    else:
        trained, head = fitted.trained()
        trial = attrs.evolve(
            trial,
            trained=trained,
            head=head,
            seconds=fitted.training.seconds,
            steps=fitted.training.steps,
            validation=task.measure(fitted.model, task.validation),
        )
        if task.test is not None and _better(task, trial, rival):
            trial = attrs.evolve(trial, test=task.measure(fitted.model, task.test))
        tell(f"{name}: {task.metric} {trial.validation[task.metric]:.4f} ({trial.seconds:.0f} s)")
    if run.main_process:
        run.write_json(kept, attrs.asdict(trial))
        part.checkpoints.clear()
    return trial


def _better(task: Task, first: Trial, second: Trial | None) -> bool:
    """Whether a trial ended and is better than another one, if there is one."""
    if not first.validation:
        return False
    return second is None or task.better(
        first.validation[task.metric], second.validation[task.metric]
    )


def spread(values: Sequence[float]) -> float | None:
    """Return the standard deviation of a sample; None of a single value."""
    return statistics.stdev(values) if len(values) > 1 else None
