"""Questions to a finished run. Torch-free at import."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geoframe.errors import DataError
from geoframe_data.graph import Floats
from geoframe_data.tree import Tree
from geoframe_hnn.hyperbolic_tree import HyperbolicTree
from geoframe_hnn.quality import Embedding

if TYPE_CHECKING:
    from torch import Tensor

    from geoframe_hnn.trained_network import TrainedNetwork

Nodes = str | Sequence[str]
"""One node's name, or several."""


class TrainedTree:
    """An embedded tree with its nodes' names.

    Distances come from the trained network if the run trained one, else from the construction;
    both are in units of the tree's edge lengths.

    Parameters
    ----------
    construction
        The constructed embedding, with the tree.
    network
        The trained network, or None.
    """

    def __init__(self, construction: HyperbolicTree, network: TrainedNetwork | None = None) -> None:
        self.construction = construction
        self.network = network

    @property
    def tree(self) -> Tree:
        """The tree itself, with its exact distances."""
        return self.construction.tree

    @property
    def embedding(self) -> Embedding:
        """What distances come from."""
        return self.construction if self.network is None else self.network.cloud

    def distance(self, u: Nodes, v: Nodes) -> Floats:
        """Distances of nodes by name, broadcast -> ``()`` or ``(m,)``.

        Raises
        ------
        DataError
            If a name is not a node.
        """
        return self.embedding.distance(self._at(u), self._at(v))

    def nearest(self, node: str, k: int = 10) -> list[tuple[str, float]]:
        """Return the ``k`` nearest other nodes with their distances, nearest first.

        Raises
        ------
        DataError
            If ``node`` is not a node.
        """
        here = self.tree.find(node)
        found = self.embedding.distance(here, np.arange(len(self.tree)))
        found[here] = np.inf
        order = np.argsort(found, kind="stable")[: max(0, min(k, len(self.tree) - 1))]
        return [(self.tree.names[at], float(found[at])) for at in order]

    def common_ancestor(self, u: str, v: str) -> str:
        """Estimate the lowest common ancestor from distances alone.

        It is the node whose distances to u, v and the root have the least sum: in a tree, where
        the three paths meet.

        Raises
        ------
        DataError
            If a name is not a node.
        """
        everyone = np.arange(len(self.tree))
        total = sum(
            self.embedding.distance(end, everyone) for end in (*self.tree.find_all((u, v)), 0)
        )
        return self.tree.names[int(np.argmin(total))]

    def attach(
        self, names: Sequence[str], parents: Sequence[str], lengths: Sequence[float]
    ) -> HyperbolicTree:
        """Return the construction with new leaves; see :meth:`HyperbolicTree.insert`."""
        return self.construction.insert(names, parents, lengths)

    def embed_features(self, features: NDArray[np.floating]) -> Tensor:
        """Points of new nodes from their features ``(m, f)`` by the trained network.

        Raises
        ------
        DataError
            If the run trained no network on features.
        """
        if self.network is None or self.network.inputs != "features":
            raise DataError(
                "the run trained no network on node features; give parent, child and length of "
                "the new nodes instead"
            )
        return self.network.embed(features)

    def embed_attached(self, grown: HyperbolicTree) -> Tensor | None:
        """Points, by the trained network, of the leaves that :meth:`attach` added.

        None if the run trained no network that sees distances to anchors.
        """
        if self.network is None or self.network.inputs != "anchors":
            return None
        from geoframe_hnn.inputs import anchor_inputs  # networkx, which no question needs

        new = np.arange(len(self.tree), len(grown))
        return self.network.embed(anchor_inputs(grown.tree, self.network.anchors, new))

    def _at(self, nodes: Nodes) -> NDArray[np.int64]:
        if isinstance(nodes, str):
            return np.asarray(self.tree.find(nodes))
        return self.tree.find_all(nodes)
