"""How much less CPU time geoframe needs to reach the distortion of the published training.

Both train on the same graph, with the same number of space and time coordinates and the same
number of steps, in this process, on one thread.

*published*: both ends of every pair are encoded in every step (a dense graph: all n^2 pairs, the
absent ones masked; a sparse one: its edges), by the encoder of ten blocks, with the published
loss, start and AdamW at 1e-4. *node-wise* is the same training with every node encoded once a
step. *ours* is the default of ``geoframe run nst`` at these dimensions.

    python benchmarks/against_published.py [--steps 1000] [--graphs synthetic cornell ...]

needs the environment variable GEOFRAME_DATA. The distortion compared is the mean over edges of
max(weight / distance, distance / weight).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from typing import Any

import attrs
import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor

from geoframe.config import TomlTable, apply_overrides
from geoframe_data.graph import Graph
from geoframe_embedding.discrepancy import discrepancy
from geoframe_embedding.measures import Ratios
from geoframe_nst.data import load_graph
from geoframe_nst.fit import objective_for
from geoframe_nst.objective import SpacetimeObjective
from geoframe_nst.reference import neural
from geoframe_registry.configs import configure

GRAPHS: dict[str, dict[str, Any]] = {
    "synthetic": {"name": "nst-synthetic"},
    "cornell": {"name": "webkb", "university": "cornell", "source": "geomgcn"},
    "texas": {"name": "webkb", "university": "texas", "source": "geomgcn"},
    "ecoli": {"name": "dream5", "network": "ecoli"},
}
DENSE = 0.25
"""Share of all pairs that are edges, above which the published code's list of all pairs is used."""
LOOKS = 100
"""How often the distortion is looked at during a training; not counted as training time."""


class Watched(SpacetimeObjective):
    """An objective that notes CPU time and distortion as it is trained."""

    history: list[tuple[float, float]]
    started: float
    looking: float

    def watch(self) -> None:
        """Start the clock."""
        self.history, self.looking, self.started = [], 0.0, time.process_time()

    def evaluate(self) -> Mapping[str, float]:
        """Note the distortion over all edges; the time this takes is not counted."""
        began = time.process_time()
        points = self.embedding()
        distances = self.embedding.distance(points[self.pairs[:, 0]], points[self.pairs[:, 1]])
        ratios = Ratios(given=self.targets.double().numpy(), embedded=distances.double().numpy())
        reached = ratios.measures("edges")["distortion_symmetric_mean_edges"]
        self.history.append((began - self.started - self.looking, reached))
        self.looking += time.process_time() - began
        return {"distortion": reached}


class PairWise(Watched):
    """The published way: both ends of every pair through the encoder, absent pairs masked."""

    def every_pair(self) -> None:
        """List the pairs that are encoded in each step."""
        n = len(self.embedding.inputs)
        if len(self.pairs) < DENSE * n * n:
            self.every, self.chosen = self.pairs, slice(None)
            return
        self.every = torch.cartesian_prod(torch.arange(n), torch.arange(n))
        numbers = self.pairs @ torch.tensor([n, 1])
        self.chosen = numbers

    def forward(self, items: Tensor) -> Mapping[str, Tensor]:
        """All pairs, whatever ``items`` are: the published training is full batch."""
        x = self.embedding(self.every[:, 0])
        y = self.embedding(self.every[:, 1])
        distances = self.embedding.distance(x, y)[self.chosen]
        space = discrepancy(distances, self.targets, self.loss)
        return {"loss": space + self._time(self._gaps(x, y)[self.chosen])}


def train(
    kind: type[Watched], overrides: Mapping[str, Any], steps: int
) -> tuple[list[tuple[float, float]], Graph]:
    """Train and return the history of (CPU seconds, distortion)."""
    every = max(1, steps // LOOKS)
    table = apply_overrides(
        TomlTable({}),
        [*overrides.items(), ("trainer.steps", steps), ("trainer.evaluate_every", every)],
    )
    _, config = configure("nst", table)
    graph = load_graph(config.data)
    torch.manual_seed(config.seed)
    began = time.process_time()  # building counts: landmarks and linear extensions are ours to pay
    objective = objective_for(config, graph)
    objective.__class__ = kind
    assert isinstance(objective, Watched)
    objective.watch()
    objective.started = began
    if isinstance(objective, PairWise):
        objective.every_pair()
    config.trainer.build().fit(objective)
    return objective.history, graph


@attrs.frozen
class Race:
    """One graph's outcome."""

    graph: str
    distortion: float
    published: float
    node_wise: float
    ours: float | None
    final: float


def race(name: str, steps: int, dim: int) -> Race:
    """Let the three trainings run on one graph."""
    published_scheme = {**neural(dim), "data.dataset": GRAPHS[name]}
    defaults = {
        "data.dataset": GRAPHS[name],
        "data.cycles": "keep",
        "geometry.dim": dim,
        "nst.time_dim": dim,
    }
    published, _ = train(PairWise, published_scheme, steps)
    node_wise, _ = train(Watched, published_scheme, steps)
    ours, _ = train(Watched, defaults, steps)
    seconds, target = published[-1]
    reached = next((at for at, value in ours if value <= target), None)
    return Race(name, target, seconds, node_wise[-1][0], reached, ours[-1][1])


def main() -> None:
    """Run the races and print their table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--dim", type=int, default=2)
    parser.add_argument("--graphs", nargs="+", choices=GRAPHS, default=list(GRAPHS))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    table = Table(
        "graph",
        "distortion published",
        "CPU-s published",
        "CPU-s node-wise",
        "CPU-s ours to reach it",
        "published / ours",
        "our final distortion",
        title=f"{arguments.steps} steps, {arguments.dim} space and time coordinates, one thread",
    )
    for name in arguments.graphs:
        one = race(name, arguments.steps, arguments.dim)
        table.add_row(
            one.graph,
            f"{one.distortion:.4f}",
            f"{one.published:.1f}",
            f"{one.node_wise:.1f}",
            "not reached" if one.ours is None else f"{one.ours:.2f}",
            "" if one.ours is None else f"{one.published / one.ours:.1f}x",
            f"{one.final:.4f}",
        )
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
