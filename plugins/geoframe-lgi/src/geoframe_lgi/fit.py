"""From rows and a config to the trained network, and to its peers on the same rows."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
import torch

from geoframe import Geometry, UsesGraph, capability
from geoframe.components import Component
from geoframe.run.directory import Run
from geoframe_lgi.axes import principal_axes
from geoframe_lgi.branches.network import usual_dropout
from geoframe_lgi.config import GraphConfig, LGIConfig, NetworkConfig
from geoframe_lgi.held_out import Predictions, part_seed
from geoframe_lgi.latent.continuous import ContinuousGraphModule
from geoframe_lgi.latent.discrete import DiscreteGraphModule
from geoframe_lgi.latent.edges import Edges
from geoframe_lgi.losses import TaskLoss
from geoframe_lgi.network.latent_network import GraphModule, LatentGraphNetwork
from geoframe_lgi.network.objective import LatentGraphObjective
from geoframe_lgi.sampling.race import Race
from geoframe_lgi.task import Mask, NodeTask, Scores
from geoframe_lgi.watched import train_watched


@attrs.frozen(kw_only=True)
class Recipe:
    """What a latent network is built from."""

    geometry: Component
    embedder: Component
    graph: GraphConfig
    network: NetworkConfig
    trainer: Component

    @classmethod
    def of(cls, config: LGIConfig) -> Recipe:
        """Take it from a config."""
        return cls(
            geometry=config.geometry,
            embedder=config.embedder,
            graph=config.graph,
            network=config.network,
            trainer=config.trainer,
        )


@attrs.frozen(kw_only=True, eq=False)
class FittedLatent:
    """A trained latent network on its task."""

    objective: LatentGraphObjective
    scores: Scores
    """``(n, c)``."""
    seconds: float
    steps: int
    first_homophily: float | None
    """Share of edges between equal classes before training; None where there are no classes."""


def build_network(recipe: Recipe, task: NodeTask) -> LatentGraphNetwork:
    """Put a network together, untrained and not yet calibrated."""
    network = recipe.network
    return LatentGraphNetwork(
        task.features.shape[1],
        len(task.outputs),
        network.widths,
        lambda inputs, first: graph_module(recipe, task, inputs, first=first),
        modules=network.modules,
        layer=network.layer,
        dropout=dropout_for(network, task),
        from_features=recipe.graph.latent_input == "features",
        rebind=recipe.graph.encoder_graph == "sampled",
    )


def dropout_for(network: NetworkConfig, task: NodeTask) -> float:
    """Share of features left out in training."""
    given = network.dropout
    return usual_dropout(task.features.shape[1]) if given is None else given


def graph_module(recipe: Recipe, task: NodeTask, inputs: int, *, first: bool) -> GraphModule:
    """Build a graph module for so many inputs, the first of a network or a later one."""
    graph = recipe.graph
    race = Race(k=graph.k, noise=graph.noise, self_edges=graph.self_edges, power=graph.power)
    geometry: Geometry = recipe.geometry.build()
    encoder = recipe.embedder.build(in_features=inputs, out_features=geometry.dim)
    sees = capability(encoder, UsesGraph)
    if sees is not None and task.edges is not None and graph.encoder_graph == "given":
        sees.on_graph(torch.from_numpy(task.edges), None, None)
    if graph.module == "continuous":
        return ContinuousGraphModule(encoder, geometry, race)
    start = None
    if graph.start == "principal" and first and graph.latent_input == "features":
        start = principal_axes(torch.from_numpy(task.features), geometry.dim)
    return DiscreteGraphModule(encoder, geometry, race, start=start)


def fit_latent(
    recipe: Recipe,
    task: NodeTask,
    train: Mask,
    held: Mask,
    *,
    seed: int,
    run: Run | None = None,
) -> FittedLatent:
    """Train a latent network on some rows; others are held out for early stopping, maybe none."""
    torch.manual_seed(part_seed(seed, "latent"))
    network = build_network(recipe, task)
    loss = TaskLoss.of(recipe.network, task, train)
    features = torch.from_numpy(task.features)
    objective = LatentGraphObjective(network, features, loss, train, held, recipe.graph)
    network.calibrate(objective.features, torch.Generator().manual_seed(seed))
    before = homophily(objective, task)
    training = train_watched(objective, recipe.trainer, held, run)
    return FittedLatent(
        objective=objective,
        scores=objective.scores().double().numpy(),
        seconds=training.seconds,
        steps=training.steps,
        first_homophily=before,
    )


@torch.no_grad()
def homophily(objective: LatentGraphObjective, task: NodeTask) -> float | None:
    """Mean share of drawn edges that join equal classes; None where there are none."""
    if task.kind != "classification":
        return None
    codes = torch.from_numpy(task.codes)
    objective.eval()
    drawn = [each.samples[0].edges for each in objective.passes_of()]
    found = [edges.homophily(codes) for edges in drawn if isinstance(edges, Edges)]
    known = [share for share in found if share is not None]
    return float(np.mean(known)) if known else None


def as_predictions(name: str, fits: Sequence[FittedLatent], held: Mask) -> Predictions:
    """Mean of several trainings, judged on rows that none of them trained on."""
    scores = np.mean([each.scores for each in fits], axis=0)
    seconds = sum(each.seconds for each in fits)
    judged = np.where(held[:, None], scores, np.nan)
    return Predictions(name=name, scores=scores, held=judged, seconds=seconds)
