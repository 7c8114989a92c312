"""What a finished run trained: predictions for files, its cells, and files for other programs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from geoframe_data import Table, read_chunks
from geoframe_pathways.experts.model import Pathways
from geoframe_pathways.export import export_model

if TYPE_CHECKING:
    import pandas as pd


class TrainedPathways(Pathways):
    """The experts of a finished run; they are mapped into memory when they are needed."""

    def apply(self, data: str | PathLike[str]) -> pd.DataFrame:
        """Predict for every row of a file, with a progress bar on a terminal.

        Only the predictions are held in memory, and one piece of the file.

        Returns
        -------
        DataFrame
            ``prediction`` (``prediction_0``, ... for several outputs), ``cell``,
            ``relative_distance`` and ``extrapolated``; for classification also
            ``probability_<class>`` for each class.
            Rows are keyed by their names if the file names them, else by number.

        Raises
        ------
        DataError
            If the file cannot be read, is empty, or lacks a column of the training data.
        """
        import pandas as pd
        from rich.console import Console
        from rich.progress import Progress, TextColumn

        pieces: list[pd.DataFrame] = []
        progress = Progress(
            *Progress.get_default_columns()[:1],
            TextColumn("{task.completed:,} rows"),
            console=Console(stderr=True),
            transient=True,
            disable=not sys.stderr.isatty(),
        )
        with progress:
            bar = progress.add_task(Path(data).name, total=None)
            for table in read_chunks(Path(data), self.metadata.encoder.schema):
                pieces.append(self._told(table))
                progress.advance(bar, len(table))
        named = pieces[0].index.name == "name"
        return pd.concat(pieces, ignore_index=not named).rename_axis("name" if named else "row")

    def _told(self, table: Table) -> pd.DataFrame:
        """What the model says of a piece of a table."""
        import pandas as pd

        predictions = self.predict(table)
        values = predictions.values
        found: dict[str, np.ndarray] = (
            {"prediction": values}
            if values.ndim == 1
            else {f"prediction_{k}": values[:, k] for k in range(values.shape[1])}
        )
        found |= {
            "cell": predictions.cells,
            "relative_distance": predictions.relative_distance,
            "extrapolated": predictions.extrapolated,
        }
        if predictions.probabilities is not None:
            columns = zip(self.metadata.classes, predictions.probabilities.T, strict=True)
            found |= {f"probability_{name}": share for name, share in columns}
        index = pd.Index(table.names, name="name") if table.names else None
        return pd.DataFrame(found, index=index)

    def to_frame(self) -> pd.DataFrame:
        """Each cell: its prototype, in the coordinates of routing, and its mean distance."""
        import pandas as pd

        points = np.asarray(self.router.prototypes)
        frame = pd.DataFrame(points, columns=[f"route_{k}" for k in range(points.shape[1])])
        return frame.assign(mean_distance=self.mean_distance).rename_axis("cell")

    def export(self, folder: Path) -> Sequence[Path]:
        """Write the pack, a reader that needs only numpy, and experts as ONNX."""
        return export_model(self, folder)

    def __repr__(self) -> str:
        return (
            f"TrainedPathways({self.metadata.task} of '{self.metadata.target}': "
            f"{self.experts} experts of {self.parameters} parameters, {self.shape.inputs} inputs)"
        )
