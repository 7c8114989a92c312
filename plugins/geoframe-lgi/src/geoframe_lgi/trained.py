"""A finished run of lgi: predictions with their reasons, for rows old and new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from geoframe import DataError
from geoframe.errors import did_you_mean
from geoframe_data import Schema
from geoframe_lgi.encoding import Encoder
from geoframe_lgi.latent.discrete import DiscreteGraphModule
from geoframe_lgi.latent.edges import shares_of
from geoframe_lgi.network.objective import LatentGraphObjective
from geoframe_lgi.new_rows import TrainedRows
from geoframe_lgi.prediction import predict_new
from geoframe_lgi.results import prediction_frame
from geoframe_lgi.task import NodeTask, Scores

TOLD = 5
"""Neighbours that are named as the reason of a prediction."""


class TrainedGraph(TrainedRows):
    """Trained latent networks with the rows that they were trained on.

    Parameters
    ----------
    task, encoder, schema, id
        See :class:`~geoframe_lgi.new_rows.TrainedRows`.
    objectives
        One trained network per seed; predictions are their mean.
    seed
        Of the graphs that are drawn for new rows.
    """

    def __init__(
        self,
        task: NodeTask,
        encoder: Encoder,
        schema: Schema,
        objectives: Sequence[LatentGraphObjective],
        *,
        seed: int = 0,
        id: str | None = None,
    ) -> None:
        super().__init__(task, encoder, schema, id=id)
        self.objectives = [each.eval().requires_grad_(False) for each in objectives]
        self.seed = seed

    def __repr__(self) -> str:
        kind = f"{self.task.kind} of {len(self.task.outputs)} outputs"
        geometry = self.objectives[0].network.graph_modules()[0].geometry
        return f"TrainedGraph({len(self.task)} rows, {kind}, latent {type(geometry).__name__})"

    @property
    def draws_edges(self) -> bool:
        """Whether graphs are drawn (discrete), or all pairs are weighed (continuous)."""
        return isinstance(self.objectives[0].network.graph_modules()[0], DiscreteGraphModule)

    def scores(self) -> Scores:
        """Scores of the training rows ``(n, c)``, labelled or not."""
        every = [each.scores() for each in self.objectives]
        scores: Scores = torch.stack(every).mean(dim=0).double().numpy()
        return scores

    def predict(self, features: NDArray[np.float32], names: Sequence[str]) -> pd.DataFrame:
        """Predict encoded features ``(m, f)``: the prediction, its probabilities, and neighbours.

        Edges go from training rows to new ones, so a row's prediction does not depend on which
        others are in the file. ``neighbors`` names those that decided.
        """
        scores, counts = [], []
        for objective in self.objectives:
            said, sources = predict_new(objective, features, self.seed)
            scores.append(said)
            counts.append(sources)
        frame = prediction_frame(self.task, np.mean(scores, axis=0), names)
        total = sum(objective.passes for objective in self.objectives)
        frame["neighbors"] = [self._told(several, total) for several in zip(*counts, strict=True)]
        return frame

    def to_frame(self) -> pd.DataFrame:
        """Prediction and probabilities of every training row, with its target where it is known."""
        frame = prediction_frame(self.task, self.scores(), self.task.names)
        if self.task.kind == "classification":
            names = np.array([*self.task.outputs, ""], dtype=object)
            frame["target"] = names[self.task.codes]
        return frame

    def points(self) -> NDArray[np.float64]:
        """Latent points of the training rows under the first seed ``(n, point_dim)``."""
        points: NDArray[np.float64] = (
            self.objectives[0].passes_of()[0].samples[0].points.double().numpy()
        )
        return points

    def edge_shares(self) -> dict[tuple[int, int], float]:
        """Inferred edges (source, target) and the share of drawn graphs that hold them."""
        return shares_of(
            found.samples[0].edges for each in self.objectives for found in each.passes_of()
        )

    def neighbors(self, name: str, k: int = 10) -> pd.DataFrame:
        """Return the rows that a training row most often draws as its sources.

        Raises
        ------
        DataError
            If no row has that name.
        """
        if name not in self.task.names:
            raise DataError(f"no row '{name}'{did_you_mean(name, self.task.names)}")
        row = self.task.names.index(name)
        shares = [(share, s) for (s, t), share in self.edge_shares().items() if t == row]
        best = sorted(shares, reverse=True)[:k]
        return pd.DataFrame(
            {
                "name": [self.task.names[source] for _, source in best],
                "share": [share for share, _ in best],
                "target": [self._label(source) for _, source in best],
            }
        ).set_index("name")

    def export(self, folder: Path) -> Sequence[Path]:
        """Write edges, graph, points, predictions and the network; return the files written."""
        from geoframe_lgi.export import export_trained

        return export_trained(self, folder)

    def _told(self, counts: Sequence[Mapping[int, int]], total: int) -> str:
        """Name the neighbours that a prediction came from, the most frequent first."""
        shares: dict[int, float] = {}
        for each in counts:
            for row, count in each.items():
                shares[row] = shares.get(row, 0.0) + count / total
        best = sorted(shares.items(), key=lambda pair: (-pair[1], pair[0]))[:TOLD]
        return "; ".join(
            f"{self.task.names[row]} ({label}, {share:.0%})"
            if (label := self._label(row))
            else f"{self.task.names[row]} ({share:.0%})"
            for row, share in best
        )

    def _label(self, row: int) -> str:
        if not self.task.labelled[row]:
            return ""
        target = self.task.target[row]
        if self.task.kind == "classification":
            return self.task.outputs[int(target[0])]
        return ", ".join(f"{value:g}" for value in target)
