"""From a config and a graph to a trained spacetime, and back from a run directory."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from geoframe import DataError, Geometry, PartialOrder, Training
from geoframe.embedders.table import Table
from geoframe.run.directory import Run
from geoframe_data.graph import Graph
from geoframe_nst.config import NSTConfig
from geoframe_nst.embedding import SpacetimeEmbedding
from geoframe_nst.incomparable import IncomparablePairs
from geoframe_nst.landmarks import landmark_coordinates
from geoframe_nst.linear_extensions import DEFAULT_TIME_DIM, linear_extensions
from geoframe_nst.objective import SpacetimeObjective
from geoframe_nst.order import NeuralOrder
from geoframe_nst.reachability import Reachability
from geoframe_nst.spacetime import NeuralSpacetime
from geoframe_nst.trained import TrainedSpacetime

INPUTS = "inputs"
"""Name of the nodes' inputs among the tensors of a finished run."""


def train(config: NSTConfig, graph: Graph, run: Run) -> tuple[TrainedSpacetime, Training]:
    """Fit a spacetime to ``graph``, logging and keeping checkpoints in ``run``."""
    objective = objective_for(config, graph)
    training = config.trainer.build().fit(objective, run)
    if isinstance(objective.embedding.embedder, Table):
        objective.embedding.embedder.settle()  # exported rows need no network
    return TrainedSpacetime(objective.embedding.cpu(), graph.names), training


def objective_for(config: NSTConfig, graph: Graph) -> SpacetimeObjective:
    """Build the untrained model and the loss that a config asks for on a graph."""
    geometry = config.geometry.build()
    reachability = Reachability(len(graph), graph.edges)
    extensions = linear_extensions(config, geometry, reachability, graph.edges)
    embedding = build(config, geometry, len(graph), graph.features, extensions)
    edges = torch.tensor(graph.edges)
    weights = torch.tensor(graph.lengths, dtype=torch.float32)
    if config.nst.start == "landmarks":
        _start_at_landmarks(embedding, graph, config.seed, extensions)
    if config.nst.calibrate:
        embedding.calibrate(edges, weights)
    trained_order = embedding.ranks is None
    apart = trained_order and config.nst.order_loss == "margin" and config.nst.negatives > 0
    return SpacetimeObjective(
        embedding,
        edges,
        weights,
        config.nst,
        order=trained_order,
        incomparable=IncomparablePairs(reachability, seed=config.seed) if apart else None,
        targets=extensions if trained_order else None,
    )


def restore(run: Run) -> TrainedSpacetime:
    """Rebuild what :func:`train` made from a finished run, without its data."""
    config: NSTConfig = run.config
    names, state = run.read_json("nodes"), run.read_tensors("model")
    inputs, extensions = state.pop(INPUTS), state.get("ranks")
    if config.nst.time == "hybrid":  # of which only the number of coordinates is needed
        extensions = torch.empty(0, config.nst.time_dim or DEFAULT_TIME_DIM)
    features = inputs.numpy() if inputs.ndim == 2 else None
    embedding = build(config, config.geometry.build(), len(names), features, extensions)
    embedding.load_state_dict(state)
    return TrainedSpacetime(embedding, names)


def keep(trained: TrainedSpacetime, run: Run) -> None:
    """Write what :func:`restore` needs into the run directory."""
    run.write_json("nodes", trained.names)
    embedding = trained.embedding
    run.write_tensors("model", {**embedding.state_dict(), INPUTS: embedding.inputs})


def build(
    config: NSTConfig,
    geometry: Geometry,
    n: int,
    features: NDArray[np.float32] | None,
    extensions: Tensor | None,
) -> SpacetimeEmbedding:
    """Put embedder and spacetime together, untrained.

    Parameters
    ----------
    geometry
        A space, or a spacetime with an order of its own.
    n
        Number of nodes.
    features
        Node features ``(n, f)``, if there are any.
    extensions
        Linear extensions ``(n, t)`` from the realizer, if the config asks for them.
    """
    options = config.nst
    ranks = extensions if options.time == "realizer" else None
    spacetime, free = geometry, geometry.dim
    if not isinstance(geometry, PartialOrder):
        t = extensions.shape[1] if extensions is not None else options.time_dim or DEFAULT_TIME_DIM
        order = nn.Identity() if ranks is not None else NeuralOrder(t, mixing=options.order_map)
        spacetime = NeuralSpacetime(geometry, order, time_dim=t, directed=options.directed)
        free = geometry.dim if ranks is not None else spacetime.dim
    inputs = torch.arange(n)
    embedder = config.embedder.spec.load()
    if getattr(embedder, "inductive", True):
        if features is None:
            raise DataError(
                f"embedder '{config.embedder.name}' needs node features, and the graph has none; "
                "give data.nodes, or leave embedder.name out"
            )
        inputs = torch.tensor(features)
    width = inputs.shape[1] if inputs.ndim == 2 else n
    built = config.embedder.build(in_features=width, out_features=free)
    return SpacetimeEmbedding(built, spacetime, inputs, ranks)


@torch.no_grad()
def _start_at_landmarks(
    embedding: SpacetimeEmbedding, graph: Graph, seed: int, extensions: Tensor | None
) -> None:
    """Start the rows of a lookup table where path lengths, and linear extensions, put the nodes."""
    embedder = embedding.embedder
    if not isinstance(embedder, Table):
        return
    rows = embedder.rows
    spacetime = embedding.spacetime
    space = spacetime.space.dim if isinstance(spacetime, NeuralSpacetime) else rows.shape[1]
    start = landmark_coordinates(len(graph), graph.edges, graph.lengths, space, seed=seed)
    rows[:, :space] = torch.tensor(start, dtype=rows.dtype)
    if embedding.ranks is None and extensions is not None:
        rows[:, space:] = extensions
