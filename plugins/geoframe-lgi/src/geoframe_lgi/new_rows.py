"""New data for a trained model: read as its training data were, encoded as they were."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from html import escape
from os import PathLike
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoframe import DataError
from geoframe_data import Schema, as_table, read_table
from geoframe_lgi.encoding import Columns, Encoder
from geoframe_lgi.task import NodeTask


class TrainedRows(ABC):
    """A model of rows that predicts others.

    Parameters
    ----------
    task
        The rows, and what is known of them.
    encoder, schema
        From columns of new data to features.
    id
        Column that names rows.
    """

    def __init__(
        self, task: NodeTask, encoder: Encoder, schema: Schema, *, id: str | None = None
    ) -> None:
        self.task = task
        self.encoder = encoder
        self.schema = schema
        self.id = id

    def _repr_html_(self) -> str:
        head: str = self.to_frame().head().to_html()
        return f"<p>{escape(repr(self))}</p>{head}"

    def apply(self, data: str | PathLike[str] | pd.DataFrame) -> pd.DataFrame:
        """Predict new rows, each as if it came alone; see :meth:`predict` for the columns.

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

    @abstractmethod
    def predict(self, features: NDArray[np.float32], names: Sequence[str]) -> pd.DataFrame:
        """Predict encoded features ``(m, f)`` of rows with these names."""

    @abstractmethod
    def to_frame(self) -> pd.DataFrame:
        """Prediction of every training row."""
