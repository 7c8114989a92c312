"""Trees of any size: path lengths are squared Euclidean distances, in closed form."""

from __future__ import annotations

import attrs
import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order

from geoframe_embedding.distances import Floats, Ints
from geoframe_snowflake.metric.finite_metric import GraphMetric


@attrs.frozen(kw_only=True, eq=False)
class TreeEmbedding:
    """One coordinate per edge: sqrt(length) for the nodes behind the edge, 0 for the others.

    Two nodes differ in exactly the coordinates of the edges between them, so the path length is
    |x - y|^2: the snowflake with exponent 2 is exact on every tree. A row has as many entries as
    its node has ancestors.
    """

    points: csr_array
    """float64 ``(n, n - 1)``, sparse."""
    exponent: float = 2.0

    def distance(self, i: Ints, j: Ints) -> Floats:
        """Embedded distances of node indices ``(p,)``."""
        difference = self.points[i] - self.points[j]
        found: Floats = np.asarray(difference.multiply(difference).sum(axis=1)).reshape(-1)
        return found


def tree_embedding(tree: GraphMetric) -> TreeEmbedding:
    """Embed a tree exactly with exponent 2.

    Raises
    ------
    ValueError
        If the graph is not a tree.
    """
    if not tree.is_tree:
        raise ValueError("the graph has cycles")
    n = len(tree)
    order, parent = breadth_first_order(tree.adjacency, 0, directed=False)
    to_parent = np.zeros(n)
    ends, lengths = tree.ends, tree.lengths
    first_is_child = parent[ends[:, 0]] == ends[:, 1]
    to_parent[np.where(first_is_child, ends[:, 0], ends[:, 1])] = lengths
    roots = np.sqrt(to_parent)
    ancestors: list[Ints] = [np.empty(0, dtype=np.int64)] * n
    for node in order[1:].tolist():
        ancestors[node] = np.append(ancestors[parent[node]], node)
    columns = np.concatenate(ancestors)
    starts = np.concatenate([[0], np.cumsum([len(each) for each in ancestors])])
    # The edge above node v, v != root, is coordinate v - 1.
    points = csr_array((roots[columns], columns - 1, starts), shape=(n, n - 1))
    return TreeEmbedding(points=points)
