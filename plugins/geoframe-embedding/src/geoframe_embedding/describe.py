"""Which geometry relations have: for ``geoframe try``."""

from __future__ import annotations

from collections.abc import Iterator

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from geoframe.suggestion import Guess
from geoframe_embedding.hyperbolicity import QUADRUPLES, hyperbolicity
from geoframe_embedding.spaces_compared import advise_order, advise_space

MOST_ITEMS = 300
"""Items beyond which the shortest paths between a sample of them are looked at."""


def describe(guess: Guess) -> Iterator[str]:
    """Yield sentences on the geometry of a graph, a tree or distances; nothing for other data."""
    distances = _distances(guess)
    if distances is None or len(distances) < 8:
        return
    delta, diameter = hyperbolicity(distances)
    yield (
        f"Tree-likeness: Gromov's delta is {delta:.3g} at a diameter of {diameter:.3g} "
        f"({'tree-like' if delta <= 0.05 * diameter else 'not tree-like'}; 0 is a tree, "
        f"{diameter / 2:.3g} the most possible)."
    )
    broken = triangle_violations(distances)
    if broken > 0:
        yield f"The triangle inequality is broken in {broken:.1%} of triples; no metric is exact."
    yield advise_space(distances)
    directed = _directed(guess)
    if directed is not None:
        yield from advise_order(directed)


def triangle_violations(distances: NDArray[np.float64]) -> float:
    """Share of sampled triples with d(x, z) > d(x, y) + d(y, z)."""
    rng = np.random.default_rng(1)
    x, y, z = rng.integers(len(distances), size=(3, QUADRUPLES))
    excess = distances[x, z] - distances[x, y] - distances[y, z]
    return float(np.mean(excess > 1e-9 * np.nanmax(distances)))


def _directed(guess: Guess) -> NDArray[np.float64] | None:
    """Lengths of directed paths between a sample of nodes, if which comes first is a question.

    The order of a tree is how far its nodes are from the root: it needs no time.
    """
    if guess.kind != "graph" or guess.value.directed is False:
        return None
    graph = _weighted(guess, nx.DiGraph())
    if graph is None:
        return None
    return _paths(graph, _sample(max(nx.weakly_connected_components(graph), key=len)))


def _distances(guess: Guess) -> NDArray[np.float64] | None:
    """Symmetric finite distances of the items, or of a sample of them."""
    if guess.kind == "distances":
        values: NDArray[np.float64] = np.asarray(guess.value.values, dtype=np.float64)
        values = (values + values.T) / 2
        return None if np.isnan(values).any() else values
    if guess.kind not in ("graph", "tree"):
        return None
    graph = _weighted(guess, nx.Graph())
    if graph is None:
        return None
    return _paths(graph, _sample(max(nx.connected_components(graph), key=len)))


def _weighted(guess: Guess, graph: nx.Graph) -> nx.Graph | None:
    """Fill a graph with the edges and their lengths, 1 if there are none; None if one is <= 0."""
    edges, weights = guess.value.edges, guess.value.weights
    lengths = np.ones(len(edges)) if weights is None else np.nan_to_num(weights, nan=1.0)
    if not len(edges) or (lengths <= 0).any():
        return None
    graph.add_weighted_edges_from(zip(*edges.T.tolist(), lengths.tolist(), strict=True))
    graph.remove_edges_from(list(nx.selfloop_edges(graph)))
    return graph


def _sample(found: set[int]) -> list[int]:
    nodes = sorted(found)
    if len(nodes) <= MOST_ITEMS:
        return nodes
    chosen = np.random.default_rng(0).choice(nodes, size=MOST_ITEMS, replace=False)
    return sorted(chosen.tolist())


def _paths(graph: nx.Graph, nodes: list[int]) -> NDArray[np.float64]:
    from scipy.sparse.csgraph import dijkstra

    order = {node: number for number, node in enumerate(graph)}
    matrix = nx.to_scipy_sparse_array(graph)
    rows = [order[node] for node in nodes]
    found: NDArray[np.float64] = dijkstra(matrix, graph.is_directed(), indices=rows)[:, rows]
    return found
