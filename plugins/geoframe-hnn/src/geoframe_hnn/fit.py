"""From a config and a tree to embeddings: constructed, memorised, distilled, trained."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import attrs
import numpy as np
import torch
from numpy.typing import NDArray

from geoframe import ConstantCurvature, Geometry, TangentMaps, capability
from geoframe.components import Component
from geoframe.errors import ConfigError
from geoframe.run.directory import Run
from geoframe_data.graph import Ints
from geoframe_data.tree import Tree
from geoframe_embedding.building import Items, build_embedding
from geoframe_embedding.discrepancy import Loss
from geoframe_embedding.embedding import EmbeddedItems, Points
from geoframe_embedding.free_points import FreePoints
from geoframe_embedding.objective import PartnerObjective
from geoframe_embedding.trained import TrainedEmbedding
from geoframe_hnn.config import HNNConfig
from geoframe_hnn.hyperbolic.embedded_tree import HyperbolicTree, embed_tree
from geoframe_hnn.network.memorise import MemorisingNetwork
from geoframe_hnn.network.objectives import DistilObjective, TreeTargets
from geoframe_hnn.network.polar_embedder import PolarEmbedder
from geoframe_hnn.network.trained_network import TrainedNetwork
from geoframe_hnn.tree.inputs import InputScale, choose_anchors, node_inputs, resolved, scale_of


class Clock:
    """Process time, in seconds, that a block took."""

    seconds = 0.0


@contextmanager
def timed() -> Iterator[Clock]:
    """Measure the process time of a block."""
    clock, start = Clock(), time.process_time()
    yield clock
    clock.seconds = time.process_time() - start


def construct(config: HNNConfig, tree: Tree) -> HyperbolicTree:
    """Embed the tree in the space that ``[geometry]`` names.

    Raises
    ------
    ConfigError
        If that space is not hyperbolic, or has no tangent maps or fewer than two dimensions.
    DataError
        If no scale gives the wanted distortion.
    """
    space = config.geometry.build()
    constant = capability(space, ConstantCurvature)
    curvature = 0.0 if constant is None else float(constant.sectional_curvature())
    if not curvature < 0.0 or space.dim < 2 or capability(space, TangentMaps) is None:
        raise ConfigError(
            [
                f"geometry: '{config.geometry.name}' with dim {space.dim} cannot hold the "
                "construction, which needs a space of constant negative curvature with tangent "
                "maps and 2 dimensions or more (hyperbolic-polar, hyperboloid, poincare); put "
                "other spaces into compare"
            ]
        )
    return embed_tree(
        tree,
        dim=space.dim,
        distortion=config.hnn.distortion,
        scale=config.hnn.scale,
        angles=config.hnn.angles,
        curvature=curvature,
    )


def memorise(construction: HyperbolicTree) -> tuple[MemorisingNetwork, TrainedEmbedding]:
    """Build the ReLU network that takes the constructed points, as tangent vectors, exactly.

    Its inputs are planar: nodes on a spiral, as any distinct inputs would do.
    """
    from geoframe_hnn.hyperbolic.geometry import HyperbolicPolar

    n = len(construction)
    turn = np.linspace(0.0, 0.5 * np.pi, n)
    inputs = np.stack([np.arange(n) / max(1, n - 1), 0.1 * np.sin(turn)], axis=1)
    network = MemorisingNetwork(inputs, construction.tangent())
    space = HyperbolicPolar(construction.dim, curvature=construction.curvature)
    embedding = EmbeddedItems(network, space, torch.from_numpy(inputs)).double()
    embedding.scale.fill_(1.0 / construction.stretch)
    return network, TrainedEmbedding(embedding, construction.tree.names)


@attrs.frozen(kw_only=True, eq=False)
class NodeInputs:
    """What networks see of the nodes."""

    kind: str
    anchors: Ints
    scale: InputScale
    features: NDArray[np.float32]
    """Scaled, ``(n, f)``."""


def prepare_inputs(config: HNNConfig, tree: Tree) -> NodeInputs:
    """Prepare the networks' inputs."""
    kind = resolved(config.hnn.inputs, tree)
    anchors = choose_anchors(tree, config.hnn.anchors, config.seed)
    raw = node_inputs(tree, kind, anchors, seed=config.seed)
    scale = scale_of(raw)
    return NodeInputs(kind=kind, anchors=anchors, scale=scale, features=scale.apply(raw))


def items_of(tree: Tree, features: NDArray[np.float32]) -> Items:
    """What an embedder may see of the nodes: inputs ``(n, f)``, edges from parent to child."""
    return Items(count=len(tree), features=features, edges=tree.edges, lengths=tree.length[1:])


def build_model(config: HNNConfig, geometry: Geometry, items: Items) -> Points:
    """Build the untrained model of a config in a geometry.

    Raises
    ------
    ConfigError
        If free points are wanted and geoopt has no such space.
    """
    if config.hnn.fit == "gradient" and config.hnn.optimizer == "riemannian":
        return FreePoints(geometry, items.count)
    if config.hnn.fit != "distil":
        return build_embedding(config.embedder, geometry, items)
    model = build_embedding(config.embedder, geometry, items, out_features=geometry.dim + 1)
    model.embedder = PolarEmbedder(model.embedder)
    return model


def train_network(
    config: HNNConfig, construction: HyperbolicTree, inputs: NodeInputs, run: Run
) -> TrainedNetwork:
    """Train the configured network on distances, a distilled one towards the construction first.

    Both at once pull in two directions: constructed distances fall short of the tree's by what
    the turns lose. One after the other, the constructed points say where to go, and the
    distances then what counts. The first part is done again when a run is resumed.
    """
    tree = construction.tree
    model = build_model(config, config.geometry.build(), items_of(tree, inputs.features))
    unit = _unit(config, tree)
    if config.hnn.fit == "distil":
        assert isinstance(model, EmbeddedItems)
        unit = construction.stretch
        config.trainer.build().fit(DistilObjective(model, construction.tangent()))
        model.train()
    config.trainer.build().fit(_objective(config, model, tree, unit), run)
    return TrainedNetwork(
        _finished(model, unit),
        tree.names,
        inputs=inputs.kind,
        anchors=inputs.anchors,
        input_scale=inputs.scale,
        features=inputs.features,
    )


def train_baseline(
    config: HNNConfig, space: Component, tree: Tree, inputs: NodeInputs
) -> TrainedEmbedding:
    """Train the embedder on distances in another space, for comparison.

    Raises
    ------
    ConfigError
        If that space has negative distances.
    """
    geometry = space.build()
    if not geometry.promise.nonnegative:
        raise ConfigError([f"compare: '{space.name}' has negative distances, which no tree has"])
    model = build_embedding(config.embedder, geometry, items_of(tree, inputs.features))
    unit = _unit(config, tree)
    config.trainer.build().fit(_objective(config, model, tree, unit))
    return TrainedEmbedding(_finished(model, unit), tree.names)


def _objective(config: HNNConfig, model: Points, tree: Tree, unit: float) -> PartnerObjective:
    loss: Loss = "relative" if config.hnn.loss == "relative" else "stress"
    targets = TreeTargets(tree, unit)
    return PartnerObjective(model, targets, loss, partners=config.hnn.partners)


def _unit(config: HNNConfig, tree: Tree) -> float:
    """Length that training gives an edge of length 1."""
    return config.hnn.edge / (float(np.median(tree.length[1:])) if len(tree) > 1 else 1.0)


def _finished(model: Points, unit: float) -> Points:
    """The trained model, its distances in the unit of the tree from now on."""
    model.scale.fill_(1.0 / unit)
    return model.cpu()
