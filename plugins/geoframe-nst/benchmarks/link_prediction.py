"""Held-out edges: do a spacetime's or a tree's distances and order predict them, beside rivals?

A tenth of the edges of a graph is held out. Every method sees the others, and scores the held-out
ones against as many random pairs without an edge (*link*), as many of the edges seen against the
same (*seen*: reconstruction), and each held-out edge against its reverse (*direction*). Printed are
areas under the ROC curve, mean and deviation over seeds, and process time. An undirected score
says nothing of directions, hence 0.5. MAP and mean rank are of all ancestors that the seen edges
give to each of 200 nodes, among all nodes that are none.

    OMP_NUM_THREADS=1 python link_prediction.py [--graphs ecoli mammals] [--seeds 3] [--gensim]
    OMP_NUM_THREADS=1 python link_prediction.py --graphs substances --parents --closure --gensim

``--parents`` holds out parents of nodes that have another one, so that a taxonomy stays whole.
``--closure`` shows rivals every pair of ancestor and descendant, as published reconstructions do,
not the edges alone. Needs the environment variable GEOFRAME_DATA, geoframe-hnn, and gensim for
``--gensim`` (node2vec, Poincare).
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
from geoframe_data.ancestry import Ancestry
from geoframe_data.dag import ancestors
from geoframe_data.graph import Graph
from geoframe_data.tree_policy import as_tree
from geoframe_embedding.neighbors import Ranks
from geoframe_hnn.arrays.tree_arrays import fit_arrays
from geoframe_hnn.hyperbolic.embedded_tree import embed_tree
from geoframe_hnn.quality import NodeDistances
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
    "substances": {"name": "wordnet", "subset": "nouns"},
}
BELOW = {"substances": "substance.n.01"}
"""Concepts of which only what is below is taken."""
HELD_OUT = 0.1
RANKED = 200
"""Nodes whose ancestors are ranked."""
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
    graph = load_graph(configure("nst", apply_overrides(TomlTable({}), options))[1].data)
    if name not in BELOW:
        return graph
    top = graph.names.index(BELOW[name])
    above = ancestors(len(graph), graph.edges)
    kept = [node for node, found in enumerate(above) if node == top or top in found]
    return graph.take_nodes(np.array(kept), f"below {BELOW[name]}")


def split(graph: Graph, seed: int, *, parents: bool) -> Split:
    """Hold out edges whose ends both have others, or whose child has another parent."""
    generator = np.random.default_rng(seed)
    n, ends_of = len(graph), graph.edges[:, 1:] if parents else graph.edges
    left = np.bincount(ends_of.ravel(), minlength=n)
    held = []
    for edge in generator.permutation(len(graph.edges)).tolist():
        ends = ends_of[edge]
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


def links_of_tree(dim: int) -> Any:
    """The float32 arrays of a tree as a rival, which knows further parents too.

    Likely parents are near and have many children; nobody is a parent of what is above it.
    """

    def score(seen: Graph, pairs: np.ndarray, seed: int) -> np.ndarray:
        hung = as_tree(seen, multiple_parents="keep", roots="join", lengths="ones")
        arrays = fit_arrays(hung, dim, radius=15.0, steps=300, seed=seed)
        u, v = hung.find_all(seen.names)[pairs.T]
        near = -np.log(np.maximum(arrays.in_ball.between(u, v), 1e-9))
        children = np.bincount(seen.edges[:, 0], minlength=len(seen))[pairs[:, 0]]
        return near + np.log1p(children) - AGAINST * Ancestry(hung).precedes(v, u)

    return score


def ancestors_of_tree(seen: Graph, pairs: np.ndarray, seed: int) -> np.ndarray:
    """The certified embedding of a tree in the plane as a rival, its lengths nested."""
    hung = as_tree(seen, multiple_parents="keep", roots="join", lengths="nested")
    u, v = hung.find_all(seen.names)[pairs.T]
    distance = NodeDistances(embed_tree(hung)).between(u, v)
    return -np.log(np.maximum(distance, 1e-9)) - AGAINST * Ancestry(hung).precedes(v, u)


def area(right: np.ndarray, wrong: np.ndarray) -> float:
    """Area under the ROC curve; ties count half."""
    ranks = rankdata(np.concatenate([right, wrong]))
    return float((ranks[: len(right)].mean() - (len(right) + 1) / 2) / len(wrong))


def on_edges(rival: Rival, *, closure: bool) -> Any:
    """A rival as a function of the graph: of its edges, or of all pairs that follow from them."""

    def score(seen: Graph, pairs: np.ndarray, seed: int) -> np.ndarray:
        edges = seen.edges
        if closure:
            above = ancestors(len(seen), seen.edges)
            edges = np.array([(u, v) for v, found in enumerate(above) for u in sorted(found)])
        return rival(len(seen), edges, pairs, seed)

    return score


@attrs.frozen
class Ancestors:
    """All pairs of a node with some nodes, and which of them are ancestors."""

    pairs: np.ndarray
    related: list[np.ndarray]
    nodes: np.ndarray

    @classmethod
    def of(cls, graph: Graph, seed: int) -> Ancestors:
        """Those of some nodes that have any."""
        above = ancestors(len(graph), graph.edges)
        some = np.random.default_rng(seed).permutation([v for v, u in enumerate(above) if u])
        nodes = some[:RANKED]
        everyone, each = np.meshgrid(np.arange(len(graph)), nodes)
        return cls(
            pairs=np.stack([everyone.ravel(), each.ravel()], axis=1),
            related=[np.array(sorted(above[v])) for v in nodes],
            nodes=nodes,
        )

    def measured(self, scores: np.ndarray) -> tuple[float, float]:
        """MAP and mean rank of scores of the pairs."""
        ranks = Ranks()
        rows = -scores.reshape(len(self.nodes), -1)
        for node, related, row in zip(self.nodes, self.related, rows, strict=True):
            ranks.add(row, related, np.array([node]))
        found = ranks.result()
        assert found is not None
        return found.mean_average_precision, found.mean_rank


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--graphs", nargs="+", choices=GRAPHS, default=["ecoli", "mammals"])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--gensim", action="store_true")
    parser.add_argument("--methods", nargs="+", help="only these, by their names in the table")
    parser.add_argument("--parents", action="store_true")
    parser.add_argument("--closure", action="store_true")
    given = parser.parse_args()
    torch.set_num_threads(1)
    rivals = dict(RIVALS)
    if given.gensim:
        rivals |= {"node2vec": node2vec, "Poincare embedding": poincare}
    methods = {name: on_edges(each, closure=given.closure) for name, each in rivals.items()}
    for distances in ("edges", "paths"):
        methods[f"nst, {distances}"] = spacetime(distances, given.steps)
    for dim in (2, 5):
        methods[f"hnn, arrays, {dim}"] = links_of_tree(dim)
    methods["hnn, nested lengths"] = ancestors_of_tree
    methods = {name: methods[name] for name in given.methods or methods}
    table = Table(
        *("graph", "method", "AUC link", "AUC direction", "AUC seen", "MAP", "mean rank", "seconds")
    )
    for name in given.graphs:
        graph = graph_of(name)
        found: dict[str, list[tuple[float, ...]]] = defaultdict(list)
        for seed in range(given.seeds):
            parts = split(graph, seed, parents=given.parents)
            above = Ancestors.of(parts.seen, seed)
            some = np.random.default_rng(seed).permutation(len(parts.seen.edges))[
                : len(parts.edges)
            ]
            seen = parts.seen.edges[some]
            scored = np.concatenate([parts.edges, parts.others, parts.edges[:, ::-1], seen])
            pairs = np.concatenate([scored, above.pairs])
            for method, score in methods.items():
                started = time.process_time()
                scores = score(parts.seen, pairs, seed)
                seconds = time.process_time() - started
                right, wrong, reverse, known = np.split(scores[: len(scored)], 4)
                direction = float(np.mean((right > reverse) + 0.5 * (right == reverse)))
                areas = area(right, wrong), direction, area(known, wrong)
                ranked = above.measured(scores[len(scored) :])
                found[method].append((*areas, *ranked, seconds))
        for method, values in found.items():
            *mean, seconds = np.mean(values, axis=0)
            cells = [
                f"{m:.3f} ± {s:.3f}" for m, s in zip(mean, np.std(values, axis=0), strict=False)
            ]
            table.add_row(name, method, *cells, f"{seconds:.1f}")
    Console(width=130).print(table)


if __name__ == "__main__":
    main()
