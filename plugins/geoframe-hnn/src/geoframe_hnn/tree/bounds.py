"""How faithful an embedding in Euclidean space can be at best."""

from __future__ import annotations

import numpy as np

from geoframe_data.graph import Floats
from geoframe_data.tree import Tree


def euclidean_lower_bound(tree: Tree, dim: int) -> float:
    """Worst-case distortion that every embedding in R^dim, of whatever kind, must have at least.

    Suppose K nodes are pairwise at least 2 rho apart and all within R of some node, and that an
    embedding of distortion D shrinks no distance. Then K balls of radius rho around their images
    are disjoint and lie in a ball of radius D R + rho, so D >= (K^(1/dim) - 1) rho / R. This is
    taken for the neighbours of every node (longest first, of any number), and for the leaves
    below every node seen from there. It grows like L^(1/dim) for L leaves, as in the hnn paper's
    theorem on ReLU networks.
    """
    return max(1.0, _stars(tree, dim), _subtrees(tree, dim))


def _bound(count: Floats, dim: int, least_half: Floats, reach: Floats) -> float:
    found = (count ** (1.0 / dim) - 1.0) * least_half / reach
    return float(found.max(initial=0.0))


def _stars(tree: Tree, dim: int) -> float:
    """Neighbours of a node: the K with the longest edges are 2 rho apart, rho the K-th longest."""
    n = len(tree)
    center = np.concatenate([tree.parent[1:], np.arange(1, n)])
    length = np.concatenate([tree.length[1:], tree.length[1:]])
    order = np.lexsort((-length, center))
    center, length = center[order], length[order]
    starts = np.cumsum(tree.degree) - tree.degree
    rank = np.arange(len(center)) - starts[center]
    # Dropping the longest edges may help as well; powers of two of them are tried.
    best = 0.0
    skip = 0
    while skip <= int(tree.degree.max(initial=0)):
        inside = rank >= skip
        reach = length[np.minimum(starts[center[inside]] + skip, len(length) - 1)]
        count = (rank[inside] - skip + 1).astype(np.float64)
        best = max(best, _bound(count, dim, length[inside], reach))
        skip = max(1, 2 * skip)
    return best


def _subtrees(tree: Tree, dim: int) -> float:
    """Leaves below a node: all within its height, the closest two 2 rho apart."""
    n = len(tree)
    leaf = tree.child_count == 0
    count = leaf.astype(np.float64)
    nearest = np.where(leaf, 0.0, np.inf)  # distance down to the nearest leaf
    second = np.full(n, np.inf)  # and, through another child, to the next one
    closest = np.full(n, np.inf)  # least distance of two leaves below
    for level in tree.levels[:0:-1]:
        inner = level[~leaf[level]]
        closest[inner] = np.minimum(closest[inner], nearest[inner] + second[inner])
        parent = tree.parent[level]
        np.add.at(count, parent, count[level])
        np.minimum.at(closest, parent, closest[level])
        down = nearest[level] + tree.length[level]
        order = np.lexsort((down, parent))
        family, first = np.unique(parent[order], return_index=True)
        nearest[family] = down[order][first]
        following = np.minimum(first + 1, len(order) - 1)
        has_two = (parent[order][following] == family) & (following > first)
        second[family[has_two]] = down[order][following[has_two]]
    if n > 1:
        closest[0] = min(closest[0], nearest[0] + second[0])
    wide = np.isfinite(closest) & (tree.height > 0)
    return _bound(count[wide], dim, 0.5 * closest[wide], tree.height[wide])
