"""A trained network: answers for new data, its metric, files for other tools."""

from __future__ import annotations

import json
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pandas as pd
import safetensors.torch
import torch
from torch import Tensor

from geoframe.errors import DataError
from geoframe.run.directory import Run
from geoframe.run.files import write_bytes
from geoframe_cgenn.config import CGENNConfig, VectorDataConfig
from geoframe_cgenn.data import columns_for, read_new
from geoframe_cgenn.export import export_program
from geoframe_cgenn.fit import Fits, build
from geoframe_cgenn.metric.learned import Metric
from geoframe_cgenn.metric.symmetry import group_name, normalized, signature
from geoframe_cgenn.models.predictor import CliffordPredictor
from geoframe_cgenn.models.shape import Shape
from geoframe_cgenn.objective import predict
from geoframe_cgenn.sets import VectorSets
from geoframe_data import Schema

MODEL, DESCRIPTION, ANSWERS = "model", "model", "predictions"
"""Names of the tensors, of the JSON file and of the kept predictions in a run directory."""


@attrs.frozen(eq=False, repr=False)
class TrainedCliffordNetwork:
    """The network with the least validation loss."""

    predictor: CliffordPredictor
    columns: VectorDataConfig
    """How the columns of new data are named."""
    schema: Schema | None
    """Types of the training file's columns; None for a dataset."""
    classes: tuple[str, ...]
    answers: pd.DataFrame
    """Targets and predictions of the held-out sets."""

    def matrix(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """M ``(n, n)``, scaled to the Frobenius norm of the identity."""
        found: np.ndarray[Any, np.dtype[np.float64]] = normalized(self._matrix()).numpy()
        return found

    def apply(self, data: str | PathLike[str]) -> pd.DataFrame:
        """Predictions for the rows, or the sets, of a file with the columns of the training.

        After a training on a dataset they are ``vector0_0``, ``vector0_1``, ... (components of the
        first vector), ``point0_0``, ..., ``scalar0``, ... and ``set``.

        Raises
        ------
        DataError
            If a column is missing or holds something else than finite numbers.
        """
        network = self.predictor.network
        sets = read_new(Path(data), self.columns, self.schema, of_sets=network.shape.of_sets)
        if sets.n != network.n:
            raise DataError(f"{data}: vectors have {sets.n} components, not {network.n}")
        return self.predictions(sets)

    def predictions(self, sets: VectorSets) -> pd.DataFrame:
        """Answers for sets, keyed by their names: a number, a class, or the parts of a vector."""
        answers = predict(self.predictor, sets).double()
        index = pd.Index(sets.names or range(len(answers)), name="name")
        if self.predictor.kind == "class":
            shares = torch.softmax(answers, dim=-1).numpy()
            named = {f"probability_{name}": shares[:, at] for at, name in enumerate(self.classes)}
            chosen = np.array(self.classes)[shares.argmax(axis=1)]
            return pd.DataFrame({"prediction": chosen, **named}, index=index)
        if self.predictor.kind == "number":
            return pd.DataFrame({"prediction": answers.numpy()}, index=index)
        values = answers.numpy()
        if self.predictor.kind == "point" and sets.origins is not None:
            values = values + sets.origins
        names = self.columns.target if len(self.columns.target) == values.shape[1] else ()
        columns = names or [f"prediction_{at}" for at in range(values.shape[1])]
        return pd.DataFrame(values, columns=list(columns), index=index)

    def to_frame(self) -> pd.DataFrame:
        """Targets and predictions of the test sets."""
        return self.answers

    def export(self, folder: Path) -> Sequence[Path]:
        """Write the network as a torch program, its weights and its metric."""
        files = [folder / name for name in ("network.pt2", "network.safetensors", "metric.json")]
        write_bytes(files[0], export_program(self.predictor))
        # Networks share their metric's tensors between modules, which the format forbids.
        state = self.predictor.state_dict()
        weights = {name: value.contiguous().clone() for name, value in state.items()}
        write_bytes(files[1], safetensors.torch.save(weights))
        write_bytes(files[2], json.dumps({"matrix": self.matrix().tolist()}, indent=2).encode())
        return files

    def _matrix(self) -> Tensor:
        metric = self.predictor.network.metrics[0]
        assert isinstance(metric, Metric)
        return metric.matrix().detach().double()

    def __repr__(self) -> str:
        shape = self.predictor.network.shape
        p, q, r = signature(self._matrix())
        return (
            f"TrainedCliffordNetwork({self.predictor.kind}, n={self.predictor.network.n}, "
            f"metric={group_name(p, q, r)}, channels={shape.channels}, layers={shape.layers})"
        )

    def _repr_html_(self) -> str:
        rows = "".join(
            "<tr>" + "".join(f"<td>{value:.3f}</td>" for value in row) + "</tr>"
            for row in self.matrix()
        )
        return f"<p><code>{self!r}</code></p><table>{rows}</table>"


def keep(fits: Fits, sets: VectorSets, run: Run) -> TrainedCliffordNetwork:
    """Write what :func:`restore` needs into the run directory, and return the trained object."""
    best = fits.best
    predictor = best.predictor
    run.write_tensors(MODEL, predictor.state_dict())
    run.write_json(
        DESCRIPTION,
        {
            "shape": attrs.asdict(predictor.network.shape),
            "kind": predictor.kind,
            "metric": best.metric,
            "classes": sets.classes,
            "schema": None if sets.schema is None else sets.schema.to_plain(),
            "columns": {} if sets.schema is not None else columns_for(sets),
            "n": sets.n,
            "matrices": [fitted.matrix.tolist() for fitted in fits.main],
        },
    )
    trained = TrainedCliffordNetwork(
        predictor, run.config.data, sets.schema, sets.classes, pd.DataFrame()
    )
    answers = _answers(trained, sets.part("test"))
    run.write_json(ANSWERS, json.loads(answers.to_json(orient="split")))
    return attrs.evolve(trained, answers=answers)


def _answers(trained: TrainedCliffordNetwork, test: VectorSets) -> pd.DataFrame:
    frame = trained.predictions(test)
    assert test.targets is not None
    if test.kind == "class":
        frame.insert(0, "target", np.array(test.classes)[test.targets])
    elif test.kind == "number":
        frame.insert(0, "target", test.targets)
    else:
        targets = np.asarray(test.targets, dtype=np.float64)
        if test.origins is not None and test.kind == "point":
            targets = targets + test.origins
        for at in range(test.n):
            frame.insert(at, f"target_{at}", targets[:, at])
    return frame


def restore(run: Run) -> TrainedCliffordNetwork:
    """Rebuild what :func:`keep` kept, without the data."""
    config: CGENNConfig = run.config
    described = run.read_json(DESCRIPTION)
    predictor = build(
        Shape(**described["shape"]),
        described["metric"],
        torch.eye(described["n"]),
        described["kind"],
        config.cgenn,
    )
    predictor.load_state_dict(run.read_tensors(MODEL))
    kept = run.read_json(ANSWERS)
    answers = pd.DataFrame(
        kept["data"], columns=kept["columns"], index=pd.Index(kept["index"], name="name")
    )
    classes = tuple(described["classes"])
    schema = described["schema"] and Schema.from_plain(described["schema"])
    columns = attrs.evolve(config.data, **described.get("columns", {}))
    return TrainedCliffordNetwork(predictor.eval(), columns, schema, classes, answers)
