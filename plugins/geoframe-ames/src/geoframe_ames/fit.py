"""From rows and a config to trained branches, apart or in one network."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import numpy as np
import torch

from geoframe.components import Component
from geoframe.run.directory import Run
from geoframe_ames.branches import (
    CLASSICAL,
    PROPAGATIONS,
    Branch,
    ClassicalBranch,
    FixedGraphBranch,
    LatentBranch,
    PropagationBranch,
)
from geoframe_ames.config import AMESConfig
from geoframe_ames.fusion.attention import attention
from geoframe_ames.network.branch_network import BranchNetwork
from geoframe_ames.network.objective import BranchObjective
from geoframe_lgi.branches.kinds import Views, fitting
from geoframe_lgi.fit import Recipe, dropout_for, graph_module
from geoframe_lgi.held_out import HeldOut, part_seed
from geoframe_lgi.latent.edges import Edges
from geoframe_lgi.losses import TaskLoss
from geoframe_lgi.network.latent_network import GraphModule
from geoframe_lgi.task import Mask, NodeTask, Scores
from geoframe_lgi.watched import train_watched

WATCHED = "watched"
"""What patience watches in an attention network."""


def recipes(config: AMESConfig) -> dict[str, Recipe]:
    """Return a recipe for each latent branch, by the name of its geometry (numbered if twice)."""
    names: dict[str, Recipe] = {}
    for space in config.ames.spaces:
        name = space.name
        number = 2
        while name in names:
            name, number = f"{space.name}-{number}", number + 1
        names[name] = Recipe(
            geometry=space,
            embedder=config.embedder,
            graph=config.graph,
            network=config.network,
            trainer=latent_trainer(config),
        )
    return names


def latent_trainer(config: AMESConfig) -> Component:
    """The trainer of a latent branch by itself, which knows no warm-up."""
    options = config.trainer.options
    if getattr(options, "monitor", "") != WATCHED:
        return config.trainer
    return attrs.evolve(config.trainer, options=attrs.evolve(options, monitor="held_out"))


def fit_branches(
    config: AMESConfig, views: Views, held_out: HeldOut, run: Run | None
) -> list[Branch]:
    """Train every branch of screened fusion on one split."""
    task, seed = views.task, config.seed
    loss = TaskLoss(task, held_out.train, class_weights=config.network.class_weights)
    trainer: Component = config.evaluation.trainer
    branches: list[Branch] = []
    if config.ames.fixed:
        for name in fitting(task):
            branches.append(
                FixedGraphBranch.fit(name, views, loss, held_out, trainer, seed=seed, run=run)
            )
        for name, graph in PROPAGATIONS.items():
            if graph != "given" or task.edges is not None:
                branches.append(PropagationBranch.fit(name, graph, views, held_out))
        for name in CLASSICAL:
            branches.append(ClassicalBranch.fit(name, task, held_out, seed=seed))
    for name, recipe in (recipes(config) if config.ames.has_latent else {}).items():
        branches.append(
            LatentBranch.fit(
                name, task, recipe, held_out, seed=part_seed(seed, name) % 2**31, run=run
            )
        )
    return branches


@attrs.frozen(kw_only=True, eq=False)
class FittedNetwork:
    """A trained attention network."""

    objective: BranchObjective
    scores: Scores
    seconds: float
    steps: int


def build_network(config: AMESConfig, task: NodeTask, views: Views) -> BranchNetwork:
    """Put an attention network together, untrained and not yet calibrated."""
    options, network = config.ames, config.network
    modules: dict[str, GraphModule] = {
        name: graph_module(recipe, task, task.features.shape[1], first=True)
        for name, recipe in (recipes(config) if config.ames.has_latent else {}).items()
    }
    fixed = _fixed_edges(config, task, views)
    names = [*fixed, *modules]
    return BranchNetwork(
        task.features.shape[1],
        len(task.outputs),
        network.widths,
        names,
        modules,
        fixed,
        lambda width: attention(
            "semantic" if options.fusion == "screened" else options.fusion,
            len(names),
            width,
            options.attention_width,
        ),
        layer=network.layer,
        dropout=dropout_for(network, task),
        blocks=options.layout == "blocks",
        share=options.share_layers,
    )


def _fixed_edges(config: AMESConfig, task: NodeTask, views: Views) -> Mapping[str, Edges]:
    if not config.ames.fixed:
        return {}
    near = torch.from_numpy(views.nearest.edges()[:, 1].reshape(len(task), -1))
    fixed = {"near": Edges.regular(near)}
    if task.edges is not None:
        pairs = torch.from_numpy(task.edges.T.copy())
        fixed["given"] = Edges.of_pairs(len(task), pairs)
    return fixed


def fit_network(
    config: AMESConfig,
    views: Views,
    train: Mask,
    held: Mask,
    *,
    seed: int,
    run: Run | None = None,
) -> FittedNetwork:
    """Train an attention network on some rows, stopped early on others."""
    task = views.task
    torch.manual_seed(part_seed(seed, "attention"))
    network = build_network(config, task, views)
    objective = branch_objective(config, network, task, train, held)
    network.calibrate(objective.features, torch.Generator().manual_seed(seed))
    training = train_watched(objective, config.trainer, held, run)
    return FittedNetwork(
        objective=objective,
        scores=objective.scores().double().numpy(),
        seconds=training.seconds,
        steps=training.steps,
    )


def branch_objective(
    config: AMESConfig, network: BranchNetwork, task: NodeTask, train: Mask, held: Mask
) -> BranchObjective:
    """Make what a trainer minimises."""
    return BranchObjective(
        network,
        torch.from_numpy(task.features),
        TaskLoss.of(config.network, task, train),
        train,
        held,
        config.graph,
        warmup=config.ames.warmup_uniform,
        weighted=config.ames.weight_graph_loss,
    )


def held_rows(held_out: HeldOut) -> tuple[Mask, Mask]:
    """Rows that an attention network trains on, and those that stop it: the first fold's."""
    fold = held_out.folds[0]
    return fold.train, fold.held


def attention_shares(fitted: FittedNetwork) -> dict[str, float]:
    """Mean attention of each branch over the graphs drawn for a prediction."""
    with torch.no_grad():
        alpha = np.mean([found.alpha.numpy() for found in fitted.objective.passes_of()], axis=0)
    return dict(zip(fitted.objective.network.names, alpha.tolist(), strict=True))
