"""From a config and a graph to a trained spacetime, and back from a run directory."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from geoframe import Geometry, PartialOrder, Training, capability
from geoframe.embedders.table import Table
from geoframe.run.directory import Run
from geoframe_data.graph import Graph
from geoframe_embedding.building import Items, build_embedding
from geoframe_embedding.embedding import EmbeddedItems
from geoframe_embedding.store import keep_embedding, keep_names, read_items, read_names
from geoframe_nst.closure.reachability import Reachability
from geoframe_nst.config import NSTConfig
from geoframe_nst.landmarks import landmark_coordinates
from geoframe_nst.objective import SpacetimeObjective
from geoframe_nst.order.incomparable import IncomparablePairs
from geoframe_nst.order.linear_extensions import DEFAULT_TIME_DIM, linear_extensions
from geoframe_nst.order.neural_order import NeuralOrder
from geoframe_nst.order.precedence import KnownOrder
from geoframe_nst.spacetime import NeuralSpacetime
from geoframe_nst.targets import edge_targets, path_targets
from geoframe_nst.trained import TrainedSpacetime

ORDER = "order"
"""Tensors of a run that hold what is known of the order."""


def train(config: NSTConfig, graph: Graph, run: Run) -> tuple[TrainedSpacetime, Training]:
    """Fit a spacetime to ``graph``, logging and keeping checkpoints in ``run``."""
    objective = objective_for(config, graph)
    training = config.trainer.build().fit(objective, run)
    if isinstance(objective.embedding.embedder, Table):
        objective.embedding.embedder.settle()  # exported rows need no network
    embedding = objective.embedding.cpu()
    known = KnownOrder(edges=graph.edges, exact=objective.exact_order)
    return TrainedSpacetime(embedding, graph.names, data=config.data, known=known), training


def objective_for(config: NSTConfig, graph: Graph) -> SpacetimeObjective:
    """Build the untrained model and the loss that a config asks for on a graph."""
    geometry = config.geometry.build()
    reachability = Reachability(len(graph), graph.edges)
    found = linear_extensions(config, geometry, reachability, graph.edges)
    extensions = None if found is None else found.coordinates
    embedding = build(config, geometry, items_of(graph), extensions)
    options = config.nst
    paths = options.distances == "paths"
    chosen, lengths = (
        path_targets(graph, pairs=options.path_pairs, seed=config.seed)
        if paths
        else edge_targets(graph)
    )
    pairs, targets = torch.tensor(chosen), torch.tensor(lengths, dtype=torch.float32)
    if options.start == "landmarks":
        _start_at_landmarks(embedding, graph, config.seed, extensions)
    if options.calibrate:
        embedding.calibrate(pairs, targets)
    trained_order = embedding.closed_form is None
    apart = trained_order and options.order_loss == "margin" and options.negatives > 0
    return SpacetimeObjective(
        embedding,
        pairs,
        targets,
        options,
        order=trained_order,
        ordered=torch.tensor(graph.edges) if paths and trained_order else None,
        incomparable=IncomparablePairs(reachability, seed=config.seed) if apart else None,
        times=extensions if trained_order else None,
        exact_order=found is not None and found.exact,
    )


def restore(run: Run) -> TrainedSpacetime:
    """Rebuild what :func:`train` made from a finished run, without its data."""
    config: NSTConfig = run.config
    names = read_names(run)
    items, state = read_items(run, len(names))
    extensions = state.get("closed_form", state.get("ranks"))
    if config.nst.time == "hybrid":  # of which only the number of coordinates is needed
        extensions = torch.empty(0, config.nst.time_dim or DEFAULT_TIME_DIM)
    embedding = build(config, config.geometry.build(), items, extensions)
    embedding.load_state_dict(state)
    known = None
    if (run.path / f"{ORDER}.safetensors").exists():  # not in runs of before it was kept
        arrays = run.read_arrays(ORDER)
        known = KnownOrder(edges=arrays["edges"].astype(np.int64), exact=bool(arrays["exact"]))
    return TrainedSpacetime(embedding, names, data=config.data, known=known)


def keep(trained: TrainedSpacetime, graph: Graph, run: Run) -> None:
    """Write what :func:`restore` needs into the run directory."""
    keep_names(run, trained.names)
    keep_embedding(run, trained.embedding, items_of(graph))
    known = trained.known
    assert known is not None  # of what has just been trained
    order = {
        "edges": torch.tensor(known.edges, dtype=torch.int32),
        "exact": torch.tensor(known.exact),
    }
    run.write_tensors(ORDER, order)


def items_of(graph: Graph) -> Items:
    """What an embedder may see of the nodes."""
    return Items(
        count=len(graph), features=graph.features, edges=graph.edges, lengths=graph.lengths
    )


def build(
    config: NSTConfig, geometry: Geometry, items: Items, extensions: Tensor | None
) -> EmbeddedItems:
    """Put embedder and spacetime together, untrained.

    Parameters
    ----------
    geometry
        A space, or a spacetime with an order of its own.
    items
        What the embedder may see of the nodes.
    extensions
        Linear extensions ``(n, t)`` from the realizer, if the config asks for them.
    """
    options = config.nst
    ranks = extensions if options.time == "realizer" else None
    spacetime, free = geometry, geometry.dim
    if capability(geometry, PartialOrder) is None:
        t = extensions.shape[1] if extensions is not None else options.time_dim or DEFAULT_TIME_DIM
        order = nn.Identity() if ranks is not None else NeuralOrder(t, mixing=options.order_map)
        spacetime = NeuralSpacetime(geometry, order, time_dim=t, directed=options.directed)
        free = geometry.dim if ranks is not None else spacetime.dim
    return build_embedding(config.embedder, spacetime, items, out_features=free, closed_form=ranks)


@torch.no_grad()
def _start_at_landmarks(
    embedding: EmbeddedItems, graph: Graph, seed: int, extensions: Tensor | None
) -> None:
    """Start the rows of a lookup table where path lengths, and linear extensions, put the nodes."""
    embedder = embedding.embedder
    if not isinstance(embedder, Table):
        return
    rows = embedder.rows
    spacetime = embedding.geometry
    space = spacetime.space.dim if isinstance(spacetime, NeuralSpacetime) else rows.shape[1]
    start = landmark_coordinates(len(graph), graph.edges, graph.lengths, space, seed=seed)
    rows[:, :space] = torch.tensor(start, dtype=rows.dtype)
    if embedding.closed_form is None and extensions is not None:
        rows[:, space:] = extensions
