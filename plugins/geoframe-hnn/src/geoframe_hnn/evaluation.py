"""What a run measures, and its report."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from geoframe.method import Result
from geoframe.run.directory import Run
from geoframe.run.resources import peak_memory_mib
from geoframe_data.tree import Tree
from geoframe_embedding.comparison import ratios_of
from geoframe_embedding.distances import PairDistances
from geoframe_embedding.figures import ratios_by_distance
from geoframe_embedding.meanings import meanings
from geoframe_embedding.measures import Ratios
from geoframe_embedding.pairs import Pairs
from geoframe_hnn.config import HNNConfig
from geoframe_hnn.figures import drawable, poincare_disc
from geoframe_hnn.fit import timed
from geoframe_hnn.hyperbolic.embedded_tree import HyperbolicTree
from geoframe_hnn.quality import evaluation_pairs, measure_items
from geoframe_hnn.tree.bounds import euclidean_lower_bound
from geoframe_hnn.verdict import verdict

RESOLVED = 36.0
"""Distance from the root (curvature -1) beyond which float64 root coordinates are all rounding."""


class Evaluation:
    """Collects embeddings of one tree and compares them.

    Parameters
    ----------
    config, tree, run
        Of the run.
    """

    def __init__(self, config: HNNConfig, tree: Tree, run: Run) -> None:
        self.config = config
        self.tree = tree
        self.run = run
        self.pairs: Pairs = evaluation_pairs(tree, config.evaluation.pairs, config.seed)
        self.measured: dict[str, Ratios] = {}
        self.rows: list[dict[str, Any]] = []
        self.notes: list[str] = [*tree.repairs]

    def add(
        self,
        name: str,
        embedded: PairDistances,
        dim: int,
        seconds: float,
        *,
        bound: float | None = None,
    ) -> None:
        """Measure an embedding.

        Parameters
        ----------
        name
            What the report calls it.
        embedded
            Distances of the nodes in the unit of the tree.
        dim
            Dimension of its space.
        seconds
            Process time it took.
        bound
            Certified worst-case distortion, if there is a certificate.
        """
        options = self.config.evaluation
        ratios = ratios_of(embedded, self.pairs)
        items = measure_items(
            embedded, self.tree, options.relation, options.ranked_nodes, self.config.seed
        )
        ranked = items.pop("ranked_nodes", None)
        if ranked is not None and ranked < min(options.ranked_nodes, len(self.tree) - 1):
            note = f"The tree is so deep that neighbours were ranked from {ranked:.0f} nodes only."
            if note not in self.notes:
                self.notes.append(note)
        self.measured[name] = ratios
        self.rows.append(
            {
                "embedding": name,
                "dim": dim,
                "certified_distortion": bound,
                **ratios.measures("pairs"),
                **items,
                "any_euclidean_at_least": euclidean_lower_bound(self.tree, dim),
                "seconds": seconds,
            }
        )

    def result(self, construction: HyperbolicTree, facts: Mapping[str, Any]) -> Result:
        """Draw, and put everything together; the first row added is the construction."""
        tree, first = self.tree, self.rows[0]
        start = time.process_time()
        self._draw(construction)
        median = float(np.median(tree.length[1:])) if len(tree) > 1 else 1.0
        farthest = construction.scale * float(tree.height[0])
        bits = farthest / math.log(2.0)
        metrics: dict[str, Any] = {
            "nodes": len(tree),
            "leaves": len(tree.leaves),
            **({"further_parents": len(tree.further)} if len(tree.further) else {}),
            "largest_degree": int(tree.degree.max()),
            "depth": int(tree.depth.max()),
            "dim": construction.dim,
            "curvature": construction.curvature,
            "scale": construction.scale * median,
            "isometric_curvature": -(construction.scale**2),
            **{key: first[key] for key in list(first)[2:]},
            "measured_pairs": len(self.pairs),
            "root_coordinate_bits": bits,
            "bytes_per_node": 4 + 8 + 8 * construction.dim,
            **facts,
        }
        for row in self.rows[1:]:
            prefix = row["embedding"].replace(" ", "_").replace("-", "_")
            kept = set(row) - {"embedding", "dim", "certified_distortion"}
            metrics |= {f"{prefix}_{key}": row[key] for key in row if key in kept}
        metrics["report_seconds"] = time.process_time() - start
        metrics["peak_memory_mib"] = peak_memory_mib()
        self._comment(first, farthest)
        return Result(
            metrics=metrics,
            tables={"embeddings": self.rows, "ratio_by_distance": self._by_distance()},
            notes=self.notes,
            verdict=verdict(self.rows),
            picture="poincare_disc",
            meanings=meanings(metrics),
        )

    def _comment(self, first: Mapping[str, Any], farthest: float) -> None:
        bound, worst = first["certified_distortion"], first["distortion_worst_pairs"]
        least = first["any_euclidean_at_least"]
        kind = "all" if self.pairs.complete else "the measured"
        if bound is None:
            self.notes.append(
                "At this scale no distortion can be certified; the measured one stands alone."
            )
        else:
            self.notes.append(
                f"Certified: no pair of nodes is distorted by more than {bound:.4f} in "
                f"H^{first['dim']} (measured on {kind} pairs: {worst:.4f}). "
                + (
                    f"Any embedding in R^{first['dim']} distorts some pair by at least {least:.3g}."
                    if least > 1.0
                    else f"The bound for R^{first['dim']} says nothing for this tree."
                )
            )
        if farthest > RESOLVED:
            self.notes.append(
                f"The farthest node is {farthest:.0f} away from the root (curvature -1); beyond "
                f"{RESOLVED:.0f} float64 coordinates at the root tell nothing apart. Take "
                "distances from the stored form, not from exported root coordinates."
            )

    def _by_distance(self) -> list[dict[str, Any]]:
        return [
            {"embedding": name, **row}
            for name, ratios in self.measured.items()
            for row in ratios.by_distance
        ]

    def _draw(self, construction: HyperbolicTree) -> None:
        self.run.write_figure("ratio_by_distance", ratios_by_distance(self.measured))
        if construction.dim == 2:
            center = self.config.evaluation.center
            at = self.tree.find(center) if center else 0
            self.run.write_figure("poincare_disc", poincare_disc(drawable(construction, at), at))


def certified(construction: HyperbolicTree) -> tuple[float | None, float]:
    """Certified worst-case distortion, None if there is none, and the seconds it took."""
    with timed() as clock:
        bound = construction.certificate()
    return _finite(bound), clock.seconds


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
