"""The authors' own modules, trained to the end of their schedule, beside the defaults.

    OMP_NUM_THREADS=1 python official_code.py FOLDER [--steps 5000] [--weights 1] [--dim 2]

FOLDER is ``dag_embedding`` of a checkout of haitzsaezdeocariz/NeuralSpaceTimesICLR2025; nothing of
it is part of this project. Its encoder, metric and order are trained on the dense synthetic graph
of the paper (data set ``nst-synthetic``, for which GEOFRAME_DATA is needed) with its loss, AdamW at
1e-4 and gradients clipped at 0.5. Every node is encoded once a step, which changes no number and
takes a tenth of the time; ``--pairs`` encodes both ends of all pairs as their script does. Ours are
the defaults of ``geoframe run nst`` in as many coordinates. Times are process times.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from torch import nn

from geoframe.config import TomlTable, apply_overrides
from geoframe_data.graph import Graph
from geoframe_embedding.measures import Ratios
from geoframe_nst.closure.reachability import Reachability
from geoframe_nst.data import load_graph
from geoframe_nst.fit import objective_for
from geoframe_nst.metrics import order_quality
from geoframe_registry.configs import configure


def official(folder: Path, graph: Graph, steps: int, dim: int, *, pairs: bool) -> list[str]:
    """Train the authors' modules and measure them."""
    sys.path.insert(0, str(folder))
    from neural_spacetime import NeuralSpacetime  # type: ignore[import-not-found]

    assert graph.features is not None
    torch.manual_seed(1)
    features = torch.tensor(graph.features)
    with contextlib.redirect_stdout(io.StringIO()):  # it tells of every matrix
        model = NeuralSpacetime(
            N=features.shape[1],
            D=dim,
            T=dim,
            J_encoder=10,
            J_snowflake=4,
            J_partialorder=4,
        )
    u, v = torch.tensor(graph.edges.T)
    weights = torch.tensor(graph.lengths, dtype=torch.float32)
    n = len(graph)
    every = torch.cartesian_prod(torch.arange(n), torch.arange(n)).T
    place = u * n + v
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
    started = time.process_time()
    for _ in range(steps):
        if pairs:
            found = model(features[every[1]], features[every[0]])
            distance, late, early = (part[place] for part in found)
        else:
            distance, late, early = parts(model, features, u, v)
        gap = late - early  # its target comes first: the sign is free
        correct = (gap <= 0).all(dim=1).float().mean().item()
        order = torch.sigmoid(10 * gap).mean() * (1 - correct)
        loss = nn.functional.mse_loss(distance.squeeze(1), weights) + order
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        optimizer.step()
    seconds = time.process_time() - started
    with torch.no_grad():
        distance, _, _ = parts(model, features, u, v)
        times = -model.partialorder(model.encoder(features)[:, dim:])
    return row(graph, distance.squeeze(1).double().numpy(), times.numpy(), seconds)


def parts(model: Any, features: torch.Tensor, u: torch.Tensor, v: torch.Tensor) -> Any:
    """Distance of edges, and order coordinates of their targets and sources, nodes encoded once."""
    encoded = model.encoder(features)
    space, order = encoded[:, : model.D], model.partialorder(encoded[:, model.D :])
    return model.snowflake(space[v], space[u]), order[v], order[u]


def ours(graph: Graph, dim: int) -> list[str]:
    """Train the defaults and measure them."""
    options = [("geometry.dim", dim), ("nst.time_dim", dim)]
    config = configure("nst", apply_overrides(TomlTable({}), options))[1]
    torch.manual_seed(config.seed)
    started = time.process_time()
    objective = objective_for(config, graph)
    config.trainer.build().fit(objective)
    seconds = time.process_time() - started
    embedding = objective.embedding.eval()
    distances = embedding.distances(torch.tensor(graph.edges)).double().numpy()
    times = embedding.closed_form
    assert times is not None
    return row(graph, distances, times.numpy(), seconds)


def row(graph: Graph, distances: np.ndarray, times: np.ndarray, seconds: float) -> list[str]:
    """Cells of the table."""
    found = Ratios(given=graph.lengths, embedded=distances).measures("edges")
    order = order_quality(times, Reachability(len(graph), graph.edges))
    names = ("mean", "max")
    return [
        *(f"{found[f'distortion_symmetric_{name}_edges']:.4f}" for name in names),
        *(f"{value:.3f}" for value in (order.closure_recall, order.false_causality)),
        f"{seconds:.1f}",
    ]


def main() -> None:
    """Train both and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--weights", type=int, default=1, choices=range(1, 6))
    parser.add_argument("--dim", type=int, default=2)
    parser.add_argument("--pairs", action="store_true")
    given = parser.parse_args()
    torch.set_num_threads(1)
    dataset = {"name": "nst-synthetic", "weight_type": given.weights}
    table = apply_overrides(TomlTable({}), [("data.dataset", dataset)])
    graph = load_graph(configure("nst", table)[1].data)
    printed = Table(
        *("", "distortion mean", "worst", "closure recall", "false causality", "CPU-s"),
        title=f"weights of type {given.weights}, {given.dim} space and time coordinates",
    )
    printed.add_row("ours, defaults", *ours(graph, given.dim))
    found = official(given.folder, graph, given.steps, given.dim, pairs=given.pairs)
    printed.add_row(f"official modules, {given.steps} steps", *found)
    Console(width=120).print(printed)


if __name__ == "__main__":
    main()
