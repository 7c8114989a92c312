"""Does u come before v: the coordinates of time against the packed closure of the graph.

Random acyclic graphs of one size, sparser and denser, so that an exact order takes few or many
coordinates. Both answer the same pairs in one process, on one thread; half of the pairs are drawn
at random, half among those that a path connects. The last rows are the public queries by name.

    python benchmarks/order_queries.py [--nodes 2000] [--pairs 200000] [--degrees 1 2 3 4]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch
from rich.console import Console
from rich.table import Table as Printed
from torch import nn

from geoframe.config import TomlTable
from geoframe.embedders.table import Table
from geoframe_embedding.embedding import EmbeddedItems
from geoframe_nst.closure.reachability import Reachability
from geoframe_nst.order.precedence import ClosureOrder, KnownOrder, RankOrder
from geoframe_nst.order.realizer import Realizer, realizer
from geoframe_nst.spacetime import NeuralSpacetime
from geoframe_nst.trained import TrainedSpacetime
from geoframe_registry.configs import configure
from geoframe_spaces.euclidean import Euclidean

REPEATS = 5


def milliseconds(call: Callable[[], object]) -> float:
    """Least time of a few calls."""
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return 1e3 * min(times)


def random_dag(nodes: int, degree: float, generator: np.random.Generator) -> np.ndarray:
    """Edges ``(e, 2)`` that go forward, ``degree`` a node on average."""
    ends = np.sort(generator.integers(0, nodes, (int(degree * nodes), 2)), axis=1)
    return np.unique(ends[ends[:, 0] < ends[:, 1]], axis=0)


def spacetime(found: Realizer, edges: np.ndarray) -> TrainedSpacetime:
    """A spacetime as a run gives it; its places do not matter here."""
    n, dims = found.ranks.shape
    geometry = NeuralSpacetime(Euclidean(4), nn.Identity(), time_dim=dims)
    times = torch.tensor(found.ranks, dtype=torch.float32)
    embedding = EmbeddedItems(Table(n, 4), geometry, torch.arange(n), times)
    return TrainedSpacetime(
        embedding,
        [f"node {i}" for i in range(n)],
        data=configure("nst", TomlTable({}))[1].data,
        known=KnownOrder(edges=edges, exact=found.exact),
    )


def row(
    trained: TrainedSpacetime, reachability: Reachability, u: np.ndarray, v: np.ndarray
) -> list[str]:
    """Cells of the table for one graph, after a check that all answers are the same."""
    times = trained.embedding.closed_form
    assert times is not None
    ranks = RankOrder(ranks=np.ascontiguousarray(times.numpy().T.astype(np.int16)))
    closure = ClosureOrder(reachability=reachability)
    expected = reachability.reaches(u, v)
    for order in (ranks, closure, trained.precedence):
        assert (order.between(u, v) == expected).all()
    names = np.array(trained.names, dtype=object)
    first, second = names[u].tolist(), names[v].tolist()
    taken = "closure" if isinstance(trained.precedence, ClosureOrder) else "ranks"
    calls = (
        lambda: trained.compare(trained.order.precedes, u, v),
        lambda: ranks.between(u, v),
        lambda: closure.between(u, v),
        lambda: trained.precedence.between(u, v),
        lambda: trained.precedes(first, second),
    )
    spent = [f"{milliseconds(call):.1f}" for call in calls]
    sizes = [f"{size / 1024:.0f}" for size in (ranks.ranks.nbytes, reachability.closure().nbytes)]
    return [str(times.shape[1]), *sizes, *spent[:3], taken, *spent[3:]]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nodes", type=int, default=2000)
    parser.add_argument("--pairs", type=int, default=200_000)
    parser.add_argument("--degrees", type=float, nargs="+", default=[0.7, 1.0, 1.5, 2.0, 3.0])
    given = parser.parse_args()
    torch.set_num_threads(1)
    generator = np.random.default_rng(0)
    table = Printed(
        "edges a node",
        "coordinates",
        "KiB coordinates",
        "KiB closure",
        "ms coordinates of a point",
        "ms ranks",
        "ms closure",
        "taken",
        "ms taken",
        "ms by name",
        "s search",
        title=f"{given.nodes} nodes, {given.pairs} queries",
    )
    for degree in given.degrees:
        edges = random_dag(given.nodes, degree, generator)
        reachability = Reachability(given.nodes, edges)
        started = time.process_time()
        trained = spacetime(realizer(reachability), edges)
        searched = time.process_time() - started
        far = reachability.sample_comparable(given.pairs // 2, generator)
        u, v = np.concatenate([far, generator.integers(0, given.nodes, far.shape)]).T
        u, v = np.ascontiguousarray(u), np.ascontiguousarray(v)
        table.add_row(f"{degree:g}", *row(trained, reachability, u, v), f"{searched:.1f}")
    Console(width=150).print(table)


if __name__ == "__main__":
    main()
