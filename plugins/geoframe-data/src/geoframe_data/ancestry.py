"""Who stands above whom in a taxonomy, whose nodes may have several parents."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from geoframe_data.graph import Ints
from geoframe_data.tree import Tree


class Ancestry:
    """The order of a tree's nodes by its edges and its further ones.

    Nothing is kept for pairs of nodes. What the tree knows costs O(log depth) a pair; beyond that
    a node's ancestors are walked through, which are few in a taxonomy, however large it is.

    Parameters
    ----------
    tree
        The tree, with its further parents.
    """

    def __init__(self, tree: Tree) -> None:
        self.tree = tree

    @cached_property
    def _parents(self) -> list[list[int]]:
        found = [[parent] for parent in self.tree.parent.tolist()]
        found[0] = []
        further = self.tree.further
        for parent, child in zip(further.parent.tolist(), further.child.tolist(), strict=True):
            found[child].append(parent)
        return found

    def parents(self, node: int) -> list[int]:
        """Parents of a node, the one that it hangs from in the tree first."""
        return self._parents[node]

    @cached_property
    def _children(self) -> list[list[int]]:
        found: list[list[int]] = [[] for _ in self._parents]
        for child, parents in enumerate(self._parents):
            for parent in parents:
                found[parent].append(child)
        return found

    def neighbours(self, node: int) -> Ints:
        """Parents and children of a node, in increasing order."""
        return np.array(sorted(self._parents[node] + self._children[node]), dtype=np.int64)

    def ancestors(self, node: int) -> Ints:
        """All nodes above a node, itself not included, in increasing order."""
        return _others(node, _steps(node, self._parents))

    def descendants(self, node: int) -> Ints:
        """All nodes below a node, itself not included, in increasing order."""
        return _others(node, _steps(node, self._children))

    def precedes(self, first: Ints, second: Ints) -> NDArray[np.bool_]:
        """Whether the first of each pair is the second or an ancestor of it -> ``(p,)``."""
        found = np.asarray(self.tree.lca(first, second) == first)
        if not len(self.tree.further):
            return found
        left = np.flatnonzero(~found)
        left = left[np.argsort(second[left], kind="stable")]
        nodes, start = np.unique(second[left], return_index=True)
        for node, pairs in zip(nodes.tolist(), np.split(left, start[1:]), strict=True):
            found[pairs] = np.isin(first[pairs], self.ancestors(node))
        return found

    def nearest_common(self, u: int, v: int) -> int:
        """The node above both, or one of them, that the fewest edges lead up to in all.

        Of several the deepest in the tree. Where each node has one parent it is the lowest common
        ancestor.
        """
        up, down = _steps(u, self._parents), _steps(v, self._parents)
        depth = self.tree.depth
        return min(
            up.keys() & down.keys(), key=lambda node: (up[node] + down[node], -depth[node], node)
        )


def _steps(node: int, onward: list[list[int]]) -> dict[int, int]:
    """Fewest edges to each node that can be reached, 0 to the node itself."""
    found, level, steps = {node: 0}, [node], 0
    while level:
        steps += 1
        level = [other for each in level for other in onward[each]]
        level = [other for other in dict.fromkeys(level) if other not in found]
        found.update(dict.fromkeys(level, steps))
    return found


def _others(node: int, reached: dict[int, int]) -> Ints:
    return np.array(sorted(reached.keys() - {node}), dtype=np.int64)
