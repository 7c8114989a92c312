"""Training-free exact embedding: error, smallest exponent and seconds on many graphs.

    python benchmarks/exact.py

Graphs of networkx always; with $GEOFRAME_DATA set, also its trees and Bayesian networks (their
undirected skeletons, every edge of length 1). Up to 2500 nodes the smallest exponent is searched
and all pairs are measured. A larger tree is embedded in closed form, exponent 2, and measured
on a sample of pairs.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import attrs
import numpy as np

from geoframe_data import Graph, read_graph
from geoframe_embedding.measures import Ratios
from geoframe_embedding.pairs import choose_pairs
from geoframe_embedding.scaling import principal_axes
from geoframe_snowflake.datasets import MetricGraph
from geoframe_snowflake.exact.embedding import exact_embedding
from geoframe_snowflake.metric.cleaning import graph_metric
from geoframe_snowflake.metric.finite_metric import GraphMetric
from geoframe_snowflake.metric.tree_metric import tree_embedding

LARGEST = 2500
BOUND = 1e-9


def graphs() -> Iterator[tuple[str, GraphMetric]]:
    for name in ("star", "cycle", "binary-tree", "petersen", "grid", "karate", "les-miserables"):
        yield name, graph_metric(MetricGraph(graph=name).load())
    for name in ("random", "random-weights"):
        yield name, graph_metric(MetricGraph(graph=name).load())
    root = os.environ.get("GEOFRAME_DATA")
    if root is None:
        print("GEOFRAME_DATA is not set: no trees, no Bayesian networks")
        return
    networks = json.loads((Path(root) / "bnlearn" / "networks.json").read_text())
    for name, network in networks.items():
        ends = np.array(network["edges"], dtype=np.int64)
        skeleton = Graph(names=network["nodes"], edges=ends, origin=name)
        yield f"bnlearn {name}", graph_metric(skeleton, disconnected="largest")
    for path in sorted((Path(root) / "trees").glob("*.npz")):
        tree = read_graph(path)
        tree = attrs.evolve(tree, names=map(str, range(len(tree))))
        yield f"tree {path.stem}", graph_metric(tree)


def measure(metric: GraphMetric) -> tuple[float, int, float, float, float]:
    """Exponent, dimension, largest error, distortion of classical scaling, CPU seconds."""
    started = time.process_time()
    if len(metric) <= LARGEST:
        distances = metric.matrix()
        embedding = exact_embedding(distances)
        seconds = time.process_time() - started
        pairs = choose_pairs(metric, LARGEST**2, seed=0)
        values, vectors = principal_axes(distances**2)
        plain = vectors * np.sqrt(values.clip(min=0))
        lengths = np.linalg.norm(plain[pairs.first] - plain[pairs.second], axis=1)
        scaling = Ratios(given=pairs.given, embedded=lengths).worst
        error = np.abs(embedding.distance(pairs.first, pairs.second) - pairs.given).max()
        return embedding.exponent, embedding.dim, float(error), scaling, seconds
    tree = tree_embedding(metric)
    seconds = time.process_time() - started
    pairs = choose_pairs(metric, 100_000, seed=0)
    error = np.abs(tree.distance(pairs.first, pairs.second) - pairs.given).max()
    return tree.exponent, tree.points.shape[1], float(error), np.nan, seconds


def main() -> None:
    print(
        f"{'graph':32s} {'nodes':>6s} {'exponent':>9s} {'dim':>6s} {'error':>9s} "
        f"{'classical scaling':>18s} {'CPU s':>8s}"
    )
    worst = 0.0
    for name, metric in graphs():
        exponent, dim, error, scaling, seconds = measure(metric)
        worst = max(worst, error)
        print(
            f"{name:32s} {len(metric):6d} {exponent:9.4f} {dim:6d} {error:9.1e} "
            f"{scaling:18.2f} {seconds:8.3f}"
        )
    print(f"largest error {worst:.1e} ({'within' if worst <= BOUND else 'BEYOND'} {BOUND:g})")


if __name__ == "__main__":
    main()
