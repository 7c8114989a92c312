"""Questions to a finished run. Torch-free at import."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from geoframe.errors import DataError
from geoframe_data.ancestry import Ancestry
from geoframe_data.graph import Floats, Ints
from geoframe_data.tree import Tree
from geoframe_embedding.distances import PairDistances
from geoframe_embedding.queries import NamedItems, Names
from geoframe_hnn.hyperbolic.embedded_tree import HyperbolicTree
from geoframe_hnn.quality import NodeDistances

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from geoframe_hnn.arrays.tree_arrays import TreeArrays
    from geoframe_hnn.network.trained_network import TrainedNetwork


class TrainedTree(NamedItems):
    """An embedded tree with its nodes' names.

    Distances come from the trained network if the run trained one, else from the construction;
    both are in units of the tree's edge lengths.

    Parameters
    ----------
    construction
        The constructed embedding, with the tree.
    network
        The trained network, or None.
    arrays
        Coordinates in float32, if the run made any.
    """

    noun: ClassVar[str] = "node"

    def __init__(
        self,
        construction: HyperbolicTree,
        network: TrainedNetwork | None = None,
        arrays: TreeArrays | None = None,
    ) -> None:
        super().__init__(construction.tree.names)
        self.construction = construction
        self.network = network
        self.arrays = arrays

    def __repr__(self) -> str:
        trained = "" if self.network is None else f", {self.network.embedding.geometry!r}"
        return f"TrainedTree({len(self)} nodes in H^{self.construction.dim}{trained})"

    @property
    def tree(self) -> Tree:
        """The tree itself, with its exact distances."""
        return self.construction.tree

    @cached_property
    def ancestry(self) -> Ancestry:
        """Who stands above whom, further parents counted."""
        return Ancestry(self.tree)

    @property
    def embedded(self) -> PairDistances:
        """What distances come from."""
        return NodeDistances(self.construction) if self.network is None else self.network

    def rows(self, items: Ints) -> Floats:
        """Distances from some nodes ``(k,)`` to all -> ``(k, n)``."""
        return self.embedded.rows(items)

    def between(self, first: Ints, second: Ints) -> Floats:
        """Distances of pairs of nodes ``(p,)``."""
        return self.embedded.between(first, second)

    def numbers(self, names: Names) -> Ints:
        """Numbers of nodes by name -> ``(m,)``; one that was merged with another is that one.

        Raises
        ------
        DataError
            If a name is not a node.
        """
        several = [names] if isinstance(names, str | int) else names
        return self.tree.find_all(str(name) for name in several)

    def nearest(
        self, names: Names, k: int = 10, *, after: bool = False, before: bool = False
    ) -> pd.DataFrame:
        """The ``k`` nearest other nodes of each of some nodes, nearest first.

        Parameters
        ----------
        names
            One node or many.
        k
            How many, or all if there are fewer.
        after, before
            Only nodes below the node, or above it, further parents counted; no node is both.

        Returns
        -------
        pandas.DataFrame
            ``name``, ``neighbor``, ``rank`` from 1 on, ``distance``.

        Raises
        ------
        DataError
            If a name is not a node, or ``k`` is negative.
        """
        if not (after or before):
            return super().nearest(names, k)
        import pandas as pd

        k = self._checked(k)
        rows = []
        for node in self.numbers(names).tolist():
            found = self.nearest_related(node, k, after=after, before=before)
            for rank, (distance, other) in enumerate(zip(*found, strict=True), start=1):
                rows.append((self.names[node], self.names[other], rank, distance))
        return pd.DataFrame(rows, columns=["name", "neighbor", "rank", "distance"])

    def nearest_related(
        self, node: int, k: int, *, after: bool = False, before: bool = False
    ) -> tuple[Floats, Ints]:
        """Distances and numbers ``(m,)`` of the nearest nodes below, above, or any, nearest first.

        ``m`` is at most ``k``.
        """
        if after and before:
            return np.empty(0), np.empty(0, dtype=np.int64)
        if not (after or before):
            distances, numbers = self.nearest_items(np.array([node]), k)
            return distances[0], numbers[0]
        others = self.ancestry.descendants(node) if after else self.ancestry.ancestors(node)
        distances = self.between(np.full(len(others), node), others)
        order = np.argsort(distances, kind="stable")[:k]
        return distances[order], others[order]

    def common_ancestor(self, first: Names, second: Names) -> pd.DataFrame:
        """Lowest common ancestors, estimated from distances alone, a row for each pair.

        It is the node whose distances to u, v and the root have the least sum: in a tree, where
        the three paths meet.

        Returns
        -------
        pandas.DataFrame
            ``first``, ``second``, ``ancestor``.

        Raises
        ------
        DataError
            If a name is not a node, or there are not equally many.
        """
        u, v = self.paired(first, second)
        found = [self.names[self.meeting_point(a, b)] for a, b in zip(u, v, strict=True)]
        return self.pair_frame(u, v, ancestor=np.array(found, dtype=object))

    def precedes(self, first: Names, second: Names) -> pd.DataFrame:
        """Whether nodes are above others or the same, a row for each pair, as in :meth:`distance`.

        The answer comes from the edges, further parents counted, and is exact.

        Returns
        -------
        pandas.DataFrame
            ``first``, ``second``, ``precedes``.

        Raises
        ------
        DataError
            If a name is not a node, or there are not equally many.
        """
        u, v = self.paired(first, second)
        return self.pair_frame(u, v, precedes=self.ancestry.precedes(u, v))

    def parents(self, names: Names) -> pd.DataFrame:
        """Parents of some nodes, the one that a node hangs from in the tree first.

        Returns
        -------
        pandas.DataFrame
            ``name``, ``parent``, ``tree``: whether it is the parent in the tree. The root has none.

        Raises
        ------
        DataError
            If a name is not a node.
        """
        import pandas as pd

        rows = [
            (self.names[node], self.names[parent], place == 0)
            for node in self.numbers(names).tolist()
            for place, parent in enumerate(self.ancestry.parents(node))
        ]
        return pd.DataFrame(rows, columns=["name", "parent", "tree"])

    def meeting_point(self, u: int, v: int) -> int:
        """Number of the node with the least sum of distances to two nodes and the root."""
        return int(self.rows(np.array([u, v, 0])).sum(axis=0).argmin())

    def to_frame(self) -> pd.DataFrame:
        """The stored form and the place of every node, keyed by name; see ``columns``."""
        from geoframe_hnn.export import node_frame

        return node_frame(self)

    def apply(self, data: str | PathLike[str]) -> pd.DataFrame:
        """Embed the nodes of a file; see :func:`geoframe_hnn.applied.apply_file`.

        Raises
        ------
        DataError
            If the file does not fit the run.
        """
        from geoframe_hnn.applied import apply_file

        return apply_file(self, Path(data))

    def export(self, folder: Path) -> Sequence[Path]:
        """Write the stored form and coordinates (Parquet and npz), and the network's weights."""
        from geoframe_hnn.export import export_trained

        return export_trained(self, folder)

    def picture(self) -> Figure:
        """Draw the tree in the Poincare disc, at a scale for the eye."""
        from geoframe_hnn.figures import drawable, poincare_disc

        return poincare_disc(drawable(self.construction))

    def attach(
        self, names: Sequence[str], parents: Sequence[str], lengths: Sequence[float]
    ) -> HyperbolicTree:
        """Return the construction with new leaves; see :meth:`HyperbolicTree.insert`."""
        return self.construction.insert(names, parents, lengths)

    def embed_features(self, features: NDArray[np.floating]) -> NDArray[np.floating]:
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

    def embed_attached(self, grown: HyperbolicTree) -> NDArray[np.floating] | None:
        """Points, by the trained network, of the leaves that :meth:`attach` added.

        None if the run trained no network that sees distances to anchors.
        """
        if self.network is None or self.network.inputs != "anchors":
            return None
        from geoframe_hnn.tree.inputs import anchor_inputs  # networkx, which no question needs

        new = np.arange(len(self.tree), len(grown))
        return self.network.embed(anchor_inputs(grown.tree, self.network.anchors, new))
