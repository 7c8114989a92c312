"""The graph of nearest rows: who resembles whom by features alone, without compiled packages."""

from __future__ import annotations

import attrs
import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csr_array

from geoframe_lgi.axes import principal_axes
from geoframe_lgi.branches.propagation import Propagation, Rows, symmetric_adjacency
from geoframe_lgi.task import NodeTask

NEIGHBORS = 8
"""Nearest rows that a row is joined with."""
BLOCK = 512
REFINED_AXES = 16
"""Principal axes in which near rows are looked for after the features were averaged."""


class NearestRows:
    """Nearest rows of features, by Euclidean distance or, for words, cosine of tf-idf weights.

    Parameters
    ----------
    task
        Whose features are searched.
    k
        Rows that a row is joined with (fewer if there are fewer).
    """

    def __init__(self, task: NodeTask, k: int = NEIGHBORS) -> None:
        self.words = task.words
        self.k = min(k, len(task) - 1)
        occurs = (task.features > 0).sum(axis=0) if self.words else np.zeros(0)
        self.weights = np.log((1 + len(task)) / (1 + occurs)).astype(np.float32) + 1
        self.stored = self._keyed(task.features)

    def _keyed(self, features: Rows) -> Rows:
        """Coordinates whose Euclidean nearest are the nearest rows."""
        if not self.words:
            return features
        weighted = (features > 0) * self.weights
        lengths = np.linalg.norm(weighted, axis=1, keepdims=True)
        keyed: Rows = (weighted / np.maximum(lengths, 1e-12)).astype(np.float32)
        return keyed

    def edges(self) -> NDArray[np.int64]:
        """Edges (row, near row) ``(n k, 2)``."""
        near = self._nearest(self.stored, self.k, own=True)
        return np.stack([np.arange(len(near)).repeat(self.k), near.ravel()], axis=1)

    def adjacency(self) -> csr_array:
        """Symmetric adjacency: either row is among the other's nearest ``(n, n)``."""
        return symmetric_adjacency(len(self.stored), self.edges())

    def into(self, features: Rows) -> csr_array:
        """Adjacency of new rows to their nearest training rows ``(m, n)``."""
        near = self.nearest_to(features)
        m, n = len(features), len(self.stored)
        ones = np.ones(near.size, dtype=np.float32)
        ends = (np.arange(m).repeat(self.k), near.ravel())
        return csr_array(sparse.coo_array((ones, ends), shape=(m, n)))

    def nearest_to(self, features: Rows) -> NDArray[np.int64]:
        """Numbers of the training rows nearest to new rows ``(m, k)``."""
        return self._nearest(self._keyed(features), self.k, own=False)

    def _nearest(self, keyed: Rows, k: int, *, own: bool) -> NDArray[np.int64]:
        """Row numbers ``(m, k)`` of the nearest stored rows, a block of rows at a time."""
        squares = (self.stored**2).sum(axis=1)
        found = []
        for start in range(0, len(keyed), BLOCK):
            rows = keyed[start : start + BLOCK]
            # |x - y|^2 without |x|^2, which is the same for all candidates of a row.
            apart = squares - 2 * rows @ self.stored.T
            if own:
                apart[np.arange(len(rows)), np.arange(start, start + len(rows))] = np.inf
            near = np.argpartition(apart, k - 1, axis=1)[:, :k]
            order = np.argsort(np.take_along_axis(apart, near, axis=1), axis=1, kind="stable")
            found.append(np.take_along_axis(near, order, axis=1))
        return np.concatenate(found) if found else np.zeros((0, k), dtype=np.int64)


class RefinedRows:
    """Nearest rows of features that were averaged twice over a given graph, in principal axes.

    Where features say little and the graph is noisy, these are more often of one class than rows
    that either of both joins. New rows have no edges, and are compared by their own features.

    Parameters
    ----------
    task
        Whose features are averaged.
    convolution
        Over the given graph.
    """

    def __init__(self, task: NodeTask, convolution: Propagation) -> None:
        seen = convolution.apply(convolution.apply(task.features))
        dim = min(REFINED_AXES, seen.shape[1])
        self.axes: Rows = principal_axes(torch.from_numpy(seen), dim).numpy()
        self.nearest = NearestRows(attrs.evolve(task, features=seen @ self.axes, words=False))

    def adjacency(self) -> csr_array:
        """Symmetric adjacency ``(n, n)``."""
        return self.nearest.adjacency()

    def into(self, features: Rows) -> csr_array:
        """Adjacency of new rows to training rows ``(m, n)``."""
        return self.nearest.into(features @ self.axes)
