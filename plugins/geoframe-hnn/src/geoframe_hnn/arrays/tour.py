"""Sums along the paths from a root, and over what hangs from a node."""

from __future__ import annotations

import numpy as np

from geoframe_data.graph import Floats, Ints


class Tour:
    """A walk around a tree that enters and leaves every node once; sums of values along it.

    Both sums take O(n), however deep the tree is.

    Parameters
    ----------
    parent
        ``(n,)``, -1 for the root, which is number 0.
    """

    def __init__(self, parent: Ints) -> None:
        children: list[list[int]] = [[] for _ in range(len(parent))]
        for node, above in enumerate(parent.tolist()):
            if above >= 0:
                children[above].append(node)
        entered, left, at = [0] * len(parent), [0] * len(parent), 1
        path = [0]
        while path:
            if children[path[-1]]:
                path.append(children[path[-1]].pop())
                entered[path[-1]] = at
            else:
                left[path.pop()] = at
            at += 1
        self._entered, self._left = np.array(entered), np.array(left)

    def down(self, values: Floats) -> Floats:
        """Sums over each node and all above it, of ``(n, ...)``."""
        along = np.zeros((2 * len(values), *values.shape[1:]))
        along[self._entered], along[self._left] = values, -values
        found: Floats = np.cumsum(along, axis=0)[self._entered]
        return found

    def up(self, values: Floats) -> Floats:
        """Sums over each node and all below it, of ``(n, ...)``."""
        along = np.zeros((2 * len(values), *values.shape[1:]))
        along[self._entered] = values
        total = np.cumsum(along, axis=0)
        found: Floats = total[self._left] - total[self._entered] + values
        return found
