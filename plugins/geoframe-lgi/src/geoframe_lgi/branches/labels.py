"""What a row may know of the labels around it, never of its own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from geoframe_lgi.branches.propagation import NewRows, Propagation
from geoframe_lgi.task import Mask, NodeTask, Scores

PRIOR = 0.2
"""Weight of the overall frequencies beside that of the labels seen."""


class LabelsAround:
    """Frequencies of labels within two hops, by K = A + A^2 without its diagonal.

    A row never sees its own label, so training rows see theirs as new rows would: leave one out,
    exactly.
    """

    def __init__(self, task: NodeTask, propagation: Propagation, train: Mask) -> None:
        self.propagation = propagation
        matrix = propagation.matrix
        self.one_hot = one_hot(task, train)
        # diag(A + A^2) = diag A + sum_j a_ij a_ji
        self.diagonal = matrix.diagonal() + csr_array(matrix.multiply(matrix.T)).sum(axis=1)

    def counted(self, visible: Mask) -> NDArray[np.float32]:
        """Labels of the visible rows, and a column that counts these rows ``(n, c + 1)``."""
        labels = self.one_hot * visible[:, None]
        return np.column_stack([labels, visible]).astype(np.float32)

    def seen(self, visible: Mask) -> NDArray[np.float32]:
        """Frequencies at every row ``(n, c)`` of the labels of the visible rows."""
        labels = self.counted(visible)
        matrix = self.propagation.matrix
        once = matrix @ labels
        total = once + matrix @ once - self.diagonal[:, None] * labels
        return self._frequencies(total, visible)

    def seen_by_new(self, new: NewRows, visible: Mask) -> NDArray[np.float32]:
        """Frequencies at new rows ``(m, c)``."""
        labels = self.counted(visible)
        once = new.weights @ labels
        again = new.weights @ (self.propagation.matrix @ labels) + new.own[:, None] * once
        return self._frequencies(once + again, visible)

    def _frequencies(self, total: NDArray[np.float32], visible: Mask) -> NDArray[np.float32]:
        overall = self.one_hot[visible].mean(axis=0)
        mixed = total[:, :-1] + PRIOR * overall
        result: NDArray[np.float32] = mixed / (total[:, -1:] + PRIOR)
        return result.astype(np.float32)


def one_hot(task: NodeTask, train: Mask) -> NDArray[np.float32]:
    """Indicators of classes or labels, or numbers in standard units ``(n, c)``.

    Rows that do not train are 0: nothing of them is known.
    """
    known = train & task.labelled
    if task.kind == "classification":
        codes = np.where(known, task.codes, -1)
        known_class: NDArray[np.bool_] = codes[:, None] == np.arange(len(task.outputs))
        return known_class.astype(np.float32)
    target = np.where(known[:, None], task.target, 0.0)
    if task.kind == "regression":
        mean, spread = target[known].mean(axis=0), np.maximum(target[known].std(axis=0), 1e-12)
        target = np.where(known[:, None], (target - mean) / spread, 0.0)
    return target.astype(np.float32)


def propagated_labels(
    task: NodeTask,
    propagation: Propagation,
    train: Mask,
    *,
    share: float = 0.99,
    steps: int = 100,
) -> Scores:
    """Label propagation: (1 - a) (I - a A)^-1 Y -> shares of classes at every row ``(n, c)``.

    Numbers and labels are spread like indicators; rows that no label reaches get the mean.
    """
    known = train & task.labelled
    if task.kind == "classification":
        values = one_hot(task, known).astype(np.float64)
    else:
        values = np.where(known[:, None], task.target, 0.0)
    start = np.column_stack([values, known])
    spread = start
    for _ in range(steps):
        spread = (1 - share) * start + share * (propagation.matrix @ spread)
    total = spread[:, -1:]
    mean = values[known].mean(axis=0)
    shares: Scores = np.where(total > 1e-12, spread[:, :-1] / np.maximum(total, 1e-12), mean)
    return shares
