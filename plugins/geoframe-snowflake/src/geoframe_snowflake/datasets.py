"""Distances that every installation has: well-known graphs, and the paper's synthetic metrics."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Literal

import attrs

from geoframe.config.fields import option
from geoframe.dataset import Dataset

if TYPE_CHECKING:
    import networkx as nx
    import numpy as np
    from numpy.typing import NDArray

    from geoframe_data.graph import Graph
    from geoframe_snowflake.metric.finite_metric import PointMetric

GraphName = Literal[
    "karate",
    "les-miserables",
    "florentine",
    "southern-women",
    "petersen",
    "star",
    "cycle",
    "binary-tree",
    "grid",
    "random",
    "random-weights",
]


@attrs.frozen(kw_only=True)
class MetricGraph(Dataset):
    """Path lengths of a well-known graph: karate club, star, cycle, tree, grid, random, ..."""

    provides = "graph"

    component: ClassVar[str] = "geoframe_snowflake.datasets:MetricGraph"

    graph: GraphName = option(
        "karate", help="Which graph; edges have length 1, but in random-weights."
    )
    size: int = option(
        0,
        ge=0,
        help="Leaves of the star, nodes of the cycle or random graphs, depth of the tree, side of "
        "the grid; 0: 3, 20, 100 (30 with weights), 5, 7.",
    )
    seed: int = option(0, ge=0, help="Seed of the random graphs.")

    def load(self) -> Graph:
        """Return the graph; of a random one that is in several parts, the largest.

        ``random`` joins each pair with a probability of 8 / nodes; ``random-weights`` joins all,
        with lengths drawn from [1, 2].
        """
        from geoframe_data.graph import Graph
        from geoframe_data.policy import connected

        graph = self._graph()
        place = {node: index for index, node in enumerate(graph)}
        edges = [*graph.edges(data="length")]
        found = Graph(
            names=map(str, graph),
            edges=[(place[u], place[v]) for u, v, _ in edges],
            weights=None if edges[0][2] is None else [length for *_, length in edges],
            directed=False,
            origin=f"graph '{self.graph}'",
        )
        return connected(found, "largest")

    def _graph(self) -> nx.Graph:
        import networkx as nx

        size = self.size
        makers: dict[str, Callable[[], nx.Graph]] = {
            "karate": nx.karate_club_graph,
            "les-miserables": nx.les_miserables_graph,
            "florentine": nx.florentine_families_graph,
            "southern-women": nx.davis_southern_women_graph,
            "petersen": nx.petersen_graph,
            "star": lambda: nx.star_graph(size or 3),
            "cycle": lambda: nx.cycle_graph(size or 20),
            "binary-tree": lambda: nx.balanced_tree(2, size or 5),
            "grid": lambda: nx.grid_2d_graph(size or 7, size or 7),
            "random": lambda: nx.gnp_random_graph(
                size or 100, min(1.0, 8 / (size or 100)), seed=self.seed
            ),
            "random-weights": lambda: self._random_weights(size or 30),
        }
        return makers[self.graph]()

    def _random_weights(self, n: int) -> nx.Graph:
        import networkx as nx
        import numpy as np

        graph = nx.complete_graph(n)
        generator = np.random.default_rng(self.seed)
        for first, second in graph.edges:
            graph.edges[first, second]["length"] = float(generator.uniform(1, 2))
        return graph


MetricFormula = Literal["m1", "m2", "m3", "m4", "m5", "euclidean"]


@attrs.frozen(kw_only=True)
class MetricPoints(Dataset):
    """Gaussian points whose distance is a function of the Euclidean one (Neural Snowflakes, 4.1).

    With e the Euclidean distance: m1 = e^0.5 log(1+e)^0.5, m2 = e^0.1 log(1+e)^0.9,
    m3 = 1 - 1/(1+e^0.5), m4 = 1 - exp((1-e) / log e), m5 = 1 - 1/(1+e^0.2+e^0.5).
    """

    provides = "metric"

    component: ClassVar[str] = "geoframe_snowflake.datasets:MetricPoints"

    metric: MetricFormula = option("m1", help="The function of the Euclidean distance.")
    points: int = option(64, ge=2, unit="points", help="Number of points.")
    dim: int = option(100, ge=1, help="Coordinates of a point.")
    fresh: int = option(64, ge=0, unit="points", help="Further points, to test on.")
    seed: int = option(0, ge=0, help="Seed of the points.")

    def load(self) -> PointMetric:
        """Return the points."""
        import numpy as np

        from geoframe_snowflake.metric.finite_metric import PointMetric

        generator = np.random.default_rng(self.seed)
        points = generator.standard_normal((self.points, self.dim))
        fresh = generator.standard_normal((self.fresh, self.dim))
        return PointMetric(
            names=map(str, range(self.points)),
            points=points,
            features=points.astype(np.float32),
            function=self.distances,
            fresh=fresh if self.fresh > 1 else None,
        )

    def distances(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Distances of ``(k, dim)`` and ``(n, dim)`` -> ``(k, n)``."""
        from scipy.spatial.distance import cdist

        return of_euclidean(cdist(x, y), self.metric)


def of_euclidean(e: NDArray[np.float64], formula: MetricFormula) -> NDArray[np.float64]:
    """Apply one of the paper's formulas, with its limits at e = 0 and e = 1."""
    import numpy as np

    if formula == "m1":
        return np.sqrt(e) * np.sqrt(np.log1p(e))
    if formula == "m2":
        return e**0.1 * np.log1p(e) ** 0.9
    if formula == "m3":
        return 1 - 1 / (1 + np.sqrt(e))
    if formula == "m5":
        return 1 - 1 / (1 + e**0.2 + np.sqrt(e))
    if formula == "euclidean":
        return e
    # (e - 1) / log e, which is 0 at 0 and 1 at 1
    log = np.log(np.maximum(e, np.finfo(np.float64).tiny))
    ratio = np.divide(e - 1, log, out=np.ones_like(e), where=np.abs(log) > 1e-9)
    return -np.expm1(-np.where(e == 0, 0.0, ratio))
