"""How faithful an embedding is: measures of its distances, and its triangles."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import NDArray

from geoframe_embedding.comparison import item_measures, ratios_of
from geoframe_embedding.distances import PairDistances
from geoframe_embedding.measures import Ratios
from geoframe_embedding.pairs import Pairs
from geoframe_snowflake.certificate.triangles import Triangle, worst_triangles
from geoframe_snowflake.metric.finite_metric import FiniteMetric, GraphMetric
from geoframe_snowflake.run_config import EvaluationConfig
from geoframe_snowflake.trained import TrainedSnowflake

MOST_ITEMS = 400
"""Items whose triangles are all looked at; of more, a random sample of that size."""


@attrs.frozen(kw_only=True, eq=False)
class Certificate:
    """How faithful one embedding is."""

    ratios: Ratios
    """Embedded against given distances of the pairs that were looked at."""
    measures: dict[str, float]
    triangles: Sequence[Triangle] = ()
    promised: float | None = None
    """Relaxation constant K that the geometry promises."""

    @property
    def relaxation(self) -> float:
        """Largest ratio of a side to the way round that was found; above 1, not a metric."""
        return self.triangles[0].ratio if self.triangles else 0.0

    @property
    def errors(self) -> NDArray[np.float64]:
        """Embedded less given distance of the pairs ``(p,)``."""
        return self.ratios.embedded - self.ratios.given


def measure(
    embedded: PairDistances,
    metric: FiniteMetric,
    pairs: Pairs,
    options: EvaluationConfig,
    *,
    seed: int,
) -> Certificate:
    """Measure distances of any kind on pairs, triplets and neighbours."""
    ratios = ratios_of(embedded, pairs)
    measures = {
        **ratios.measures("pairs"),
        **item_measures(
            metric,
            embedded,
            ranked=options.ranked,
            seed=seed,
            unit_edges=isinstance(metric, GraphMetric) and metric.unweighted,
        ),
    }
    return Certificate(ratios=ratios, measures=measures)


def certify(
    trained: TrainedSnowflake,
    metric: FiniteMetric,
    pairs: Pairs,
    options: EvaluationConfig,
    *,
    seed: int,
) -> Certificate:
    """Measure an embedding, and its triangles against what the geometry promises."""
    items = np.arange(len(trained))
    if len(items) > MOST_ITEMS:
        items = np.sort(np.random.default_rng(seed).permutation(items)[:MOST_ITEMS])
    points = trained.points[items]
    distances = trained.embedding.scale * trained.embedding.geometry.pairwise(points, points)
    triangles = worst_triangles(distances.double().numpy(), max(1, options.worst))
    return attrs.evolve(
        measure(trained, metric, pairs, options, seed=seed),
        triangles=[triangle.of(items) for triangle in triangles],
        promised=trained.embedding.geometry.promise.relaxation,
    )
