"""The peers of a run: which ones the data allow, and each trained on one split."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from geoframe.components import Component
from geoframe.errors import ConfigError
from geoframe.run.directory import Run
from geoframe_lgi.baselines.classical import fit_classical
from geoframe_lgi.branches.fit import fit_branch
from geoframe_lgi.branches.kinds import KINDS, Views
from geoframe_lgi.config import Peer
from geoframe_lgi.fit import Recipe, as_predictions, fit_latent
from geoframe_lgi.held_out import HeldOut, Predictions
from geoframe_lgi.losses import TaskLoss
from geoframe_lgi.task import NodeTask, Split

DEFAULT: Sequence[Peer] = (
    "mlp",
    "logistic",
    "forest",
    "label-spreading",
    "knn-gcn",
    "gcn",
    "sage",
    "unlearned-graph",
)
"""Peers that are trained unless the config names others; those the data allow."""
UNLEARNED: Peer = "unlearned-graph"


def allowed(names: Sequence[Peer] | None, task: NodeTask) -> list[Peer]:
    """Peers of a run.

    Raises
    ------
    ConfigError
        If one was named that needs a graph, and there is none.
    """
    needs_graph = {name for name, kind in KINDS.items() if kind.graph}
    chosen = DEFAULT if names is None else names
    if task.edges is None:
        wrong = [name for name in chosen if name in needs_graph]
        if wrong and names is not None:
            raise ConfigError(
                [f"evaluation.peers: '{wrong[0]}' needs a graph; give data.edges or leave it out"]
            )
        return [name for name in chosen if name not in needs_graph]
    return list(chosen)


def fit_peer(
    name: Peer,
    views: Views,
    split: Split,
    held_out: HeldOut,
    recipe: Recipe,
    trainer: Component,
    *,
    class_weights: bool,
    seed: int,
    run: Run | None,
) -> Predictions:
    """Train one peer on one split."""
    task = views.task
    if name in KINDS:
        loss = TaskLoss(task, split.train, class_weights=class_weights)
        return fit_branch(name, views, loss, held_out, trainer, seed=seed, run=run).predictions
    if name == UNLEARNED:
        still = attrs.evolve(recipe, graph=attrs.evolve(recipe.graph, loss_weight=0.0))
        held = split.validation
        part = None if run is None else run.part(name)
        fitted = fit_latent(still, task, split.train, held, seed=seed, run=part)
        return as_predictions(name, [fitted], held & np.isfinite(task.target).all(axis=1))
    return fit_classical(name, task, held_out, seed=seed)
