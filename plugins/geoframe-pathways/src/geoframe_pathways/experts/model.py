"""The trained model: route, load one expert, apply it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from geoframe import RunError
from geoframe_pathways.experts.metadata import ModelMetadata
from geoframe_pathways.experts.pack import PackHeader, write_pack
from geoframe_pathways.experts.predictions import Predictions
from geoframe_pathways.experts.shape import ExpertShape
from geoframe_pathways.experts.store import ExpertStore
from geoframe_pathways.routing.nearest import Ids, Points
from geoframe_pathways.routing.partition import ROUTERS, RouteSpace
from geoframe_pathways.routing.router import Router

if TYPE_CHECKING:
    import pandas as pd

    from geoframe_data import Table

Array = NDArray[np.float32]

ALONE = 32
"""Rows above which an expert gets a matrix product of its own; a power of two."""
GATHERED = 64 * 2**20
"""Bytes of experts that are gathered at once."""


class Rows(Protocol):
    """Where the rows of networks come from."""

    def row(self, expert: int) -> Array:
        """Row of one network ``(row_size,)``."""

    def rows(self, experts: Ids) -> Array:
        """Rows of several networks ``(e, row_size)``."""


class RowsInMemory:
    """Rows of a matrix ``(networks, row_size)``."""

    def __init__(self, matrix: Array) -> None:
        self.matrix = matrix

    def row(self, expert: int) -> Array:
        """See :class:`Rows`."""
        row: Array = self.matrix[expert]
        return row

    def rows(self, experts: Ids) -> Array:
        """See :class:`Rows`."""
        return self.matrix[experts]


class Pathways:
    """Many small experts and the router that chooses among them.

    Parameters
    ----------
    router
        Sends routing coordinates to cells.
    space
        From encoded inputs to routing coordinates.
    mean_distance
        Mean distance of each cell's training rows to its prototype ``(cells,)``.
    rows
        The networks: ``metadata.networks`` of each expert, cell after cell.
    metadata
        How inputs are encoded and outputs read.
    """

    def __init__(
        self,
        *,
        router: Router,
        space: RouteSpace,
        mean_distance: Points,
        rows: Rows,
        metadata: ModelMetadata,
    ) -> None:
        self.router = router
        self.space = space
        self.mean_distance = mean_distance
        self.rows = rows
        self.metadata = metadata
        self.shape = ExpertShape(**metadata.shape)
        self._offset = np.array(metadata.offset, dtype=np.float32)
        self._scale = np.array(metadata.scale, dtype=np.float32)

    @property
    def experts(self) -> int:
        """Number of experts."""
        return self.router.cells

    @property
    def parameters(self) -> int:
        """Trained numbers of one expert."""
        return self.shape.parameters * self.metadata.networks

    def predict(self, table: Table | pd.DataFrame | ArrayLike) -> Predictions:
        """Predict for the rows of a table with the training columns; the target is not needed.

        Raises
        ------
        DataError
            If a column is missing or holds something else than in training.
        """
        return self.predict_encoded(self.metadata.encoder.encode(table))

    def predict_encoded(self, x: Array) -> Predictions:
        """Predict for encoded inputs ``(n, inputs)``."""
        ids, distances = self.router.two_nearest(self.space.project(x))
        relative_distance = distances[:, 0] / self.mean_distance[ids[:, 0]]
        outputs = self._blended(x, ids, distances)
        probabilities = None
        if self.metadata.task == "classification":
            probabilities = outputs
            values = np.array(self.metadata.classes)[outputs.argmax(axis=1)]
        else:
            values = outputs[:, 0] if outputs.shape[1] == 1 else outputs
        return Predictions(
            values=values,
            probabilities=probabilities,
            cells=ids[:, 0],
            relative_distance=relative_distance,
            extrapolated=relative_distance > self.metadata.distance_limit,
        )

    def query(self, x: Array) -> Array:
        """Answer one encoded input ``(inputs,)`` quickly -> ``(outputs,)``.

        Regression gives values, classification probabilities.
        """
        if self.metadata.blend:
            ids, distances = self.router.two_nearest(self.space.project(x[None]))
            blended: Array = self._blended(x[None], ids, distances)[0]
            return blended
        cell = self.router.one(self.space.project(x))
        answer: Array = self._mean(
            lambda network: self.shape.apply_row(
                self.rows.row(cell * self.metadata.networks + network), x[None]
            )
        )[0]
        return answer

    def answers(self, x: Array, cells: Ids) -> Array:
        """Answers ``(n, outputs)`` of given experts ``(n,)`` to encoded inputs ``(n, inputs)``.

        They are in target units, or probabilities.
        """
        return self._mean(
            lambda network: self._outputs(x, cells * self.metadata.networks + network)
        )

    def _mean(self, outputs: Callable[[int], Array]) -> Array:
        """Average what the networks of an expert answer, one network in memory after another."""
        answers = self._read(outputs(0))
        for network in range(1, self.metadata.networks):
            answers += self._read(outputs(network))
        return (
            answers if self.metadata.networks == 1 else answers / np.float32(self.metadata.networks)
        )

    def _outputs(self, x: Array, networks: Ids) -> Array:
        """Raw outputs ``(n, outputs)`` of given rows ``(n,)``.

        Inputs are sorted by network. One with many inputs gets its own matrix product; the
        others are gathered into stacks of networks with similarly many.
        """
        outputs = np.empty((len(x), self.shape.outputs), dtype=np.float32)
        order = np.argsort(networks, kind="stable")
        present, starts, counts = np.unique(networks[order], return_index=True, return_counts=True)
        for place in np.flatnonzero(counts > ALONE):
            rows = order[starts[place] : starts[place] + counts[place]]
            row = self.rows.row(int(present[place]))
            outputs[rows] = self.shape.apply_row(row, x[rows])
        size = 1
        while size <= ALONE:  # stacks of experts with up to 1, 2, 4, ... inputs
            chosen = np.flatnonzero((counts <= size) & (2 * counts > size))
            step = max(1, GATHERED // (4 * self.shape.row_size))
            for first in range(0, len(chosen), step):
                part = chosen[first : first + step]
                slots = np.minimum(np.arange(size), counts[part, None] - 1)  # repeat the last
                rows = order[starts[part, None] + slots]
                outputs[rows] = self._stack(self.rows.rows(present[part]), x[rows])
            size *= 2
        return outputs

    def save(self, path: Path) -> None:
        """Write the model as one pack, atomically."""
        header = {
            **{name: np.asarray(array) for name, array in self.router.arrays().items()},
            "mean_reach": self.mean_distance,
            "route_mean": self.space.mean,
        }
        if self.space.components is not None:
            header["route_components"] = np.ascontiguousarray(self.space.components)
        count = self.experts * self.metadata.networks
        write_pack(
            path,
            metadata=self.metadata.to_json(),
            arrays=header,
            experts=(self.rows.row(network)[None] for network in range(count)),
            count=count,
            columns=self.shape.row_size,
        )

    @classmethod
    def open(cls, path: Path, *, cache_bytes: int = 256 * 2**20) -> Self:
        """Open a pack; experts are mapped into memory when they are asked for.

        Parameters
        ----------
        cache_bytes
            Budget of the experts that stay mapped.

        Raises
        ------
        RunError
            If the pack cannot be read.
        """
        store = ExpertStore(path, cache_bytes=cache_bytes)
        arrays = store.header.arrays
        try:
            metadata = ModelMetadata.from_json(store.header.metadata)
            components = arrays.get("route_components")
            model = cls(
                router=ROUTERS[metadata.router].from_arrays(arrays),
                space=RouteSpace(
                    np.asarray(arrays["route_mean"], dtype=np.float64),
                    None if components is None else np.asarray(components, dtype=np.float64),
                ),
                mean_distance=np.asarray(arrays["mean_reach"], dtype=np.float64),
                rows=store,
                metadata=metadata,
            )
            model._check(store.header)
            return model
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise RunError(f"{path}: cannot be read as an expert pack: {error}") from None

    def _check(self, header: PackHeader) -> None:
        """See that the pieces of a pack fit together; raises ValueError if not."""
        inputs = len(self.metadata.encoder.names)
        coordinates = self.router.prototypes.shape[1]
        components = self.space.components
        fitting = (
            (header.rows, header.columns)
            == (self.experts * self.metadata.networks, self.shape.row_size)
            and self.mean_distance.shape == (self.experts,)
            and self.space.mean.shape == (inputs,) == (self.shape.inputs,)
            and (inputs, coordinates)
            == ((inputs, inputs) if components is None else components.shape)
        )
        if not fitting:
            raise ValueError("its pieces do not fit together")

    def _stack(self, rows: Array, x: Array) -> Array:
        """Apply experts ``(e, row_size)`` to ``b`` inputs each ``(e, b, inputs)``."""
        n = self.shape.inputs
        u = (x - rows[:, None, :n]) * rows[:, None, n : n + 1]
        parameters = torch.from_numpy(rows)[:, n + 1 :]
        with torch.no_grad():
            found: Array = self.shape.forward(parameters, torch.from_numpy(u)).numpy()
        return found

    def _read(self, outputs: Array) -> Array:
        """Turn what experts put out into target units, or into probabilities."""
        if self.metadata.task == "regression":
            return np.asarray(outputs * self._scale + self._offset)
        powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        shares = powers / powers.sum(axis=1, keepdims=True)
        prior = np.array(self.metadata.prior, dtype=np.float32)
        smoothing = np.float32(self.metadata.smoothing)
        return np.asarray((1 - smoothing) * shares + smoothing * prior)

    def _blended(self, x: Array, ids: Ids, distances: Points) -> Array:
        outputs = self.answers(x, ids[:, 0])
        width = self.metadata.blend
        if width == 0 or self.experts == 1:
            return outputs
        # 1/2 at the border, where both are equally far; 0 where one is 1 + width times as far.
        ratio = distances[:, 0] / np.maximum(distances[:, 1], np.finfo(float).tiny)
        start = 1.0 / (1.0 + width)
        weight = 0.5 * np.clip((ratio - start) / (1.0 - start), 0.0, 1.0)
        near = np.flatnonzero(weight)
        share = weight[near, None].astype(np.float32)
        other = self.answers(x[near], ids[near, 1])
        outputs[near] = (1 - share) * outputs[near] + share * other
        return outputs
