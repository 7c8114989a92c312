"""Training on a file beyond memory: cells are found on a sample, their rows kept on the disk."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from geoframe import RunError, Trainer, Training
from geoframe.run.directory import Run
from geoframe.run.files import explained, write_bytes
from geoframe_data import Table, as_labels, read_chunks
from geoframe_pathways.data import Stream
from geoframe_pathways.experts.fitting import Fitted, Rows
from geoframe_pathways.experts.model import Pathways, RowsInMemory
from geoframe_pathways.experts.objective import ExpertsObjective
from geoframe_pathways.experts.task import ExpertTask

COMPLETE = "complete.json"
HELD_BYTES = 256 * 2**20
"""Bytes of cells that are trained together; a larger cell stays on the disk while it trains."""
RELAY_ROWS = 100_000
"""Rows of the sample that are sorted into cells at once."""

Targets = NDArray[np.float32] | NDArray[np.int64]
Chunk = tuple[NDArray[np.float32], Targets]


def train_on_stream(
    fitted: Fitted,
    stream: Stream,
    sample: Rows,
    trainer: Callable[[int], Trainer],
    *,
    overlap: float,
    seed: int,
    part: Callable[[str], Run],
) -> tuple[Fitted, list[str]]:
    """Train the experts of a model again, on all rows of a file.

    Router, encoding and scales stay those of the sample that the model was trained on. Every other
    row of the file is encoded and appended to the file of its cell, and cells are trained group
    by group: in memory are a piece of the csv, or one group of cells.

    Parameters
    ----------
    sample
        The sample's training rows; none of the sample is taken from the file again.
    trainer
        Number of rows -> trainer.
    part
        Name -> run that keeps the training of a group, or the files of the cells.

    Returns
    -------
    tuple
        The model, and what there is to say of rows that were left out.

    Raises
    ------
    RunError
        If a cell has no rows (an approximate search may pass it over).
    """
    model = fitted.model
    if fitted.rows_per_cell.min() == 0:
        raise RunError("a cell of the sample is empty; take fewer pathways.experts")
    folder = part("rows").path / "cells"
    chunks = _encoded(model, stream, sample)
    counts, left_out = _sorted_into_cells(folder, model, chunks, overlap)
    matrices, trained = [], []
    for cells in _groups(model, counts):
        task = _task(folder, model, cells, counts, seed)
        objective = ExpertsObjective(task)
        rows = int(sum(counts[cell] for cell in cells))
        trained.append(trainer(rows).fit(objective, part(f"cells-{cells.start}")))
        matrices.append(objective.matrix().numpy())
    with explained(folder):
        shutil.rmtree(folder)
    again = Pathways(
        router=model.router,
        space=model.space,
        mean_distance=model.mean_distance,
        rows=RowsInMemory(np.concatenate(matrices)),
        metadata=model.metadata,
    )
    training = Training(
        steps=max(each.steps for each in trained),
        epochs=max(each.epochs for each in trained),
        seconds=sum(each.seconds for each in trained),
        stopped=trained[0].stopped,
    )
    notes = [f"the experts were trained on all {stream.rows:,} rows of the file, kept on the disk"]
    if left_out:
        notes.append(f"left out {left_out:,} rows without a target that the sample has")
    return Fitted(model=again, training=training, rows_per_cell=np.array(counts)), notes


def _encoded(model: Pathways, stream: Stream, sample: Rows) -> Iterator[Chunk | int]:
    """Yield encoded rows with targets as experts learn them, or a number of rows left out."""
    for first in range(0, len(sample), RELAY_ROWS):
        rows = sample.take(np.arange(first, min(first + RELAY_ROWS, len(sample))))
        if model.metadata.task == "classification":
            classes = np.array(model.metadata.classes)
            yield rows.x, np.searchsorted(classes, rows.y).astype(np.int64)
        else:
            yield rows.x, _scaled(model, rows.y)
    at = 0
    for table in read_chunks(stream.path, stream.schema, **stream.reading):
        numbers = np.arange(at, at + len(table))
        at += len(table)
        table = table.take(~np.isin(numbers, stream.sampled))
        targets, there = _targets(model, table, stream.outputs)
        yield int(np.count_nonzero(~there))
        if there.any():
            yield model.metadata.encoder.encode(table.take(there)), targets


def _targets(
    model: Pathways, table: Table, outputs: tuple[str, ...]
) -> tuple[Targets, NDArray[np.bool_]]:
    """Targets of the rows that have one, and which these are ``(n,)``."""
    if model.metadata.task == "regression":
        values = np.stack([table.numbers(name) for name in outputs], axis=1)
        there: NDArray[np.bool_] = np.isfinite(values.sum(axis=1))
        return _scaled(model, values[there]), there
    labels = as_labels(table.texts(outputs[0]))
    place = {str(name): k for k, name in enumerate(model.metadata.classes)}
    numbers = np.array([place.get(name, -1) for name in labels.names] + [-1], dtype=np.int64)
    found = numbers[labels.codes]
    return found[found >= 0], found >= 0


def _scaled(model: Pathways, values: NDArray[Any]) -> NDArray[np.float32]:
    wide = values.reshape(len(values), -1).astype(np.float64)
    scaled: NDArray[np.float64] = (wide - model.metadata.offset) / model.metadata.scale
    return scaled.astype(np.float32)


def _sorted_into_cells(
    folder: Path, model: Pathways, chunks: Iterator[Chunk | int], overlap: float
) -> tuple[list[int], int]:
    """Append rows to the files of their cells -> rows of each cell, and rows left out.

    What an interrupted run has finished is not done again.
    """
    marker = folder / COMPLETE
    if not marker.exists():
        with explained(folder):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            counts, left_out = np.zeros(model.experts, dtype=np.int64), 0
            for chunk in chunks:
                if isinstance(chunk, int):
                    left_out += chunk
                    continue
                x, y = chunk
                ids, distances = model.router.two_nearest(model.space.project(x))
                close = (distances[:, 1] <= (1.0 + overlap) * distances[:, 0]) & (overlap > 0)
                for cell in np.unique(ids):
                    own = (ids[:, 0] == cell) | (close & (ids[:, 1] == cell))
                    counts[cell] += np.count_nonzero(own)
                    for name, values in (("x", x), ("y", y)):
                        with _file(folder, cell, name).open("ab") as file:
                            file.write(np.ascontiguousarray(values[own]).tobytes())
            facts = {"counts": counts.tolist(), "left_out": left_out}
            write_bytes(marker, json.dumps(facts).encode())
    facts = json.loads(marker.read_text())
    return facts["counts"], facts["left_out"]


def _file(folder: Path, cell: int, name: str) -> Path:
    return folder / f"{cell:06d}.{name}"


def _groups(model: Pathways, counts: list[int]) -> Iterator[range]:
    """Cut the cells into consecutive groups whose rows fit into memory."""
    row = 4 * (model.shape.inputs + model.shape.outputs)
    first, held = 0, 0
    for cell, count in enumerate(counts):
        if cell > first and held + row * count > HELD_BYTES:
            yield range(first, cell)
            first, held = cell, 0
        held += row * count
    yield range(first, len(counts))


def _task(folder: Path, model: Pathways, cells: range, counts: list[int], seed: int) -> ExpertTask:
    """Put together what the experts of a group of cells are trained on."""
    shape, networks = model.shape, model.metadata.networks
    classes = model.metadata.task == "classification"
    inputs = [
        _mapped(folder, cell, "x", np.float32, (counts[cell], shape.inputs)) for cell in cells
    ]
    targets: list[NDArray[Any]] = [
        _mapped(folder, cell, "y", np.int64, (counts[cell],))
        if classes
        else _mapped(folder, cell, "y", np.float32, (counts[cell], shape.outputs))
        for cell in cells
    ]
    starts = np.cumsum([0, *(counts[cell] for cell in cells)])
    members = [np.arange(start, stop) for start, stop in pairwise(starts)]
    rows = model.rows.rows(np.arange(cells.start * networks, cells.stop * networks))
    lengths = np.repeat([len(each) for each in members], networks)
    return ExpertTask(
        shape=shape,
        loss="cross-entropy" if classes else "squared",
        seed=seed + cells.start,
        inputs=torch.from_numpy(_one(inputs)),
        targets=torch.from_numpy(_one(targets)),
        members=torch.from_numpy(np.concatenate([m for m in members for _ in range(networks)])),
        offsets=torch.from_numpy(np.cumsum([0, *lengths], dtype=np.int64)),
        centres=torch.from_numpy(np.ascontiguousarray(rows[:, : shape.inputs])),
        inverse_scales=torch.from_numpy(np.ascontiguousarray(rows[:, shape.inputs])),
    )


def _mapped(
    folder: Path, cell: int, name: str, dtype: type[np.generic], shape: tuple[int, ...]
) -> NDArray[Any]:
    # Copy on write: torch asks for arrays that it might write to, and does not.
    return np.memmap(_file(folder, cell, name), dtype=dtype, mode="c", shape=shape)


def _one(arrays: list[NDArray[Any]]) -> NDArray[Any]:
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)
