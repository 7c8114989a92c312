"""What a run keeps of an embedding, and how it is read again; runs of 0.1 too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from geoframe.capabilities import UsesGraph, capability
from geoframe.run.directory import Run
from geoframe_embedding.building import Items
from geoframe_embedding.embedding import EmbeddedItems

NAMES = ("items", "nodes")
"""JSON files that may hold the names, today's first."""
MODEL = "model"
GRAPH = "graph"
INPUTS = "inputs"
"""Name of the items' inputs among the tensors of a model."""


def keep_names(run: Run, names: Sequence[str]) -> None:
    """Write the items' names."""
    run.write_json(NAMES[0], list(names))


def read_names(run: Run) -> tuple[str, ...]:
    """Read the items' names."""
    kept = [name for name in NAMES if (run.path / f"{name}.json").exists()]
    return tuple(run.read_json(kept[0] if kept else NAMES[0]))


def keep_embedding(run: Run, embedding: EmbeddedItems, items: Items) -> None:
    """Write parameters and inputs, and the graph if the embedder uses it."""
    run.write_tensors(MODEL, model_tensors(embedding))
    if capability(embedding.embedder, UsesGraph) is not None:
        arrays = {"edges": items.edges, "lengths": items.lengths, "features": items.features}
        there = {key: torch.tensor(array) for key, array in arrays.items() if array is not None}
        run.write_tensors(GRAPH, there)


def model_tensors(embedding: EmbeddedItems) -> dict[str, Tensor]:
    """Parameters, buffers and inputs by name."""
    return {**embedding.state_dict(), INPUTS: embedding.inputs}


def read_items(run: Run, count: int) -> tuple[Items, dict[str, Tensor]]:
    """What the embedder saw of the items, and the tensors of the model.

    ``load_state_dict`` of the rebuilt model takes the tensors, those of 0.1 too.
    """
    state = run.read_tensors(MODEL)
    inputs = state.pop(INPUTS)
    features = inputs.float().numpy() if inputs.ndim == 2 else None
    graph: Mapping[str, Tensor] = {}
    if (run.path / f"{GRAPH}.safetensors").exists():
        graph = run.read_tensors(GRAPH)
        features = graph["features"].numpy() if "features" in graph else features
    items = Items(
        count=count,
        features=features,
        edges=graph["edges"].numpy() if "edges" in graph else None,
        lengths=graph["lengths"].double().numpy() if "lengths" in graph else None,
    )
    return items, state
