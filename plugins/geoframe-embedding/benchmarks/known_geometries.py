"""How often the geometry of data made in a known one is named: ``python known_geometries.py``.

    OMP_NUM_THREADS=1 python known_geometries.py [SEEDS [FIRST [KIND ...]]]

Each kind of data, or those that are named, is drawn SEEDS times (10), from seed FIRST (0) on; the
table shows what ``geoframe try`` would say of them. The rows made in no space show what is said
where there is nothing to find.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import networkx as nx
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from geoframe_embedding.spaces_compared import compare_orders, compare_spaces

ITEMS = 80
Matrix = NDArray[np.float64]


def paths(graph: nx.Graph) -> Matrix:
    return np.asarray(nx.floyd_warshall_numpy(graph))


def tree(seed: int) -> Matrix:
    return paths(nx.random_labeled_tree(ITEMS, seed=seed))


def plane(seed: int) -> Matrix:
    points = np.random.default_rng(seed).uniform(size=(ITEMS, 2))
    return cdist(points, points)


def grid(seed: int) -> Matrix:
    return paths(nx.grid_2d_graph(7 + seed % 3, 9 + seed % 4))


def sphere(seed: int) -> Matrix:
    points = np.random.default_rng(seed).normal(size=(ITEMS, 3))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    return np.asarray(2 * np.arcsin(np.clip(0.5 * cdist(points, points), 0, 1)))


def snowflake(seed: int) -> Matrix:
    return np.sqrt(plane(seed))


def tree_by_line(seed: int) -> Matrix:
    distances = tree(seed)
    height = np.random.default_rng(seed).uniform(0, np.median(distances), (ITEMS, 1))
    return np.hypot(distances, cdist(height, height))


def causal_set(seed: int) -> Matrix:
    """Points of a plane, each of which leads to those to the upper right of it."""
    points = np.random.default_rng(seed).uniform(size=(ITEMS, 2))
    later = (points[:, None] < points).all(-1)
    return paths(nx.transitive_reduction(nx.from_numpy_array(later, create_using=nx.DiGraph)))


def schedule(seed: int) -> Matrix:
    """Steps, each of which needs two of the fifteen before it."""
    rng = np.random.default_rng(seed)
    edges = [
        (int(u), v) for v in range(1, ITEMS) for u in set(rng.integers(max(0, v - 15), v, size=2))
    ]
    return paths(nx.DiGraph(edges))


def hubs(seed: int) -> Matrix:
    """Packages, each of which needs up to three others, popular ones more often."""
    rng = np.random.default_rng(seed)
    popular = np.ones(ITEMS)
    graph = nx.DiGraph()
    for v in range(1, ITEMS):
        weights = popular[:v] / popular[:v].sum()
        for u in set(rng.choice(v, size=rng.integers(1, 4), p=weights).tolist()):
            graph.add_edge(u, v)
            popular[u] += 1
    return paths(graph)


def random_graph(seed: int) -> Matrix:
    return paths(nx.gnp_random_graph(ITEMS, 0.06, seed=seed))


def random_order(seed: int) -> Matrix:
    """Any item leads to any later one with the same probability."""
    edges = np.triu(np.random.default_rng(seed).random((ITEMS, ITEMS)) < 0.05, k=1)
    return paths(nx.from_numpy_array(edges, create_using=nx.DiGraph))


Draw = Callable[[int], Matrix]
BY_DISTANCES: Mapping[Draw, str] = {
    tree: "hyperboloid",
    plane: "euclidean",
    grid: "euclidean",
    sphere: "sphere",
    snowflake: "snowflake-power",
    tree_by_line: "hyperboloid x euclidean",
    random_graph: "(none)",
}
BY_ORDER: Mapping[Draw, str] = {
    causal_set: "spacetime",
    schedule: "spacetime",
    hubs: "(none)",
    random_order: "(none)",
}


def named(draw: Draw, seed: int) -> str:
    """Name the geometry that suits one draw best."""
    distances = draw(seed)
    if draw in BY_ORDER:
        table = compare_orders(distances)
    else:
        connected = np.isfinite(distances).sum(axis=1) > len(distances) / 2
        table = compare_spaces(distances[np.ix_(connected, connected)])
    return str(table.index[table["chosen"]][0])


def main(seeds: int, first: int, kinds: Sequence[str]) -> None:
    print(f"{'data':<14} {'made in':<24} {'hits':>6}  named")
    for draw, expected in {**BY_DISTANCES, **BY_ORDER}.items():
        if kinds and draw.__name__ not in kinds:
            continue
        found = Counter(named(draw, seed) for seed in range(first, first + seeds))
        hits = "" if expected == "(none)" else f"{found[expected]}/{seeds}"
        words = ", ".join(f"{name} {count}" for name, count in found.most_common())
        print(f"{draw.__name__:<14} {expected:<24} {hits:>6}  {words}", flush=True)


if __name__ == "__main__":
    numbers = [int(each) for each in sys.argv[1:3]]
    main(*numbers, *(10, 0)[len(numbers) :], sys.argv[3:])
