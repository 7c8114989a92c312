"""What a network sees of a node."""

from __future__ import annotations

import hashlib

import attrs
import networkx as nx
import numpy as np
from numpy.typing import NDArray

from geoframe.errors import DataError
from geoframe_data.graph import Ints
from geoframe_data.tree import Tree
from geoframe_hnn.config import Inputs

Features = NDArray[np.float32]

CODE = 8
"""Numbers that code a name: the 32 bytes of a SHA-256, four each."""


def resolved(inputs: Inputs, tree: Tree) -> Inputs:
    """Say what ``auto`` means for a tree."""
    if inputs != "auto":
        return inputs
    return "anchors" if tree.features is None else "features"


@attrs.frozen(kw_only=True, eq=False)
class InputScale:
    """Shift and factor that give each input column mean 0 and deviation 1."""

    mean: NDArray[np.float64]
    spread: NDArray[np.float64]

    def apply(self, inputs: NDArray[np.floating]) -> Features:
        """Scale inputs ``(m, f)``."""
        return ((inputs - self.mean) / self.spread).astype(np.float32)


def scale_of(inputs: NDArray[np.floating]) -> InputScale:
    """Measure the scale of the inputs ``(n, f)`` that a network is trained on."""
    spread = inputs.std(axis=0, dtype=np.float64)
    return InputScale(
        mean=inputs.mean(axis=0, dtype=np.float64), spread=np.where(spread > 0, spread, 1.0)
    )


def node_inputs(
    tree: Tree, inputs: Inputs, anchors: Ints, *, seed: int = 0
) -> NDArray[np.floating]:
    """Input vectors of all nodes ``(n, f)``, not yet scaled.

    Parameters
    ----------
    tree
        The tree.
    inputs
        ``"features"``, ``"anchors"`` (see :func:`anchor_inputs`) or ``"layout"``
        (planar spring layout, the paper's illustration).
    anchors
        Anchor nodes ``(f,)``.
    seed
        Seed of the layout.

    Raises
    ------
    DataError
        If features are asked for and the data have none.
    """
    if inputs == "features":
        if tree.features is None:
            raise DataError(
                "hnn.inputs: the tree has no node features; use 'anchors' or give the npz an "
                "array 'features' (n, f)"
            )
        return tree.features
    if inputs == "anchors":
        return anchor_inputs(tree, anchors, np.arange(len(tree)))
    graph = nx.Graph()
    graph.add_nodes_from(range(len(tree)))
    graph.add_edges_from(tree.edges.tolist())
    places = nx.spring_layout(graph, seed=seed)
    return np.array([places[node] for node in range(len(tree))])


def choose_anchors(tree: Tree, count: int, seed: int) -> Ints:
    """Draw anchor nodes, leaves first since their distances tell most nodes apart."""
    rng = np.random.default_rng(seed)
    leaves = rng.permutation(tree.leaves)
    others = rng.permutation(np.flatnonzero(tree.child_count > 0))
    found: Ints = np.concatenate([leaves, others])[:count]
    return found


def anchor_inputs(tree: Tree, anchors: Ints, nodes: Ints) -> NDArray[np.float64]:
    """Tree distances to the anchors and a code of the node's name ``(m, anchors + 8)``.

    Two leaves of one parent are equally far from all anchors; the code, eight numbers made of a
    hash of the name, tells them apart, and is known for new nodes too.
    """
    digests = [hashlib.sha256(tree.names[node].encode()).digest() for node in nodes.tolist()]
    codes = np.frombuffer(b"".join(digests), dtype="<u4").reshape(len(nodes), CODE)
    distances = tree.distance(nodes[:, None], anchors[None, :])
    return np.concatenate([distances, codes / 2.0**32], axis=1)
