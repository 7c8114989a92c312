"""Predicting for files that may be larger than memory."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from geoframe_data import read_chunks
from geoframe_pathways.model import Pathways


def predict_file(model: Pathways, path: Path) -> Mapping[str, np.ndarray]:
    """Predict for every row of a file, with a progress bar on a terminal.

    Only the predictions are held in memory, and one piece of the file.

    Returns
    -------
    Mapping
        Arrays of one entry per row: ``prediction``, ``cell``, ``reach``, ``extrapolated``; for
        classification also ``probability_<class>`` for each class.

    Raises
    ------
    DataError
        If the file cannot be read, is empty, or lacks a column of the training data.
    """
    from rich.console import Console
    from rich.progress import Progress, TextColumn

    pieces: dict[str, list[np.ndarray]] = {}
    progress = Progress(
        *Progress.get_default_columns()[:1],
        TextColumn("{task.completed:,} rows"),
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    )
    with progress:
        bar = progress.add_task(path.name, total=None)
        for table in read_chunks(path, model.facts.encoder.schema):
            predictions = model.predict(table)
            found = {
                "prediction": predictions.values,
                "cell": predictions.cells,
                "reach": predictions.reach,
                "extrapolated": predictions.extrapolated,
            }
            if predictions.probabilities is not None:
                columns = zip(model.facts.classes, predictions.probabilities.T, strict=True)
                found |= {f"probability_{name}": share for name, share in columns}
            for name, array in found.items():
                pieces.setdefault(name, []).append(array)
            progress.advance(bar, len(table))
    return {name: np.concatenate(arrays) for name, arrays in pieces.items()}
