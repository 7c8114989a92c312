"""One run of the asymlora method, from its data to its report."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from geoframe.method import Result
from geoframe.run.directory import Run
from geoframe.run.resources import peak_memory_mib
from geoframe_asymlora.config import AsymLoRAConfig
from geoframe_asymlora.data import load_texts
from geoframe_asymlora.figures import comparison_figure, learning_rates_figure
from geoframe_asymlora.files.adapter_file import is_compact
from geoframe_asymlora.files.hub import model_digest
from geoframe_asymlora.files.stored import ADAPTER, HEAD
from geoframe_asymlora.lora.adapter import AsymmetricLoRA
from geoframe_asymlora.lora.config import AsymmetricLoRAConfig
from geoframe_asymlora.lora.freezing import head_parameters, lora_layers, plain_name
from geoframe_asymlora.lora.targets import fused_experts
from geoframe_asymlora.study.comparison import Compared, compare, spread
from geoframe_asymlora.text.fitting import build, train, variant
from geoframe_asymlora.text.memory import Cost, costs, megabytes, saved_bytes
from geoframe_asymlora.text.task import Task, open_task
from geoframe_data import Texts

Rows = list[dict[str, Any]]


def tell(line: str) -> None:
    """Say how far the run is, where neither results nor JSON are printed."""
    print(line, file=sys.stderr, flush=True)


def run_text(config: AsymLoRAConfig, run: Run) -> Result:
    """Read the data, show what each mode costs, train, measure and keep the adapter."""
    examples = load_texts(config.data)
    task = open_task(config, examples)
    facts = {
        "examples": len(examples.train),
        "sha256": examples.fingerprint(),
        "model_sha256": model_digest(task.pretrained.path),
    }
    run.record(
        data={**facts, "classes": list(examples.classes)},
        model=task.pretrained.path,
        repairs=list(examples.notes),
    )
    run.write_json("task", _task_facts(task, examples))
    table = cost_table(config, task)
    if run.main_process:
        tell(render(table))
    if config.compare:
        return _compared(config, task, run, table)
    return _single(config, task, run, table)


def _task_facts(task: Task, examples: Texts) -> dict[str, Any]:
    """Return what has to be known to open the model again without the data."""
    return {
        "kind": task.pretrained.kind,
        "outputs": task.pretrained.outputs,
        "classes": examples.classes,
        "text": examples.text,
        "text_b": examples.text_b,
    }


def cost_table(config: AsymLoRAConfig, task: Task) -> Rows:
    """Measure what each mode would train and keep on a batch of the user's longest examples."""
    if not isinstance(config.adapter.options, AsymmetricLoRAConfig):
        return []
    model = task.pretrained.model()
    heads = task.pretrained.heads(model)
    # Which factor is trained does not matter here: every choice is measured on this one.
    component = variant(config.adapter, "both", model, heads)
    adapter: AsymmetricLoRA = component.build()
    adapted = adapter.attach(model)
    found = costs(adapted, heads, task.loss_of(adapted, config.evaluation.memory_batch))
    return [_cost_row(mode, cost, found["peft"]) for mode, cost in found.items()]


def saved_by(config: AsymLoRAConfig, task: Task, mode: str) -> int:
    """Measure what a mode keeps for the backward pass of the same batch as the table's."""
    # Where A comes from does not matter, and looking at data takes its time.
    model, _, _ = build(config, task, {"B-pca": "B"}.get(mode, mode))
    return saved_bytes(model, task.loss_of(model, config.evaluation.memory_batch))


MODES = {"both": "both (LoRA)", "peft": "LoRA in peft"}
"""Mode -> how the table of costs calls it, if not by its name."""


def _cost_row(mode: str, cost: Cost, lora: Cost) -> dict[str, Any]:
    return {
        "mode": MODES.get(mode, mode),
        "trained": cost.trained,
        "head": cost.head,
        "saved_mib": round(megabytes(cost.saved), 1),
        "saved_vs_peft": f"{cost.saved / max(1, lora.saved) - 1:+.0%}",
        "optimizer_mib": round(megabytes(cost.optimizer), 1),
    }


def render(rows: Rows) -> str:
    """Write rows as a table of text."""
    if not rows:
        return ""
    lines = [list(rows[0]), *([str(value) for value in row.values()] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True))
        for line in lines
    )


def _single(config: AsymLoRAConfig, task: Task, run: Run, table: Rows) -> Result:
    """Train the configured adapter and keep it."""
    fitted = train(config, task, ADAPTER, run, seed=config.seed)
    assert fitted.adapter is not None
    if run.main_process:
        (run.path / ADAPTER).mkdir(exist_ok=True)
        fitted.adapter.save(run.path / ADAPTER)
        run.keep(run.path / ADAPTER)
        if not is_compact(run.path / ADAPTER):  # a stranger's adapter knows of no output layer
            run.write_tensors(HEAD, head_parameters(fitted.model, fitted.heads))
    trained, head = fitted.trained()
    measured: dict[str, float | int | str | None] = {}
    for name, data in (("validation", task.validation), ("test", task.test)):
        if data is not None:
            values = task.measure(fitted.model, data)
            measured |= {f"{name}_{metric}": value for metric, value in values.items()}
    return Result(
        metrics={
            **measured,
            "trained_parameters": trained,
            "head_parameters": head,
            "steps": fitted.training.steps,
            "seconds": fitted.training.seconds,
            "peak_memory_mib": peak_memory_mib(),
        },
        tables={"cost_of_modes": table},
        notes=[*_notes(config, task, table), *_experts(fitted.model)],
        verdict=[_verdict(task, measured)],
    )


def _verdict(task: Task, measured: Mapping[str, Any]) -> str:
    """Say how good the model is on texts that it did not learn from, beside no model at all."""
    part, data = ("validation", task.validation) if task.test is None else ("test", task.test)
    value = measured[f"{part}_{task.metric}"]
    if task.metric != "accuracy" or not isinstance(data.targets, torch.Tensor):
        return f"Of {len(data)} {part} texts: {task.metric} {value:.3g}."
    usual = float(data.targets.unique(return_counts=True)[1].max()) / len(data)
    return (
        f"{value:.1%} of {len(data)} {part} texts are labelled right; the most frequent of their "
        f"labels alone would be right for {usual:.1%}."
    )


def _compared(config: AsymLoRAConfig, task: Task, run: Run, table: Rows) -> Result:
    """Compare the modes."""
    found = compare(config, task, run, tell if run.main_process else lambda line: None)
    part = "test" if task.test is not None else "validation"
    rows: Rows = []
    metrics: dict[str, float | int | str | None] = {}
    for each in found:
        values = each.values(task.metric)
        mean, deviation = sum(values) / len(values), spread(values)
        metrics[_slug(each.mode)] = mean
        metrics[f"{_slug(each.mode)}_sd"] = deviation
        saved = round(megabytes(saved_by(config, task, each.mode)), 1)
        rows.append({**_compared_row(each, task.metric, mean, deviation), "saved_mib": saved})
    run.write_figure("comparison", comparison_figure(found, task.metric, part))
    run.write_figure("learning-rates", learning_rates_figure(found, task.metric))
    tries = [
        {
            "mode": trial.mode,
            "learning_rate": trial.rate,
            **{f"validation_{name}": value for name, value in trial.validation.items()},
        }
        for each in found
        for trial in each.tries
    ]
    return Result(
        metrics={**metrics, "metric": task.metric, "reported_on": part},
        tables={"modes": rows, "cost_of_modes": table, "learning_rates": tries},
        notes=[*_notes(config, task, table), *_edges(found, config), *_lost(found, config)],
    )


def _compared_row(
    each: Compared, metric: str, mean: float, deviation: float | None
) -> dict[str, Any]:
    first = each.trials[0]
    seconds = [trial.seconds / max(1, trial.steps) for trial in each.trials]
    return {
        "mode": each.mode,
        metric: mean,
        "sd": deviation,
        "seeds": len(each.trials),
        "learning_rate": first.rate,
        "trained": first.trained,
        "head": first.head,
        "seconds_per_step": min(seconds),
    }


def _slug(mode: str) -> str:
    return mode.replace("-", "_")


def _notes(config: AsymLoRAConfig, task: Task, table: Rows) -> list[str]:
    notes = []
    if table:
        b = next(row for row in table if row["mode"] == "B")
        notes.append(
            f"Saved for the backward pass of {config.evaluation.memory_batch} examples: "
            f"{b['saved_mib']} MiB with B trained, {b['saved_vs_peft']} against LoRA in peft."
        )
    if task.pretrained.replaced is not None:
        notes.append(
            f"The model's own head of {task.pretrained.replaced} outputs was replaced by a new one "
            f"of {task.pretrained.outputs}."
        )
    if task.test is None:
        notes.append("There is no test part: what is reported was also tuned on.")
    if task.pretrained.mean_pooled and task.pretrained.head == "model":
        notes.append(
            "This model was trained to be read by the mean of its token states: model.head = "
            "'mean' is likely to be better."
        )
    if not torch.cuda.is_available():
        notes.append("Times are of a CPU; on a GPU the modes differ otherwise.")
    return notes


def _experts(model: nn.Module) -> list[str]:
    """Name the weights of experts that no adapter reaches, by the ends of their names."""
    plain = {plain_name(name) for name in fused_experts(model)} - set(lora_layers(model))
    ends = sorted({".".join(name.split(".")[-2:]) for name in plain})
    if not ends:
        return []
    return [
        f"The experts are not adapted: their weights ({', '.join(ends)}) are one parameter for all "
        "experts and no linear layers. Name them in adapter.targets to adapt them, too."
    ]


def _edges(found: list[Compared], config: AsymLoRAConfig) -> list[str]:
    """Name modes whose best learning rate is the smallest or largest tried."""
    rates = config.comparison.rates
    if len(rates) < 2:
        return []
    outer = [
        each.mode
        for each in found
        if each.trials[0].rate in (min(t.rate for t in each.tries), max(t.rate for t in each.tries))
    ]
    if not outer:
        return []
    return [f"The best learning rate is at the edge of those tried for: {', '.join(outer)}."]


def _lost(found: list[Compared], config: AsymLoRAConfig) -> list[str]:
    """Name modes of which a seed is missing in the mean."""
    lost = [each.mode for each in found if len(each.trials) < config.comparison.seeds]
    return [f"Seeds that diverged are not in the mean of: {', '.join(lost)}."] if lost else []
