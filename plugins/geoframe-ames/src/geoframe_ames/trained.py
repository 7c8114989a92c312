"""A finished run of ames: predictions for rows old and new, and which branches they came from."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from os import PathLike
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from geoframe import DataError
from geoframe_ames.branches import Branch
from geoframe_ames.network.objective import BranchObjective
from geoframe_data import Schema, as_table, read_table
from geoframe_lgi.branches.kinds import Views
from geoframe_lgi.encoding import Columns, Encoder
from geoframe_lgi.held_out import mean_scores
from geoframe_lgi.prediction import row_seed
from geoframe_lgi.results import prediction_frame
from geoframe_lgi.task import NodeTask, Scores


class Fused(Protocol):
    """What predicts: several branches, or networks of them."""

    names: tuple[str, ...]

    def predict(self, features: NDArray[np.float32]) -> dict[str, Scores]:
        """Scores ``(m, c)`` of new rows by each part; the prediction is their mean."""
        ...


class FusedBranches:
    """Branches that screening kept."""

    def __init__(self, views: Views, branches: Sequence[Branch]) -> None:
        self.views = views
        self.branches = branches
        self.names = tuple(branch.predictions.name for branch in branches)

    def predict(self, features: NDArray[np.float32]) -> dict[str, Scores]:
        """Scores of every branch."""
        return {branch.predictions.name: branch.predict(features) for branch in self.branches}


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


class TrainedSelection:
    """Trained branches with the rows that they were trained on.

    Parameters
    ----------
    task
        The rows, and what is known of them.
    encoder, schema
        From columns of new data to features.
    model
        What predicts.
    id
        Column that names rows.
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
        self.task = task
        self.encoder = encoder
        self.schema = schema
        self.model = model
        self.id = id

    def __repr__(self) -> str:
        return f"TrainedSelection({len(self.task)} rows, {', '.join(self.model.names)})"

    def _repr_html_(self) -> str:
        return f"<p>{escape(repr(self))}</p>"

    def apply(self, data: str | PathLike[str] | pd.DataFrame) -> pd.DataFrame:
        """Predict new rows: the prediction, its probabilities, and what each branch says.

        Raises
        ------
        DataError
            If the file cannot be read or lacks a column of the training.
        """
        if isinstance(data, pd.DataFrame):
            table = as_table(data, schema=self.schema)
        else:
            table = read_table(Path(data), schema=self.schema, id=self.id)
        wanted = [name for name in self.schema.names if table.find(name) is not None]
        features = self.encoder.encode(Columns.of_table(table, wanted))
        if not len(features):
            raise DataError("there is no row to predict")
        names = table.names or tuple(str(row) for row in range(len(table)))
        return self.predict(features, names)

    def predict(self, features: NDArray[np.float32], names: Sequence[str]) -> pd.DataFrame:
        """Do the same for encoded features ``(m, f)``."""
        every = self.model.predict(features)
        frame = prediction_frame(self.task, mean_scores([*every.values()]), names)
        if self.task.kind == "classification":
            outputs = np.array(self.task.outputs, dtype=object)
            for name, scores in every.items():
                frame[f"branch_{name}"] = outputs[scores.argmax(axis=1)]
        return frame

    def to_frame(self) -> pd.DataFrame:
        """Prediction of every training row as if it were new, with its target where known."""
        return self.predict(self.task.features, self.task.names)

    def export(self, folder: Path) -> Sequence[Path]:
        """Write the predictions of the training rows (Parquet)."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "predictions.parquet"
        self.to_frame().to_parquet(path)
        return [path]
