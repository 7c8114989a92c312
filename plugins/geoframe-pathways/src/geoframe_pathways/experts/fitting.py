"""From rows to a trained model: cells, experts, and how good they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from geoframe import Trainer, Training
from geoframe.run.directory import Run
from geoframe_pathways.config import ModelConfig
from geoframe_pathways.encoder import Encoder
from geoframe_pathways.experts.metadata import ModelMetadata, TaskKind
from geoframe_pathways.experts.model import Pathways, RowsInMemory
from geoframe_pathways.experts.objective import ExpertsObjective
from geoframe_pathways.experts.shape import ExpertShape
from geoframe_pathways.experts.task import make_task
from geoframe_pathways.measures import classification_measures, regression_measures
from geoframe_pathways.routing.nearest import Points
from geoframe_pathways.routing.partition import RouteSpace, make_router, members_of, route_space
from geoframe_pathways.routing.router import Router

DISTANCE_QUANTILE = 0.999
"""Share of the training rows that is not flagged as far from its prototype."""


@attrs.frozen(kw_only=True, eq=False)
class Rows:
    """Encoded rows with their targets in the user's units."""

    x: NDArray[np.float32]
    """``(n, inputs)``."""
    y: NDArray[np.generic]
    """Numbers ``(n,)`` or ``(n, outputs)``, or class labels ``(n,)``."""
    task: TaskKind
    target: str
    encoder: Encoder

    def __len__(self) -> int:
        return len(self.x)

    def take(self, rows: NDArray[np.int64]) -> Rows:
        """Choose rows."""
        return attrs.evolve(self, x=self.x[rows], y=self.y[rows])

    def joined(self, other: Rows) -> Rows:
        """Append other rows, encoded alike."""
        return attrs.evolve(
            self, x=np.concatenate([self.x, other.x]), y=np.concatenate([self.y, other.y])
        )


@attrs.frozen(kw_only=True, eq=False)
class Fitted:
    """A trained model and how it came about."""

    model: Pathways
    training: Training
    rows_per_cell: NDArray[np.int64]


@attrs.frozen(kw_only=True, eq=False)
class Partition:
    """A set of rows, cut into cells."""

    metadata: ModelMetadata
    targets: NDArray[np.float32] | NDArray[np.int64]
    """What the experts learn to put out."""
    space: RouteSpace
    points: Points
    router: Router
    members: list[NDArray[np.int64]]
    """Row numbers that each cell's experts train on."""

    def model(self, matrix: NDArray[np.float32]) -> tuple[Pathways, NDArray[np.int64]]:
        """Return the model whose networks are ``matrix``, and its training rows per cell."""
        router = self.router
        ids, distances = router.two_nearest(self.points)
        counts = np.bincount(ids[:, 0], minlength=router.cells)
        mean_distance = np.bincount(ids[:, 0], distances[:, 0], router.cells) / np.maximum(
            counts, 1
        )
        mean_distance = np.maximum(mean_distance, 1e-12)
        relative = distances[:, 0] / mean_distance[ids[:, 0]]
        limit = float(np.quantile(relative, DISTANCE_QUANTILE))
        model = Pathways(
            router=router,
            space=self.space,
            mean_distance=mean_distance,
            rows=RowsInMemory(matrix),
            metadata=attrs.evolve(self.metadata, router=router.kind, distance_limit=limit),
        )
        return model, counts


def fit_experts(
    rows: Rows,
    experts: int,
    options: ModelConfig,
    trainer: Trainer,
    *,
    seed: int,
    run: Run | None = None,
    classes: NDArray[np.generic] | None = None,
) -> Fitted:
    """Cut the input space into ``experts`` cells and train an expert on each.

    There are fewer cells where some would have had less than ``options.min_rows`` rows.

    Parameters
    ----------
    run
        Where the training is kept and resumed from.
    classes
        All classes, in case ``rows`` lack one.
    """
    return fit_each([rows], experts, options, trainer, seed=seed, run=run, classes=classes)[0]


def fit_each(
    parts: Sequence[Rows],
    experts: int,
    options: ModelConfig,
    trainer: Trainer,
    *,
    seed: int,
    run: Run | None = None,
    classes: NDArray[np.generic] | None = None,
) -> list[Fitted]:
    """Do :func:`fit_experts` for several sets of rows at once.

    The experts of all sets are trained together, as those of one model are: in one stack, with as
    many rows a step in all, and kept in one place, from which they are resumed.
    """
    cuts = [_partition(part, experts, options, seed, classes) for part in parts]
    starts = np.cumsum([0, *(len(part) for part in parts)])
    networks = options.networks or 1
    task = make_task(
        shape=ExpertShape(**cuts[0].metadata.shape),
        loss="squared" if parts[0].task == "regression" else "cross-entropy",
        seed=seed,
        inputs=_joined([part.x for part in parts]),
        targets=_joined([cut.targets for cut in cuts]),
        members=[
            start + cell
            for start, cut in zip(starts, cuts, strict=False)
            for cell in cut.members
            for _ in range(networks)
        ],
        centred=options.centred,
    )
    objective = ExpertsObjective(task)
    training = trainer.fit(objective, run)
    ends = np.cumsum([networks * len(cut.members) for cut in cuts])
    matrices = np.split(objective.matrix().numpy(), ends[:-1])
    models = [cut.model(matrix) for cut, matrix in zip(cuts, matrices, strict=True)]
    return [Fitted(model=model, training=training, rows_per_cell=rows) for model, rows in models]


def _partition(
    rows: Rows,
    experts: int,
    options: ModelConfig,
    seed: int,
    classes: NDArray[np.generic] | None,
) -> Partition:
    space = route_space(rows.x, options.route_dims)
    points = space.project(rows.x)
    router = make_router(
        points,
        experts,
        kind=options.router,
        valency=options.valency,
        min_rows=options.min_rows,
        balance=options.balance,
        seed=seed,
    )
    metadata, targets = _metadata(rows, options, classes)
    return Partition(
        metadata=metadata,
        targets=targets,
        space=space,
        points=points,
        router=router,
        members=members_of(router, points, options.overlap),
    )


def _joined(arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """One array after the other, without a copy if there is only one."""
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def measure(model: Pathways, rows: Rows) -> Mapping[str, float]:
    """Errors of a model on rows."""
    predictions = model.predict_encoded(rows.x)
    if rows.task == "regression":
        return regression_measures(predictions.values, rows.y)
    assert predictions.probabilities is not None
    return classification_measures(
        predictions.probabilities, np.array(model.metadata.classes), rows.y
    )


def _metadata(
    rows: Rows, options: ModelConfig, classes: NDArray[np.generic] | None
) -> tuple[ModelMetadata, NDArray[np.float32] | NDArray[np.int64]]:
    """What the model will be, and the targets as experts see them."""

    def metadata(outputs: int) -> ModelMetadata:
        shape = ExpertShape(
            inputs=rows.x.shape[1],
            outputs=outputs,
            width=options.width,
            hidden=options.hidden,
            activation=options.activation,
        )
        return ModelMetadata(
            task=rows.task,
            target=rows.target,
            shape=attrs.asdict(shape),
            router=options.router,
            encoder=rows.encoder,
            blend=options.blend,
            networks=options.networks or 1,
        )

    if rows.task == "regression":
        y = rows.y.reshape(len(rows), -1).astype(np.float64)
        mean, std = y.mean(axis=0), np.maximum(y.std(axis=0), 1e-12)
        described = attrs.evolve(
            metadata(y.shape[1]), offset=tuple(mean.tolist()), scale=tuple(std.tolist())
        )
        return described, ((y - mean) / std).astype(np.float32)
    known = np.unique(rows.y) if classes is None else classes
    targets = np.searchsorted(known, rows.y).astype(np.int64)
    shares = np.bincount(targets, minlength=len(known)) / len(targets)
    described = attrs.evolve(
        metadata(len(known)),
        classes=tuple(known.tolist()),
        prior=tuple(shares.tolist()),
        smoothing=options.smoothing,
    )
    return described, targets
