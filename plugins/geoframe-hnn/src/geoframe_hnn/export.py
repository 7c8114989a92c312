"""New nodes from files, and coordinates to files that other tools read."""

from __future__ import annotations

from collections.abc import Sequence
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoframe.data import load_npz, shown
from geoframe.errors import DataError, did_you_mean
from geoframe.run.files import write_json, write_tensors
from geoframe.run.tables import frame_of, write_frame
from geoframe_data import Graph, read_graph
from geoframe_embedding.trained import point_frame
from geoframe_hnn.hyperbolic.embedded_tree import HyperbolicTree

if TYPE_CHECKING:
    from geoframe_hnn.trained import TrainedTree

Columns = dict[str, NDArray[np.generic]]


def apply_file(trained: TrainedTree, path: Path) -> pd.DataFrame:
    """Embed the nodes of a file, keyed by name.

    A parent list (or any other tree) attaches leaves to known nodes or to each other; the result
    has a row for each, as :func:`columns` describes. An npz with ``features`` (m, f) goes through
    the run's network.

    Raises
    ------
    DataError
        If the file is neither, or does not fit the run.
    """
    if path.suffix == ".npz":
        arrays = load_npz(path)
        if "features" not in arrays:
            raise DataError(f"{path}: no array 'features'; it has {', '.join(arrays)}")
        placed = trained.embed_features(arrays["features"])
        names = arrays.get("name", arrays.get("names", np.arange(len(placed))))
        return point_frame([str(name) for name in names], placed)
    grown = _attached(trained, path)
    new = np.arange(len(trained.tree), len(grown))
    found = columns(grown, new)
    points = trained.embed_attached(grown)
    return frame_of(found if points is None else {**found, "point": points}).set_index("name")


def _attached(trained: TrainedTree, path: Path) -> HyperbolicTree:
    graph = read_graph(path, roots=True)
    below = set(graph.edges[:, 1].tolist())
    for node, name in enumerate(graph.names):
        if node not in below and name not in trained.tree:
            raise DataError(
                f"{path}: '{shown(name)}' is neither a node of the run nor given a parent"
                f"{did_you_mean(name, trained.tree.names)}"
            )
    order = _parents_first(path, graph)
    try:
        return trained.attach(
            [graph.names[child] for child in graph.edges[order, 1]],
            [graph.names[parent] for parent in graph.edges[order, 0]],
            graph.lengths[order].tolist(),
        )
    except DataError as error:
        raise DataError(f"{path}: {error}") from None


def _parents_first(path: Path, graph: Graph) -> list[int]:
    """Order of the edges in which no node hangs from one that is attached later."""
    sorter: TopologicalSorter[int] = TopologicalSorter()
    rows: dict[int, list[int]] = {}
    for row, (parent, child) in enumerate(graph.edges.tolist()):
        sorter.add(child, parent)
        rows.setdefault(child, []).append(row)
    try:
        nodes = list(sorter.static_order())
    except CycleError as error:
        way = " -> ".join(graph.node(node) for node in error.args[1])
        raise DataError(f"{path}: not a tree: it has a cycle {way}") from None
    return [row for node in nodes for row in rows.get(node, ())]


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


def export_trained(trained: TrainedTree, folder: Path) -> Sequence[Path]:
    """Write ``nodes.parquet``, ``nodes.npz`` and ``space.json``, and any network's weights."""
    found = node_frame(trained)
    folder.mkdir(parents=True, exist_ok=True)
    written = [folder / "nodes.parquet", folder / "nodes.npz", folder / "space.json"]
    for path in written[:2]:
        write_frame(path, found)
    construction = trained.construction
    write_json(written[2], {"scale": construction.scale, "curvature": construction.curvature})
    if trained.network is not None:
        written.append(folder / "network.safetensors")
        write_tensors(written[-1], trained.network.embedding.state_dict())
    return written
