"""A trained spacetime applied: to new nodes, and to files for other tools."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import safetensors.torch
from numpy.typing import NDArray

from geoframe.run.files import write_bytes
from geoframe.run.tables import write_arrays
from geoframe_data import read_nodes
from geoframe_nst.data_config import GraphDataConfig
from geoframe_nst.trained import TrainedSpacetime
from geoframe_nst.training import INPUTS


def embed_table(
    trained: TrainedSpacetime, path: Path, config: GraphDataConfig
) -> Mapping[str, NDArray[np.generic]]:
    """Points of the nodes of a table: arrays ``name`` ``(m,)`` and ``point`` ``(m, d)``.

    Nodes of the training are looked up by name if the run trained a table of them; any nodes are
    computed from their features if it trained a network.

    Raises
    ------
    DataError
        If the table cannot be read, or its nodes are unknown or have other features.
    """
    table = read_nodes(
        path,
        name=config.name,
        time=config.time,
        features=config.features,
        delimiter=config.delimiter,
        max_bytes=config.max_bytes,
    )
    names = np.array(table.names)
    if trained.embedding.embedder.inductive:
        return {"name": names, "point": trained.embed(table.features)}
    return {"name": names, "point": trained.points_of(table.names)}


def export_trained(trained: TrainedSpacetime, folder: Path) -> Sequence[Path]:
    """Write coordinates (Parquet and npz), weights (safetensors) and names (JSON)."""
    files = [folder / f"coordinates{suffix}" for suffix in (".parquet", ".npz")]
    for file in files:
        write_arrays(file, trained.coordinates())
    embedding = trained.embedding
    weights = {**embedding.state_dict(), INPUTS: embedding.inputs}
    write_bytes(folder / "model.safetensors", safetensors.torch.save(weights))
    write_bytes(folder / "nodes.json", json.dumps(trained.names).encode())
    return [*files, folder / "model.safetensors", folder / "nodes.json"]
