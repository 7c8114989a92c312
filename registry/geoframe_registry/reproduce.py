"""Measuring a method's published tables again."""

from __future__ import annotations

import re
import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from geoframe.config import TomlTable, apply_overrides
from geoframe.errors import RunError, did_you_mean
from geoframe.reference import Published, ReferenceRow, ReferenceTable
from geoframe_registry import runs
from geoframe_registry.configs import method_class
from geoframe_registry.discovery import find


@attrs.frozen
class Measured:
    """One metric over the seeds that measured it."""

    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean over the seeds."""
        return statistics.fmean(self.values)

    @property
    def sd(self) -> float | None:
        """Standard deviation (of a sample) over the seeds; None for a single one."""
        return statistics.stdev(self.values) if len(self.values) > 1 else None


@attrs.frozen(kw_only=True)
class MeasuredRow:
    """A row of a table as published and as measured."""

    name: str
    published: Mapping[str, Published]
    measured: Mapping[str, Measured]
    runs: tuple[Path, ...]
    errors: tuple[str, ...]
    """One line for each run that failed."""


def tables(method: str, name: str | None = None) -> list[ReferenceTable]:
    """Return a method's reference tables, or the one of that name.

    Raises
    ------
    PluginError
        If the method cannot be used.
    RunError
        If there is no such table.
    """
    known = {
        table.name: table for table in method_class(find("method", method))().reference_tables()
    }
    if name is None:
        return list(known.values())
    if name not in known:
        raise RunError(
            f"'{method}' has no reference table '{name}'{did_you_mean(name, known)}; "
            f"it has: {', '.join(known) or 'none'}"
        )
    return [known[name]]


def measure(
    method: str,
    table: ReferenceTable,
    row: ReferenceRow,
    *,
    folder: Path,
    seeds: int | None = None,
    quick: bool = False,
) -> MeasuredRow:
    """Run one row once per seed, below ``folder``; what is finished there is used again.

    A run that fails is reported in the row; the other seeds go on.

    Parameters
    ----------
    seeds
        Number of seeds, counted from 0; by default the table's, or 1 if ``quick``.
    quick
        Lay the table's ``quick`` overrides over the row's. Quick runs are kept apart.
    """
    count = seeds or (1 if quick else table.seeds)
    base = folder / (f"{_slug(table.name)}-quick" if quick else _slug(table.name))
    overrides = {**row.overrides, **(table.quick if quick else {})}
    values: dict[str, list[float]] = {metric: [] for metric in table.metrics}
    paths, errors = [], []
    for seed in range(count):
        path = base / f"{_slug(row.name)}-seed{seed}"
        try:
            metrics = _metrics(
                method, f"{table.name}/{row.name}", {**overrides, "seed": seed}, path
            )
        except Exception as error:  # the other rows go on
            text = " ".join(str(error).split())
            errors.append(f"seed {seed}: {type(error).__name__}: {text}")
            continue
        paths.append(path)
        for name, found in values.items():
            if isinstance(metrics.get(name), int | float):
                found.append(float(metrics[name]))
    return MeasuredRow(
        name=row.name,
        published=row.published,
        measured={name: Measured(tuple(found)) for name, found in values.items() if found},
        runs=tuple(paths),
        errors=tuple(errors),
    )


def _metrics(
    method: str, where: str, overrides: Mapping[str, Any], path: Path
) -> Mapping[str, Any]:
    config = apply_overrides(TomlTable({}, name=where), overrides.items())
    finished = runs.finish(runs.prepare(method, config, path, resume=True))
    metrics: Mapping[str, Any] = finished.results["metrics"]
    return metrics


def _slug(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", name).strip("-")
