"""Coordinates to files that other tools read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoframe.run.files import write_json, write_tensors
from geoframe.run.tables import frame_of, write_arrays, write_frame
from geoframe_data.tree import Tree
from geoframe_hnn.hyperbolic.embedded_tree import HyperbolicTree

if TYPE_CHECKING:
    from geoframe_hnn.trained import TrainedTree

Columns = dict[str, NDArray[np.generic]]


def columns(embedded: HyperbolicTree, nodes: NDArray[np.int64] | None = None) -> Columns:
    """One row per node: the stored form, and the place seen from the root.

    ``name``, ``parent`` (empty for the root), ``length``; ``direction_*`` in the parent's frame;
    ``root_distance`` (exact, in the tree's unit) and ``root_direction_*``; ``poincare_*``, which
    float64 resolves up to about 36 from the root at curvature -1.
    """
    nodes = np.arange(len(embedded)) if nodes is None else nodes
    tree = embedded.tree
    radius, toward = embedded.polar()
    ball = embedded.to_poincare()
    names = np.array(tree.names)
    parents = np.where(tree.parent >= 0, names[np.maximum(tree.parent, 0)], "")
    found: Columns = {
        "name": names[nodes],
        "parent": parents[nodes],
        "length": tree.length[nodes],
        "root_distance": radius[nodes],
    }
    for key, values in (
        ("direction", embedded.direction),
        ("root_direction", toward),
        ("poincare", ball),
    ):
        for axis in range(embedded.dim):
            found[f"{key}_{axis}"] = values[nodes, axis]
    return found


def node_frame(trained: TrainedTree) -> pd.DataFrame:
    """One row per node, keyed by name: :func:`columns`, and the network's ``point_*``."""
    found = columns(trained.construction)
    if trained.network is not None:
        points = trained.network.points.numpy()
        found |= {f"point_{axis}": column for axis, column in enumerate(points.T)}
    return frame_of(found).set_index("name")


def edge_frame(tree: Tree) -> pd.DataFrame:
    """One row per edge from a parent, keyed by the child; those of the tree first."""
    names, further = np.array(tree.names), tree.further
    parent, child = np.concatenate([tree.edges, further.edges]).T
    return frame_of(
        {
            "parent": names[parent],
            "child": names[child],
            "length": np.concatenate([tree.length[1:], further.length]),
            "tree": np.arange(len(parent)) < len(tree.edges),
        }
    ).set_index("child")


def export_trained(trained: TrainedTree, folder: Path) -> Sequence[Path]:
    """Write ``nodes.parquet``, ``nodes.npz``, ``space.json``, ``coordinates.npz``, any weights.

    Where nodes have several parents ``parents.parquet`` has a row for every edge: ``child``,
    ``parent``, ``length``, and ``tree``, whether the child hangs from this parent in the tree.

    ``coordinates.npz`` is for other libraries: ``name`` ``(n,)``, and in float32 ``poincare``
    ``(n, d)`` and ``lorentz`` ``(n, 1 + d)`` at curvature -1; its unit of length stands in
    ``space.json``.
    """
    found = node_frame(trained)
    folder.mkdir(parents=True, exist_ok=True)
    written = [folder / "nodes.parquet", folder / "nodes.npz", folder / "space.json"]
    for path in written[:2]:
        write_frame(path, found)
    construction = trained.construction
    space = {"scale": construction.scale, "curvature": construction.curvature}
    if (arrays := trained.arrays) is not None:
        space["coordinates_unit"] = arrays.unit
        written.append(folder / "coordinates.npz")
        names = np.array(trained.names)
        write_arrays(
            written[-1], {"name": names, "poincare": arrays.poincare, "lorentz": arrays.lorentz}
        )
    write_json(written[2], space)
    if len(trained.tree.further):
        written.append(folder / "parents.parquet")
        write_frame(written[-1], edge_frame(trained.tree))
    if trained.network is not None:
        written.append(folder / "network.safetensors")
        write_tensors(written[-1], trained.network.embedding.state_dict())
    return written
