"""Distilling a dense model into experts that fit a memory budget."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs
import numpy as np
from numpy.typing import NDArray

from geoframe import ConfigError, DataError, Trainer
from geoframe_data import as_table
from geoframe_pathways.config import ModelConfig
from geoframe_pathways.encoder import fit_encoder
from geoframe_pathways.experts.fitting import Rows, fit_each, fit_experts, measure
from geoframe_pathways.experts.model import Pathways
from geoframe_pathways.experts.shape import ExpertShape, width_for
from geoframe_pathways.search import Search, candidates, held_out
from geoframe_pathways.trainers.stacked import StackedTrainer

Teacher = Callable[[NDArray[np.floating]], NDArray[np.floating]]

AUGMENTED = 4
"""Rows made for each row of data."""
HELD_OUT = 0.1
"""Share of the data that the result is measured on, and again of the rest that chooses."""
LEAST_ROWS = 10


@attrs.frozen(kw_only=True, eq=False)
class Compressed:
    """A distilled model and how close it comes to its teacher on held-out rows."""

    model: Pathways
    rmse: float
    """In the teacher's units."""
    rmse_relative: float
    """Over the standard deviation of the teacher's outputs."""
    active_bytes: int
    """Size of one expert."""


def compress(
    model: Teacher,
    data: NDArray[np.floating],
    active_budget: int,
    *,
    experts: Sequence[int] = (1, 4, 16, 64),
    options: ModelConfig | None = None,
    trainer: Trainer | None = None,
    seed: int = 0,
) -> Compressed:
    """Distil a dense regressor into experts of at most ``active_budget`` bytes each.

    The teacher labels the data and, since its labels are free, also points between
    neighbours in the data: four for each row, mixtures of rows of the same cell of a coarse
    partition. So the experts learn the teacher's surface rather than its values at the data.

    Parameters
    ----------
    model
        Teacher: inputs ``(n, d)`` -> outputs ``(n,)`` or ``(n, outputs)``.
    data
        Inputs ``(n, d)`` as the model will meet them; at least 10.
    active_budget
        Bytes that one expert may take in memory (float32).
    experts
        Numbers of experts to choose among, by the error on held-out rows.
    options
        Cells and experts; its width and its numbers of experts are not used.
    trainer
        Any engine; the stacked one by default.

    Raises
    ------
    ConfigError
        If not even one hidden unit fits the budget.
    DataError
        If the inputs, or what the teacher says of them, are no finite numbers of these shapes,
        or nothing differs in them.
    """
    points = _checked(data)
    random = np.random.default_rng(seed)
    order = random.permutation(len(points))
    tenth = max(1, int(HELD_OUT * len(points)))
    held, kept = points[order[:tenth]], points[order[tenth:]]
    inputs = np.concatenate([kept, _between(kept, random)])
    encoder, _ = fit_encoder(as_table(inputs), "column")

    def rows(x: NDArray[np.float64]) -> Rows:
        y = _labels(model, x)
        return Rows(x=encoder.encode(x), y=y, task="regression", target="teacher", encoder=encoder)

    train, test = rows(inputs), rows(held)
    chosen = options or ModelConfig()
    outputs = 1 if train.y.ndim == 1 else train.y.shape[1]
    shape = ExpertShape(
        inputs=train.x.shape[1],
        outputs=outputs,
        width=1,
        hidden=chosen.hidden,
        activation=chosen.activation,
    )
    chosen = attrs.evolve(chosen, experts=tuple(experts), width=_widest(active_budget, shape))
    engine = trainer or StackedTrainer()
    search = Search(
        train,
        lambda number, _, parts: fit_each(parts, number, chosen, engine, seed=seed),
        held_out(train, HELD_OUT, seed),
    )
    number, _ = search.one_by_one(candidates(chosen, len(train)), [0.0])
    distilled = fit_experts(train, number, chosen, engine, seed=seed).model
    measures = measure(distilled, test)
    return Compressed(
        model=distilled,
        rmse=measures["rmse"],
        rmse_relative=measures["rmse_relative"],
        active_bytes=4 * distilled.shape.row_size,
    )


def _checked(data: NDArray[np.floating]) -> NDArray[np.float64]:
    points = np.asarray(data, dtype=np.float64)
    if points.ndim != 2 or len(points) < LEAST_ROWS or not points.shape[1]:
        raise DataError(
            f"data has the shape {points.shape}; needed are {LEAST_ROWS} rows (n, d) or more"
        )
    if not np.isfinite(points).all():
        raise DataError("data holds missing or infinite numbers; a teacher's inputs must be finite")
    return points


def _labels(model: Teacher, x: NDArray[np.float64]) -> NDArray[np.float64]:
    """What the teacher says of inputs ``(n, d)``: ``(n,)``, or ``(n, outputs)`` for several."""
    y = np.asarray(model(x), dtype=np.float64)
    if y.ndim not in (1, 2) or len(y) != len(x) or 0 in y.shape:
        raise DataError(
            f"the model's outputs for inputs {x.shape} have the shape {y.shape}, "
            f"not ({len(x)},) or ({len(x)}, outputs)"
        )
    if not np.isfinite(y).all():
        raise DataError("the model's outputs are not all finite numbers")
    return y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y


def _widest(budget: int, shape: ExpertShape) -> int:
    """Largest width whose rows take at most ``budget`` bytes."""
    smallest = 4 * shape.row_size
    if smallest > budget:
        raise ConfigError(
            [f"active_budget: {budget} bytes; an expert of one hidden unit takes {smallest}"]
        )
    width = width_for(budget // 4 - shape.inputs - 1, shape)
    while 4 * attrs.evolve(shape, width=width).row_size > budget:
        width -= 1
    return width


def _between(data: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.float64]:
    """Points between rows that are near each other in a random order of projections."""
    made = []
    for _ in range(AUGMENTED):
        direction = random.normal(size=data.shape[1]) / (data.std(axis=0) + 1e-12)
        near = data[np.argsort(data @ direction, kind="stable")]
        share = random.uniform(size=(len(near) - 1, 1))
        made.append(share * near[1:] + (1 - share) * near[:-1])
    return np.concatenate(made)
