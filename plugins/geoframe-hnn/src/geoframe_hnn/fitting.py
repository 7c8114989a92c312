"""From a config and a tree to embeddings: constructed, memorised, distilled, trained."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import attrs
import numpy as np
import torch

from geoframe import Geometry
from geoframe.components import Component
from geoframe.errors import ConfigError
from geoframe.run.directory import Run
from geoframe_data.graph import Ints
from geoframe_data.tree import Tree
from geoframe_hnn.config import HNNConfig
from geoframe_hnn.hyperbolic_tree import HyperbolicTree, embed_tree
from geoframe_hnn.inputs import InputScale, choose_anchors, node_inputs, resolved, scale_of
from geoframe_hnn.memorise import MemorisingNetwork
from geoframe_hnn.models import FreePoints, Model, PolarNodes, build_model
from geoframe_hnn.objectives import DistilObjective, PairObjective
from geoframe_hnn.trained_network import PointCloud, TrainedNetwork


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
        If that space is not hyperbolic or has fewer than two dimensions.
    DataError
        If no scale gives the wanted distortion.
    """
    options = config.geometry.options
    dim, curvature = getattr(options, "dim", 0), getattr(options, "curvature", 0.0)
    if not curvature < 0.0 or dim < 2:
        raise ConfigError(
            [
                f"geometry: '{config.geometry.name}' with dim {dim} cannot hold the "
                "construction, which needs a hyperbolic space of 2 dimensions or "
                "more (hyperbolic-polar, hyperboloid, poincare); put other spaces into compare"
            ]
        )
    return embed_tree(
        tree,
        dim=dim,
        distortion=config.hnn.distortion,
        scale=config.hnn.scale,
        angles=config.hnn.angles,
        curvature=curvature,
    )


def memorise(construction: HyperbolicTree) -> tuple[MemorisingNetwork, PointCloud]:
    """Build the ReLU network that takes the constructed points, as tangent vectors, exactly.

    Its inputs are planar: nodes on a spiral, as any distinct inputs would do.
    """
    from geoframe_hnn.geometry import HyperbolicPolar

    n = len(construction)
    turn = np.linspace(0.0, 0.5 * np.pi, n)
    inputs = np.stack([np.arange(n) / max(1, n - 1), 0.1 * np.sin(turn)], axis=1)
    network = MemorisingNetwork(inputs, construction.tangent())
    points = network(torch.from_numpy(inputs))
    space = HyperbolicPolar(construction.dim, curvature=construction.curvature)
    return network, PointCloud(points, space, construction.stretch)


@attrs.frozen(kw_only=True, eq=False)
class Seen:
    """What networks see of the nodes."""

    kind: str
    anchors: Ints
    scale: InputScale
    values: torch.Tensor


def look(config: HNNConfig, tree: Tree) -> Seen:
    """Prepare the networks' inputs."""
    kind = resolved(config.hnn.inputs, tree)
    anchors = choose_anchors(tree, config.hnn.anchors, config.seed)
    raw = node_inputs(tree, kind, anchors, seed=config.seed)
    scale = scale_of(raw)
    values = torch.from_numpy(scale.apply(raw))
    return Seen(kind=kind, anchors=anchors, scale=scale, values=values)


def empty_model(config: HNNConfig, nodes: int, features: int) -> Model:
    """Build the untrained model of a config, for ``nodes`` nodes of ``features`` inputs."""
    return _model(config, config.geometry.build(), torch.zeros(nodes, features))


def _model(config: HNNConfig, geometry: Geometry, values: torch.Tensor) -> Model:
    if config.hnn.fit == "gradient" and config.hnn.optimizer == "riemannian":
        return FreePoints(geometry, len(values))
    polar = config.hnn.fit == "distil"
    return build_model(config.embedder.build, geometry, values, polar=polar)


def train_network(
    config: HNNConfig, construction: HyperbolicTree, seen: Seen, run: Run
) -> TrainedNetwork:
    """Train the configured network on distances, a distilled one towards the construction first.

    Both at once pull in two directions: constructed distances fall short of the tree's by what
    the turns lose. One after the other, the constructed points say where to go, and the
    distances then what counts. The first part is done again when a run is resumed.
    """
    geometry = config.geometry.build()
    model = _model(config, geometry, seen.values)
    unit = _unit(config, construction.tree)
    if isinstance(model, PolarNodes):
        unit = construction.stretch
        config.trainer.build().fit(DistilObjective(model, construction.tangent()))
        model.train()
    config.trainer.build().fit(_pairs(config, model, construction.tree, unit), run)
    return TrainedNetwork(
        model=model.cpu(),
        cloud=_cloud(model, unit),
        inputs=seen.kind,
        anchors=seen.anchors,
        scale=seen.scale,
    )


def train_rival(config: HNNConfig, space: Component, tree: Tree, seen: Seen) -> PointCloud:
    """Train the embedder on distances in another space, for comparison.

    Raises
    ------
    ConfigError
        If that space has negative distances.
    """
    geometry = space.build()
    if not geometry.promise.nonnegative:
        raise ConfigError([f"compare: '{space.name}' has negative distances, which no tree has"])
    model = build_model(config.embedder.build, geometry, seen.values)
    unit = _unit(config, tree)
    config.trainer.build().fit(_pairs(config, model, tree, unit))
    return _cloud(model.cpu(), unit)


def _pairs(config: HNNConfig, model: Model, tree: Tree, unit: float) -> PairObjective:
    relative = config.hnn.loss == "relative"
    return PairObjective(model, tree, unit=unit, relative=relative, partners=config.hnn.partners)


def _unit(config: HNNConfig, tree: Tree) -> float:
    """Length that training gives an edge of length 1."""
    return config.hnn.edge / (float(np.median(tree.length[1:])) if len(tree) > 1 else 1.0)


def _cloud(model: Model, unit: float) -> PointCloud:
    model.cpu().eval().requires_grad_(False)
    with torch.no_grad():
        return PointCloud(model(), model.geometry, unit)
