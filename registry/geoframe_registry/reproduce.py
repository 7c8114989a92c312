"""Measuring a method's published tables again."""

from __future__ import annotations

import re
import statistics
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from geoframe.config import TomlTable, apply_overrides
from geoframe.errors import RunError, did_you_mean
from geoframe.reference import Published, ReferenceRow, ReferenceTable
from geoframe.terminal import mean_and_spread
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

    def __str__(self) -> str:
        """Mean and spread, as tables show them."""
        return mean_and_spread(self.mean, self.sd)


@attrs.frozen(kw_only=True)
class MeasuredRow:
    """A row of a table as published and as measured."""

    name: str
    published: Mapping[str, Published]
    measured: Mapping[str, Measured]
    contenders: Mapping[str, Mapping[str, Measured]]
    """What was measured of the method and of each rival, if the table compares them."""
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


def only_rows(
    chosen: Sequence[tuple[str, ReferenceTable]], names: Collection[str]
) -> list[tuple[str, ReferenceTable]]:
    """Leave only the rows of these names in tables, each with its method; empty tables go.

    Raises
    ------
    RunError
        If no table has a row of one of the names.
    """
    known = dict.fromkeys(row.name for _, table in chosen for row in table.rows)
    for name in names:
        if name not in known:
            raise RunError(
                f"no table has the row '{name}'{did_you_mean(name, known)}; "
                f"there are: {', '.join(known) or 'none'}"
            )
    left = (
        (method, attrs.evolve(table, rows=[row for row in table.rows if row.name in names]))
        for method, table in chosen
    )
    return [(method, table) for method, table in left if table.rows]


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
    found: dict[str, dict[str, list[float]]] = {}
    paths, errors = [], []
    for seed in range(count):
        path = base / f"{_slug(row.name)}-seed{seed}"
        try:
            results = _results(
                method, f"{table.name}/{row.name}", {**overrides, "seed": seed}, path
            )
        except Exception as error:  # the other rows go on
            text = " ".join(str(error).split())
            errors.append(f"seed {seed}: {type(error).__name__}: {text}")
            continue
        paths.append(path)
        for contender, metrics in _measured_of(results, table.compared):
            values = found.setdefault(contender, {})
            for name in table.metrics:
                if isinstance(metrics.get(name), int | float):
                    values.setdefault(name, []).append(float(metrics[name]))
    contenders = {
        contender: {name: Measured(tuple(each)) for name, each in values.items()}
        for contender, values in found.items()
    }
    return MeasuredRow(
        name=row.name,
        published=row.published,
        measured={} if table.compared else contenders.get("", {}),
        contenders=contenders if table.compared else {},
        runs=tuple(paths),
        errors=tuple(errors),
    )


def _results(
    method: str, where: str, overrides: Mapping[str, Any], path: Path
) -> Mapping[str, Any]:
    config = apply_overrides(TomlTable({}, name=where), overrides.items())
    results: Mapping[str, Any] = runs.finish(
        runs.prepare(method, config, path, resume=True)
    ).results
    return results


def _measured_of(
    results: Mapping[str, Any], compared: str
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The metrics of a run, or each row of the table that compares the method with its rivals."""
    if not compared:
        yield "", results["metrics"]
        return
    for row in results["tables"][compared]:
        yield str(next(iter(row.values()))), row


def _slug(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", name).strip("-")
