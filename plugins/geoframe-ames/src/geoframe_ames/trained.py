"""A finished run of ames: predictions for rows old and new, and which branches they came from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import nn

from geoframe_ames.branches import Branch, LatentBranch
from geoframe_ames.network.objective import BranchObjective
from geoframe_ames.seen import (
    Shares,
    embeddings_of_branches,
    embeddings_of_network,
    graphs_of_branches,
    graphs_of_networks,
)
from geoframe_data import Schema
from geoframe_lgi.branches.kinds import Views
from geoframe_lgi.encoding import Encoder
from geoframe_lgi.held_out import log_mean_scores, mean_scores
from geoframe_lgi.new_rows import TrainedRows
from geoframe_lgi.prediction import row_seed
from geoframe_lgi.results import prediction_frame
from geoframe_lgi.task import NodeTask, Scores


class Fused(Protocol):
    """What predicts: several branches, or networks of them."""

    names: tuple[str, ...]

    def predict(self, features: NDArray[np.float32]) -> dict[str, Scores]:
        """Scores ``(m, c)`` of new rows by each part."""
        ...

    def merge(self, scores: Sequence[Scores]) -> Scores:
        """Prediction from the scores of the parts."""
        ...

    def edge_shares(self) -> dict[str, Shares]:
        """Edges among the training rows, by the graph's name."""
        ...

    def embeddings(self) -> dict[str, NDArray[np.float64]]:
        """Where training rows stand ``(n, d)``, by branch."""
        ...

    def networks(self) -> Sequence[BranchObjective]:
        """Attention networks, if there are any."""
        ...

    def module(self) -> nn.Module | None:
        """Encoded features of new rows -> their scores, where plain tensors can say how."""
        ...


class FusedBranches:
    """Branches trained apart, with their weights."""

    def __init__(self, views: Views, branches: Sequence[Branch], weights: Sequence[float]) -> None:
        self.views = views
        self.branches = branches
        self.weights = weights
        self.names = tuple(branch.predictions.name for branch in branches)

    def predict(self, features: NDArray[np.float32]) -> dict[str, Scores]:
        """Scores of every branch."""
        return {branch.predictions.name: branch.predict(features) for branch in self.branches}

    def merge(self, scores: Sequence[Scores]) -> Scores:
        """Weighted mean of their logarithms."""
        return log_mean_scores(self.views.task, scores, self.weights)

    def edge_shares(self) -> dict[str, Shares]:
        """Graphs that the branches see."""
        return graphs_of_branches(self.views, self.branches)

    def embeddings(self) -> dict[str, NDArray[np.float64]]:
        """Hidden values, or latent points."""
        return embeddings_of_branches(self.branches)

    def networks(self) -> Sequence[BranchObjective]:
        """None."""
        return ()

    def module(self) -> nn.Module | None:
        """The mixture; None with a latent branch, which draws the edges of every new row."""
        from geoframe_ames.portable.mixture import PortableMixture

        if any(isinstance(branch, LatentBranch) for branch in self.branches):
            return None
        return PortableMixture(self.views, self.branches, self.weights)


class FusedNetworks:
    """Attention networks, one per seed."""

    def __init__(self, views: Views, objectives: Sequence[BranchObjective], seed: int) -> None:
        self.views = views
        self.objectives = [each.eval().requires_grad_(False) for each in objectives]
        self.seed = seed
        self.names = tuple(f"network-{number}" for number in range(len(objectives)))

    def predict(self, features: NDArray[np.float32]) -> dict[str, Scores]:
        """Scores of every network, each the mean over its drawn graphs."""
        every = [self._scores(each, features) for each in self.objectives]
        return dict(zip(self.names, every, strict=True))

    def merge(self, scores: Sequence[Scores]) -> Scores:
        """Mean over trainings."""
        return mean_scores(scores)

    def edge_shares(self) -> dict[str, Shares]:
        """Graph of each branch."""
        return graphs_of_networks(self.objectives)

    def embeddings(self) -> dict[str, NDArray[np.float64]]:
        """What the first network's head sees, and its latent points."""
        return embeddings_of_network(self.objectives[0])

    def networks(self) -> Sequence[BranchObjective]:
        """All of them."""
        return self.objectives

    def module(self) -> nn.Module | None:
        """None: they draw the edges of every new row."""
        return None

    def _scores(self, objective: BranchObjective, features: NDArray[np.float32]) -> Scores:
        n = len(objective.features)
        joined = torch.cat([objective.features, torch.from_numpy(features)])
        near = self.views.nearest.nearest_to(features)
        generator = torch.Generator().manual_seed(self.seed)
        found = [
            objective.network(
                joined,
                generator,
                rows=n,
                seeds=[row_seed(row, self.seed, number) for row in features],
                near=torch.from_numpy(near),
            )
            for number in range(objective.passes)
        ]
        return mean_scores([objective.loss.to_scores(each.logits[n:]) for each in found])


class TrainedSelection(TrainedRows):
    """Trained branches with the rows that they were trained on.

    Parameters
    ----------
    task, encoder, schema, id
        See :class:`~geoframe_lgi.new_rows.TrainedRows`.
    model
        What predicts.
    """

    def __init__(
        self,
        task: NodeTask,
        encoder: Encoder,
        schema: Schema,
        model: Fused,
        *,
        id: str | None = None,
    ) -> None:
        super().__init__(task, encoder, schema, id=id)
        self.model = model

    def __repr__(self) -> str:
        return f"TrainedSelection({len(self.task)} rows, {', '.join(self.model.names)})"

    def predict(self, features: NDArray[np.float32], names: Sequence[str]) -> pd.DataFrame:
        """Predict encoded features ``(m, f)``: prediction, probabilities, what each branch says."""
        every = self.model.predict(features)
        frame = prediction_frame(self.task, self.model.merge([*every.values()]), names)
        if self.task.kind == "classification":
            outputs = np.array(self.task.outputs, dtype=object)
            for name, scores in every.items():
                frame[f"branch_{name}"] = outputs[scores.argmax(axis=1)]
        return frame

    def to_frame(self) -> pd.DataFrame:
        """Prediction of every training row as if it were new, with its target where known."""
        return self.predict(self.task.features, self.task.names)

    def export(self, folder: Path) -> Sequence[Path]:
        """Write edges, graph, embeddings, predictions and attention networks; return the files."""
        from geoframe_ames.export import export_selection

        return export_selection(self, folder)
