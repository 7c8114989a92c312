"""The TOML file that says what a sweep varies, and by what it is judged."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import attrs

from geoframe.config import TomlTable, load_toml, option, structure
from geoframe.errors import ConfigError, PluginError

BOUNDS = {"low", "high", "log", "step"}


@attrs.frozen(kw_only=True)
class SweepConfig:
    """What a sweep varies, and by what it is judged."""

    metric: str = option(help="Name of a metric in results.json.")
    direction: Literal["minimize", "maximize"] = option(
        "minimize", help="Whether a small or a large metric is wanted."
    )
    trials: int | None = option(
        None, ge=1, help="Configs to try; a grid tries all if this is left out."
    )
    seeds: int = option(1, ge=1, help="Runs of each config; their mean is judged.")
    sampler: Literal["tpe", "random", "grid"] = option(
        "tpe", help="How configs are chosen: where good ones were, at random, or all of them."
    )
    space: Any = option(help="Dotted config key -> array of values, or table of low and high.")


@attrs.frozen(kw_only=True)
class Choice:
    """An option that takes one of some values."""

    key: str
    values: tuple[Any, ...]

    def suggest(self, trial: Any) -> Any:
        """Let an Optuna trial choose."""
        stored = self.grid
        return self.values[stored.index(trial.suggest_categorical(self.key, stored))]

    @property
    def ends(self) -> tuple[Any, ...]:
        """Values to try the config with beforehand."""
        return self.values

    @property
    def grid(self) -> list[Any]:
        """All values, as Optuna keeps them."""
        return [_stored(value) for value in self.values]


@attrs.frozen(kw_only=True)
class Range:
    """An option that takes a number between two others, which are included."""

    key: str
    low: float
    high: float
    log: bool = False
    """Whether ratios count, not differences."""
    step: float | None = None

    @property
    def whole(self) -> bool:
        """Whether the numbers are integers."""
        return all(isinstance(each, int) for each in (self.low, self.high, self.step or 1))

    def suggest(self, trial: Any) -> Any:
        """Let an Optuna trial choose."""
        if self.whole:
            step = 1 if self.step is None else self.step
            return trial.suggest_int(self.key, self.low, self.high, step=step, log=self.log)
        return trial.suggest_float(self.key, self.low, self.high, step=self.step, log=self.log)

    @property
    def ends(self) -> tuple[float, float]:
        """Values to try the config with beforehand."""
        return self.low, self.high

    @property
    def grid(self) -> list[Any] | None:
        """All values, or None if there is no end to them."""
        step = self.step or (1 if self.whole and not self.log else None)
        if step is None:
            return None
        count = int((self.high - self.low) / step + 1e-9) + 1
        return [self.low + index * step for index in range(count)]


Dimension = Choice | Range


@attrs.frozen(kw_only=True)
class Space:
    """A sweep as its file describes it."""

    options: SweepConfig
    dimensions: tuple[Dimension, ...]
    table: TomlTable
    """The file; it knows where each key stands."""

    @property
    def trials(self) -> int:
        """Number of configs to try."""
        if self.options.trials is not None:
            return self.options.trials
        count = 1
        for each in self.dimensions:
            count *= len(each.grid or ())
        return count

    def where(self, key: str) -> str:
        """Say where a varied key stands."""
        return self.table.where(f"space.{key}")


def load_space(path: Path) -> Space:
    """Read the file of a sweep.

    Raises
    ------
    ConfigError
        With every mistake in it.
    """
    table = load_toml(path)
    options = structure(SweepConfig, table, _no_components)
    problems: list[str] = []
    dimensions: list[Dimension] = []
    if not isinstance(options.space, Mapping) or not options.space:
        raise ConfigError([f"{table.where('space')}: space: name at least one option to vary"])
    for key, value in _entries(options.space):
        try:
            if any(each.key == key for each in dimensions):
                raise ValueError("stands here twice, dotted and as a table")
            dimensions.append(_dimension(key, value))
        except ValueError as error:
            problems.append(f"{table.where(f'space.{key}')}: space.{key}: {error}")
    if options.sampler == "grid":
        problems += [
            f"{table.where(f'space.{each.key}')}: space.{each.key}: a grid needs values, or a step"
            for each in dimensions
            if each.grid is None
        ]
    elif options.trials is None:
        problems.append(f"{table.name}: trials: missing; only a grid has an end of its own")
    if problems:
        raise ConfigError(problems)
    return Space(options=options, dimensions=tuple(dimensions), table=table)


def _entries(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, Mapping) and not (BOUNDS & value.keys()):
            yield from _entries(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _dimension(key: str, value: Any) -> Dimension:
    if isinstance(value, list):
        if not value:
            raise ValueError("needs at least one value")
        if any(value.index(each) < index for index, each in enumerate(value)):
            raise ValueError("has the same value twice")
        return Choice(key=key, values=tuple(value))
    if not isinstance(value, Mapping):
        raise ValueError("expected an array of values, or a table {low = ..., high = ...}")
    if unknown := sorted(value.keys() - BOUNDS):
        raise ValueError(f"unknown key '{unknown[0]}'; known: low, high, log, step")
    for name in ("low", "high"):
        if not isinstance(value.get(name), int | float) or isinstance(value[name], bool):
            raise ValueError(f"'{name}' must be a number")
    if not isinstance(value.get("log", False), bool):
        raise ValueError("'log' must be true or false")
    if value["low"] > value["high"]:
        raise ValueError("'low' is above 'high'")
    if value.get("log") and (value["low"] <= 0 or "step" in value):
        raise ValueError("'log' needs a positive 'low' and takes no 'step'")
    if "step" in value and not (isinstance(value["step"], int | float) and value["step"] > 0):
        raise ValueError("'step' must be a positive number")
    return Range(key=key, **value)


def _stored(value: Any) -> Any:
    """Return what a database of scalars can hold; tables and arrays go in as JSON."""
    if isinstance(value, str):
        return str(value)  # the file's strings know its folder, which is no part of the value
    return value if isinstance(value, bool | int | float) else json.dumps(value)


def _no_components(kind: str, name: str) -> Any:
    raise PluginError(f"a sweep has no {kind}")
