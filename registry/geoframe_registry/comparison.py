"""Several finished runs side by side: those that differ in the seed only are one group."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from geoframe.config import unstructure
from geoframe_registry.reproduce import Measured

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from geoframe.run.directory import Run


@attrs.frozen(kw_only=True)
class Group:
    """Runs of one method with one config, but for the seed."""

    label: str
    """What tells the group from the others: the method, and the options that differ."""
    runs: tuple[Run, ...]
    metrics: Mapping[str, Measured]
    """Every number that some run of the group measured, over its runs."""


def compare(runs: Sequence[Run]) -> list[Group]:
    """Group finished runs by method and config, in the order of their first runs.

    Raises
    ------
    RunError
        If a run is not finished.
    """
    members: dict[str, list[Run]] = {}
    for run in runs:
        run.require_finished()
        options = {key: value for key, value in unstructure(run.config).items() if key != "seed"}
        key = json.dumps([run.method_name, options], sort_keys=True)
        members.setdefault(key, []).append(run)
    tables = [
        (each[0].method_name, dict(_flat(unstructure(each[0].config)))) for each in members.values()
    ]
    return [
        Group(label=label, runs=tuple(group), metrics=_measured(group))
        for label, group in zip(_labels(tables), members.values(), strict=True)
    ]


def metric_names(groups: Sequence[Group]) -> list[str]:
    """Names of all metrics, in the order in which they appear."""
    return list(dict.fromkeys(name for group in groups for name in group.metrics))


def write_comparison(path: Path, groups: Sequence[Group]) -> None:
    """Write a comparison as one HTML file: a table, a plot of each metric, training curves.

    Raises
    ------
    RunError
        If the file cannot be written.
    """
    from geoframe.run.figures import data_uri, svg
    from geoframe.run.files import write_bytes
    from geoframe.run.report_plugin import html_templates

    names = metric_names(groups)
    figures = {"metrics": _plot_metrics(groups, names), "training": _plot_training(groups)}
    html = (
        html_templates()
        .get_template("comparison.html.j2")
        .render(
            groups=groups,
            names=names,
            figures={
                name: data_uri(svg(each)) for name, each in figures.items() if each is not None
            },
        )
    )
    write_bytes(path, html.encode())


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _labels(tables: Sequence[tuple[str, Mapping[str, Any]]]) -> list[str]:
    """Name each group by its method and by the options that tell it from others of the method.

    Options that only some of them have, because they chose another component, are named only where
    the rest does not tell the groups apart.
    """
    brief = [_label(method, options, tables, shared=True) for method, options in tables]
    return [
        label if brief.count(label) == 1 else _label(method, options, tables, shared=False)
        for label, (method, options) in zip(brief, tables, strict=True)
    ]


def _label(
    method: str,
    options: Mapping[str, Any],
    tables: Sequence[tuple[str, Mapping[str, Any]]],
    *,
    shared: bool,
) -> str:
    rivals = [other for name, other in tables if name == method]
    telling = [
        key
        for key, value in options.items()
        if key != "seed"
        and any(other.get(key) != value for other in rivals)
        and not (shared and any(key not in other for other in rivals))
    ]
    return ", ".join([method, *(f"{key}={options[key]}" for key in telling)])


def _measured(runs: Sequence[Run]) -> dict[str, Measured]:
    values: dict[str, list[float]] = {}
    for run in runs:
        for name, value in run.results["metrics"].items():
            if isinstance(value, int | float) and not isinstance(value, bool):
                values.setdefault(name, []).append(float(value))
    return {name: Measured(tuple(found)) for name, found in values.items()}


def _grid(count: int, *, columns: int, height: float) -> tuple[Figure, list[Any]]:
    from matplotlib.figure import Figure

    rows = math.ceil(count / columns)
    figure = Figure(figsize=(4.2 * min(columns, count), height * rows), layout="constrained")
    axes = [figure.add_subplot(rows, min(columns, count), index + 1) for index in range(count)]
    for each in axes:
        each.tick_params(labelsize=8)
        each.grid(alpha=0.3)
    return figure, axes


def _plot_metrics(groups: Sequence[Group], names: Sequence[str]) -> Figure | None:
    """Plot every run as a dot, and mean and standard deviation of each group beside them.

    A metric that is the same in all runs is left to the table.
    """
    names = [name for name in names if len(_all_values(groups, name)) > 1]
    if not names:
        return None
    figure, axes = _grid(len(names), columns=3, height=1.2 + 0.3 * len(groups))
    numbers = [str(index + 1) for index in range(len(groups))]
    for each, name in zip(axes, names, strict=True):
        for index, group in enumerate(groups):
            if (found := group.metrics.get(name)) is None:
                continue
            each.plot(found.values, [index] * len(found.values), "o", color="#9db4d0", markersize=4)
            each.errorbar(
                found.mean, index, xerr=found.sd or 0, fmt="|", color="#1f4e8c", capsize=3
            )
        each.set_yticks(range(len(groups)), numbers)
        each.set_ylim(len(groups) - 0.5, -0.5)
        each.set_title(name, fontsize=10)
    return figure


def _all_values(groups: Sequence[Group], name: str) -> set[float]:
    return {
        value for group in groups if name in group.metrics for value in group.metrics[name].values
    }


def _plot_training(groups: Sequence[Group]) -> Figure | None:
    """Plot what every group logged over the steps, a thin line for each run."""
    curves: dict[str, list[tuple[int, list[int], list[float]]]] = {}
    for index, group in enumerate(groups):
        for run in group.runs:
            lines = list(run.metrics())
            for name in {name for line in lines for name in line if name != "step"}:
                points = [
                    (line["step"], line[name]) for line in lines if line.get(name) is not None
                ]
                steps, values = [step for step, _ in points], [value for _, value in points]
                curves.setdefault(name, []).append((index, steps, values))
    if not curves:
        return None
    figure, axes = _grid(len(curves), columns=2, height=2.8)
    for each, name in zip(axes, sorted(curves), strict=True):
        labelled = set()
        for index, steps, values in curves[name]:
            label = None if index in labelled else str(index + 1)
            labelled.add(index)
            each.plot(steps, values, color=f"C{index % 10}", linewidth=0.8, label=label)
        if all(value > 0 for _, _, values in curves[name] for value in values):
            each.set_yscale("log")
        each.set_title(name, fontsize=10)
        each.set_xlabel("step", fontsize=8)
        each.legend(fontsize=7)
    return figure
