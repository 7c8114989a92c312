"""Comparing adapters as a run: figures and tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from matplotlib.figure import Figure

from geoframe.method import Result
from geoframe.run.directory import Run
from geoframe.run.figures import label
from geoframe_asymlora.files.adapter_file import read_adapter
from geoframe_asymlora.study.similarity import Similarities, compare_adapters

if TYPE_CHECKING:
    from geoframe_asymlora.study.similarity_method import SimilarityConfig

MOST_NUMBERS = 12
"""Rows of a heat map up to which its cells are labelled."""


def similarities(config: SimilarityConfig) -> Similarities:
    """Read the adapters and compare them."""
    return compare_adapters([read_adapter(path) for path in config.adapters])


def labels(config: SimilarityConfig) -> list[str]:
    """Return names for figures: given ones, or as much of the paths as tells them apart."""
    if config.names:
        return list(config.names)
    for parts in range(1, 1 + max(len(path.parts) for path in config.adapters)):
        found = ["/".join(path.parts[-parts:]) for path in config.adapters]
        if len(set(found)) == len(found):
            return found
    return [f"{number}: {path.name}" for number, path in enumerate(config.adapters, start=1)]


def report(config: SimilarityConfig, run: Run) -> Result:
    """Compare, draw and tabulate."""
    found = similarities(config)
    names = labels(config)
    run.write_figure("heat-maps", heat_maps(found, names))
    run.write_figure("layers", layer_figure(found))
    count = len(names)
    rows = [
        {
            "first": names[i],
            "second": names[j],
            "A": float(found.mean("A")[i, j]),
            "B": float(found.mean("B")[i, j]),
        }
        for i in range(count)
        for j in range(i + 1, count)
    ]
    layers = [
        {
            "layer": name,
            "A": float(_between(found.a[k])),
            "A_random": float(found.random_a[k]),
            "B": float(_between(found.b[k])),
            "B_random": float(found.random_b[k]),
        }
        for k, name in enumerate(found.names)
    ]
    return Result(
        metrics={
            "adapters": count,
            "layers": len(found.names),
            "a_similarity": float(_between(found.mean("A"))),
            "a_random": found.random("A"),
            "b_similarity": float(_between(found.mean("B"))),
            "b_random": found.random("B"),
        },
        tables={"pairs": rows, "layers": layers},
        notes=["1: the factors span the same space; random: independent spaces, on average."],
    )


def _between(values: torch.Tensor) -> torch.Tensor:
    """Mean over pairs of different adapters of a matrix ``(n, n)``."""
    upper = torch.triu(torch.ones_like(values, dtype=torch.bool), diagonal=1)
    return values[upper].nanmean()


def heat_maps(found: Similarities, names: list[str]) -> Figure:
    """Draw the similarities of every two adapters, mean over the layers: A left, B right."""
    size = 2.2 + 0.5 * len(names)
    labels = [label(name) for name in names]
    figure = Figure(figsize=(2 * size, size), layout="constrained")
    for axes, factor in zip(figure.subplots(1, 2), ("A", "B"), strict=True):
        values = found.mean(factor).numpy()
        image = axes.imshow(values, vmin=0, vmax=1, cmap="viridis")
        if len(names) <= MOST_NUMBERS:
            for i in range(len(names)):
                for j in range(len(names)):
                    colour = "black" if values[i, j] > 0.6 else "white"
                    text = f"{values[i, j]:.2f}"
                    axes.text(j, i, text, ha="center", va="center", color=colour, fontsize=8)
        axes.set_xticks(range(len(names)), labels, rotation=40, ha="right", fontsize=8)
        axes.set_yticks(range(len(names)), labels, fontsize=8)
        axes.set_title(f"{factor} (random: {found.random(factor):.3f})", fontsize=10)
        figure.colorbar(image, ax=axes, shrink=0.8)
    return figure


def layer_figure(found: Similarities) -> Figure:
    """Draw the mean over pairs in each layer, beside what random spaces have."""
    count = len(found.names)
    figure = Figure(figsize=(7, 1.2 + 0.18 * count), layout="constrained")
    axes = figure.add_subplot()
    rows = range(count)
    for factor, values, random, colour in (
        ("A", found.a, found.random_a, "#b33a3a"),
        ("B", found.b, found.random_b, "#4878a8"),
    ):
        axes.plot([float(_between(each)) for each in values], rows, "o", color=colour, label=factor)
        axes.plot(random.tolist(), rows, "|", color=colour, label=f"{factor}, random")
    axes.set_yticks(rows, [label(name, 60) for name in found.names], fontsize=6)
    axes.invert_yaxis()
    axes.set_xlim(0, 1.02)
    axes.set_xlabel("similarity, mean over pairs")
    axes.legend(fontsize=8)
    axes.grid(alpha=0.3)
    return figure
