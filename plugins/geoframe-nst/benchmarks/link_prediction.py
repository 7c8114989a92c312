"""Held-out edges: do a spacetime's distances and order predict them, beside simple rivals?

A tenth of the edges of a graph is held out. Every method sees the others, and scores the held-out
ones against as many random pairs without an edge (*link*), as many of the edges seen against the
same (*seen*: reconstruction), and each held-out edge against its reverse (*direction*). Printed are
areas under the ROC curve, mean and deviation over seeds, and process time. An undirected score
says nothing of directions, hence 0.5.

    OMP_NUM_THREADS=1 python link_prediction.py [--graphs ecoli mammals] [--seeds 3] [--gensim]

needs the environment variable GEOFRAME_DATA, and gensim for ``--gensim`` (node2vec, Poincare).
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from typing import Any

import attrs
import numpy as np
import torch
from link_rivals import RIVALS, Rival, node2vec, poincare
from rich.console import Console
from rich.table import Table
from scipy.stats import rankdata

from geoframe.config import TomlTable, apply_overrides
from geoframe_data.graph import Graph
from geoframe_nst.data import load_graph
from geoframe_nst.fit import objective_for
from geoframe_nst.order.precedence import KnownOrder
from geoframe_nst.trained import TrainedSpacetime
from geoframe_registry.configs import configure

GRAPHS: dict[str, dict[str, Any]] = {
    "ecoli": {"name": "dream5", "network": "ecoli"},
    "mammals": {"name": "wordnet"},
    "citations": {"name": "citations"},
    "debian": {"name": "debian"},
}
HELD_OUT = 0.1
AGAINST = 1e3
"""What going against the known order costs, more than any distance."""


@attrs.frozen
class Split:
    """What is seen, and the pairs that are scored."""

    seen: Graph
    edges: np.ndarray
    """``(h, 2)`` held-out edges."""
    others: np.ndarray
    """``(h, 2)`` pairs without an edge either way."""


def graph_of(name: str) -> Graph:
    """A graph without cycles."""
    options = [("data.dataset", GRAPHS[name]), ("data.cycles", "break")]
    return load_graph(configure("nst", apply_overrides(TomlTable({}), options))[1].data)


def split(graph: Graph, seed: int) -> Split:
    """Hold out edges whose ends both have others."""
    generator = np.random.default_rng(seed)
    n, left = len(graph), np.bincount(graph.edges.ravel(), minlength=len(graph))
    held = []
    for edge in generator.permutation(len(graph.edges)).tolist():
        ends = graph.edges[edge]
        if len(held) < HELD_OUT * len(graph.edges) and (left[ends] > 1).all():
            left[ends] -= 1
            held.append(edge)
    every = generator.integers(0, n, (20 * len(held), 2))
    keys = np.concatenate([graph.edges, graph.edges[:, ::-1]]) @ np.array([n, 1])
    free = (every[:, 0] != every[:, 1]) & ~np.isin(every @ np.array([n, 1]), keys)
    kept = np.delete(np.arange(len(graph.edges)), held)
    seen = attrs.evolve(graph, edges=graph.edges[kept], weights=graph.lengths[kept], lines=None)
    return Split(seen=seen, edges=graph.edges[held], others=every[free][: len(held)])


def spacetime(distances: str, steps: int) -> Any:
    """Ours as a rival: likely are near pairs whose first is early; against the order none is.

    A factor of e in distance counts as much as all times; nothing was tuned.
    """

    def score(seen: Graph, pairs: np.ndarray, seed: int) -> np.ndarray:
        options = {"nst.distances": distances, "trainer.steps": steps, "seed": seed}
        config = configure("nst", apply_overrides(TomlTable({}), [*options.items()]))[1]
        torch.manual_seed(seed)
        objective = objective_for(config, seen)
        config.trainer.build().fit(objective)
        embedder = objective.embedding.embedder
        embedder.settle()
        known = KnownOrder(edges=seen.edges, exact=objective.exact_order)
        trained = TrainedSpacetime(objective.embedding, seen.names, data=config.data, known=known)
        u, v = pairs.T.copy()
        near = -np.log(np.maximum(trained.between(u, v), 1e-9))
        times = trained.times()
        later = (times[u] > times[v]).mean(axis=1)
        return near - later - AGAINST * trained.precedence.between(v, u)

    return score


def area(right: np.ndarray, wrong: np.ndarray) -> float:
    """Area under the ROC curve; ties count half."""
    ranks = rankdata(np.concatenate([right, wrong]))
    return float((ranks[: len(right)].mean() - (len(right) + 1) / 2) / len(wrong))


def on_edges(rival: Rival) -> Any:
    """A rival as a function of the graph."""
    return lambda seen, pairs, seed: rival(len(seen), seen.edges, pairs, seed)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--graphs", nargs="+", choices=GRAPHS, default=["ecoli", "mammals"])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--gensim", action="store_true")
    given = parser.parse_args()
    torch.set_num_threads(1)
    methods = {name: on_edges(rival) for name, rival in RIVALS.items()}
    if given.gensim:
        methods["node2vec"] = on_edges(node2vec)
        methods["Poincare embedding"] = on_edges(poincare)
    for distances in ("edges", "paths"):
        methods[f"nst, {distances}"] = spacetime(distances, given.steps)
    table = Table("graph", "method", "AUC link", "AUC direction", "AUC seen", "seconds")
    for name in given.graphs:
        graph = graph_of(name)
        found: dict[str, list[tuple[float, ...]]] = defaultdict(list)
        for seed in range(given.seeds):
            parts = split(graph, seed)
            some = np.random.default_rng(seed).permutation(len(parts.seen.edges))[
                : len(parts.edges)
            ]
            seen = parts.seen.edges[some]
            pairs = np.concatenate([parts.edges, parts.others, parts.edges[:, ::-1], seen])
            for method, score in methods.items():
                started = time.process_time()
                scores = score(parts.seen, pairs, seed)
                seconds = time.process_time() - started
                right, wrong, reverse, known = np.split(scores, 4)
                direction = float(np.mean((right > reverse) + 0.5 * (right == reverse)))
                found[method].append((area(right, wrong), direction, area(known, wrong), seconds))
        for method, values in found.items():
            *mean, seconds = np.mean(values, axis=0)
            cells = [
                f"{m:.3f} ± {s:.3f}" for m, s in zip(mean, np.std(values, axis=0), strict=False)
            ]
            table.add_row(name, method, *cells, f"{seconds:.1f}")
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
