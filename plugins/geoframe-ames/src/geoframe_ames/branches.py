"""The branches of screened fusion: each trained apart, applied to new rows, kept with a run."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import attrs
import numpy as np
import torch
from threadpoolctl import threadpool_limits
from torch import Tensor

from geoframe.components import Component
from geoframe.run.directory import Run
from geoframe_lgi.baselines.classical import fitted_estimators
from geoframe_lgi.baselines.portable import (
    forest_arrays,
    forest_scores,
    linear_arrays,
    linear_scores,
)
from geoframe_lgi.branches.fit import FixedBranch, fit_branch
from geoframe_lgi.branches.kinds import Views
from geoframe_lgi.branches.labels import propagated_labels
from geoframe_lgi.branches.propagation import Rows
from geoframe_lgi.fit import Recipe, fit_latent
from geoframe_lgi.held_out import Fold, HeldOut, Predictions, cross_fitted, mean_scores
from geoframe_lgi.losses import TaskLoss
from geoframe_lgi.network.objective import LatentGraphObjective
from geoframe_lgi.prediction import predict_new
from geoframe_lgi.store import restored_objective
from geoframe_lgi.task import Mask, NodeTask, Scores

Tensors = dict[str, Tensor]


class Branch(Protocol):
    """A trained branch."""

    @property
    def predictions(self) -> Predictions:
        """What it says of all rows, and said of rows while they were held out."""
        ...

    def predict(self, features: Rows) -> Scores:
        """Scores ``(m, c)`` of new rows."""
        ...

    def tensors(self) -> Tensors:
        """What :func:`restored` needs to rebuild it."""
        ...


@attrs.frozen(kw_only=True, eq=False)
class FixedGraphBranch:
    """A network on a fixed graph."""

    branch: FixedBranch
    predictions: Predictions

    @classmethod
    def fit(
        cls,
        name: str,
        views: Views,
        loss: TaskLoss,
        held_out: HeldOut,
        trainer: Component,
        *,
        seed: int,
        run: Run | None,
    ) -> FixedGraphBranch:
        """Train it."""
        fitted = fit_branch(name, views, loss, held_out, trainer, seed=seed, run=run)
        return cls(branch=fitted.branch, predictions=fitted.predictions)

    def predict(self, features: Rows) -> Scores:
        """Mean of the members."""
        return mean_scores(self.branch.predict(features))

    def tensors(self) -> Tensors:
        """Parameters, and whose labels each member saw."""
        seen = np.stack([fold.train for fold in self.branch.folds])
        return {"seen": torch.from_numpy(seen), **self.branch.network.state_dict()}


@attrs.frozen(kw_only=True, eq=False)
class ClassicalBranch:
    """Logistic regression (ridge for numbers), or a forest."""

    task: NodeTask
    arrays: Mapping[str, Any]
    predictions: Predictions

    @classmethod
    def fit(cls, name: str, task: NodeTask, held_out: HeldOut, *, seed: int) -> ClassicalBranch:
        """Train it."""
        started = time.perf_counter()
        arrays: Mapping[str, Any] = {}

        def fit(train: Mask) -> Scores:
            nonlocal arrays
            estimators = fitted_estimators(name, task, train, seed)
            arrays = (forest_arrays if name == "forest" else linear_arrays)(estimators)
            return _classical_scores(name, arrays, task, task.features)

        with threadpool_limits(limits=1), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # iterations that run out, classes of one row
            scores, held = cross_fitted(task, held_out, fit)
        seconds = time.perf_counter() - started
        said = Predictions(name=name, scores=scores, held=held, seconds=seconds)
        return cls(task=task, arrays=arrays, predictions=said)

    def predict(self, features: Rows) -> Scores:
        """By the kept arrays."""
        return _classical_scores(self.predictions.name, self.arrays, self.task, features)

    def tensors(self) -> Tensors:
        """Coefficients, or the nodes of trees."""
        return {name: torch.from_numpy(np.asarray(array)) for name, array in self.arrays.items()}


def _classical_scores(
    name: str, arrays: Mapping[str, Any], task: NodeTask, features: Rows
) -> Scores:
    scores = forest_scores if name == "forest" else linear_scores
    return scores(arrays, task, features)


@attrs.frozen(kw_only=True, eq=False)
class PropagationBranch:
    """Labels spread over a fixed graph."""

    views: Views
    graph: str
    predictions: Predictions

    @classmethod
    def fit(cls, name: str, graph: str, views: Views, held_out: HeldOut) -> PropagationBranch:
        """Spread them."""
        started = time.perf_counter()
        spread = views.propagation(graph)
        scores, held = cross_fitted(
            views.task, held_out, lambda train: propagated_labels(views.task, spread, train)
        )
        seconds = time.perf_counter() - started
        said = Predictions(name=name, scores=scores, held=held, seconds=seconds)
        return cls(views=views, graph=graph, predictions=said)

    def predict(self, features: Rows) -> Scores:
        """Mean over the neighbours of new rows; over all rows for those without any."""
        weights = self.views.propagation(self.graph).extended(features).weights
        total = np.asarray(weights.sum(axis=1))[:, None]
        mean = self.predictions.scores.mean(axis=0)
        around = weights @ self.predictions.scores
        scores: Scores = np.where(total > 0, around / np.maximum(total, 1e-12), mean)
        return scores

    def tensors(self) -> Tensors:
        """Shares of the training rows."""
        return {"scores": torch.from_numpy(self.predictions.scores)}


@attrs.frozen(kw_only=True, eq=False)
class LatentBranch:
    """Networks on a latent graph of one geometry."""

    objectives: Sequence[LatentGraphObjective]
    trains: Sequence[Mask]
    predictions: Predictions
    seed: int

    @classmethod
    def fit(
        cls,
        name: str,
        task: NodeTask,
        recipe: Recipe,
        held_out: HeldOut,
        *,
        seed: int,
        run: Run | None,
    ) -> LatentBranch:
        """Train one network per fold; where folds take turns, these are the branch's members."""
        held = np.full((len(task), len(task.outputs)), np.nan)
        fits = []
        for number, fold in enumerate(held_out.folds):
            part = None if run is None else run.part(f"{name}-{number}")
            fitted = fit_latent(recipe, task, fold.train, fold.held, seed=seed + number, run=part)
            held[fold.held] = fitted.scores[fold.held]
            fits.append(fitted)
        said = Predictions(
            name=name,
            scores=mean_scores([fitted.scores for fitted in fits]),
            held=held,
            seconds=sum(fitted.seconds for fitted in fits),
        )
        return cls(
            objectives=[fitted.objective for fitted in fits],
            trains=[fold.train for fold in held_out.folds],
            predictions=said,
            seed=seed,
        )

    def predict(self, features: Rows) -> Scores:
        """Mean of the members, each over graphs drawn for the new rows."""
        return mean_scores([predict_new(each, features, self.seed)[0] for each in self.objectives])

    def tensors(self) -> Tensors:
        """Parameters of every member and its training rows."""
        tensors: Tensors = {"trains": torch.from_numpy(np.stack(self.trains))}
        for number, objective in enumerate(self.objectives):
            state = objective.network.state_dict()
            tensors |= {f"{number}.{name}": value for name, value in state.items()}
        return tensors


def restored(
    name: str,
    tensors: Tensors,
    views: Views,
    train: Mask,
    recipes: Mapping[str, Recipe],
    seed: int,
) -> Branch:
    """Rebuild a branch of a finished run; it says nothing of training rows any more.

    Parameters
    ----------
    recipes
        What latent branches are built from, by name.
    """
    task = views.task
    nothing = Predictions(name=name, scores=np.zeros((0, 0)), held=np.zeros((0, 0)), seconds=0.0)
    if name in recipes:
        trains = tensors.pop("trains").numpy()
        objectives = []
        for number, own_train in enumerate(trains):
            own = {
                key.partition(".")[2]: value
                for key, value in tensors.items()
                if key.partition(".")[0] == str(number)
            }
            objectives.append(restored_objective(recipes[name], task, own_train, own))
        return LatentBranch(
            objectives=objectives, trains=list(trains), predictions=nothing, seed=seed
        )
    if name in ("logistic", "forest"):
        arrays = {key: value.numpy() for key, value in tensors.items()}
        return ClassicalBranch(task=task, arrays=arrays, predictions=nothing)
    if name in PROPAGATIONS:
        said = attrs.evolve(nothing, scores=tensors["scores"].numpy())
        return PropagationBranch(views=views, graph=PROPAGATIONS[name], predictions=said)
    seen = tensors.pop("seen").numpy()
    empty = np.zeros(len(task), dtype=np.bool_)
    folds = [Fold(train=row, held=empty) for row in seen]
    branch = FixedBranch(name, views, TaskLoss(task, train), train, folds)
    branch.network.load_state_dict(tensors)
    return FixedGraphBranch(branch=branch, predictions=nothing)


PROPAGATIONS: Mapping[str, str] = {"knn-labels": "near", "labels": "given"}
"""Name of a branch of spread labels -> its graph."""
CLASSICAL = ("logistic", "forest")
