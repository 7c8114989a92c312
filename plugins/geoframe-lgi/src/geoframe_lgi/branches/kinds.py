"""The fixed branches by name: what each one sees of features and hidden values."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import attrs
import numpy as np
from scipy import sparse
from scipy.sparse import csr_array

from geoframe.errors import DataError
from geoframe_lgi.branches.nearest import NearestRows, RefinedRows
from geoframe_lgi.branches.propagation import (
    Propagation,
    Rows,
    graph_convolution,
    neighbor_mean,
    smoothed,
    smoothed_new,
    symmetric_adjacency,
    two_hops,
)
from geoframe_lgi.task import NodeTask

ITSELF = "itself"


@attrs.frozen(kw_only=True)
class BranchKind:
    """A two-layer network: ReLU([P x for P of inputs] W) -> [Q h for Q of hidden] V."""

    inputs: tuple[str, ...]
    """Views of the features, side by side: names of :class:`Views`."""
    hidden: tuple[str, ...] = (ITSELF,)
    """Propagations of the hidden values, side by side."""
    graph: bool = False
    """Whether it needs the given graph."""


KINDS: Mapping[str, BranchKind] = {
    "mlp": BranchKind(inputs=(ITSELF,)),
    "knn-gcn": BranchKind(inputs=("near",), hidden=("near",)),
    "knn-smooth": BranchKind(inputs=("near-smooth",)),
    "knn-hops": BranchKind(inputs=(ITSELF, "near", "near-twice")),
    "gcn": BranchKind(inputs=("given",), hidden=("given",), graph=True),
    "sage": BranchKind(inputs=(ITSELF, "given-mean"), hidden=(ITSELF, "given-mean"), graph=True),
    "h2gcn": BranchKind(
        inputs=(ITSELF, "given-mean", "given-two"),
        hidden=(ITSELF, "given-mean", "given-two"),
        graph=True,
    ),
    "hops": BranchKind(inputs=(ITSELF, "given", "given-twice"), graph=True),
    "refined-smooth": BranchKind(inputs=("refined-smooth",), graph=True),
}
"""Name -> what the branch is. ``hops`` and ``knn-hops`` are an MLP on [X, AX, A^2 X]; ``refined``
is the graph of :class:`~geoframe_lgi.branches.nearest.RefinedRows`."""


class Views:
    """Propagations and views of the features of one task, each built once when it is asked for."""

    def __init__(self, task: NodeTask) -> None:
        self.task = task
        self._nearest: NearestRows | None = None
        self._refined: RefinedRows | None = None
        self._built: dict[str, Propagation] = {}
        self._seen: dict[str, Rows] = {}

    @property
    def nearest(self) -> NearestRows:
        """The nearest rows of the features."""
        if self._nearest is None:
            self._nearest = NearestRows(self.task)
        return self._nearest

    @property
    def refined(self) -> RefinedRows:
        """The nearest rows of features averaged over the given graph."""
        if self._refined is None:
            self._refined = RefinedRows(self.task, self.propagation("given"))
        return self._refined

    def propagation(self, name: str) -> Propagation:
        """Return ``near``, ``refined``, ``given``, ``given-mean`` or ``given-two``."""
        if name not in self._built:
            self._built[name] = self._make(name)
        return self._built[name]

    def _make(self, name: str) -> Propagation:
        if name == "near":
            return graph_convolution(self.nearest.adjacency(), self.nearest.into)
        if self.task.edges is None:
            raise DataError(f"'{name}' needs a graph, and the data have none (data.edges)")
        adjacency = symmetric_adjacency(len(self.task), self.task.edges)
        makers: Mapping[str, Callable[[], Propagation]] = {
            "given": lambda: graph_convolution(adjacency, self._no_edges),
            "given-mean": lambda: neighbor_mean(adjacency, self._no_edges),
            "refined": lambda: graph_convolution(self.refined.adjacency(), self.refined.into),
            "given-two": lambda: neighbor_mean(two_hops(adjacency), self._no_edges),
        }
        return makers[name]()

    def _no_edges(self, features: Rows) -> csr_array:
        """New rows have no edges in a graph that was given for others."""
        return csr_array(sparse.coo_array((len(features), len(self.task)), dtype=np.float32))

    def of_features(self, name: str) -> Rows:
        """View of the features of the training rows ``(n, f)``."""
        if name not in self._seen:
            self._seen[name] = self._view(name)
        return self._seen[name]

    def _view(self, name: str) -> Rows:
        if name == ITSELF:
            return self.task.features
        base, _, how = name.partition("-")
        if how == "twice":
            return self.propagation(base).apply(self.of_features(base))
        if how == "smooth":
            return smoothed(self.propagation(base), self.task.features)
        return self.propagation(name).apply(self.task.features)

    def of_new(self, name: str, features: Rows) -> Rows:
        """The same view of new rows ``(m, f)``."""
        if name == ITSELF:
            return features
        base, _, how = name.partition("-")
        if how == "twice":
            once = self.of_new(base, features)
            return self.propagation(base).extended(features).apply(self.of_features(base), once)
        if how == "smooth":
            extended = self.propagation(base).extended(features)
            return smoothed_new(extended, self.of_features(name), features)
        return self.propagation(name).extended(features).apply(self.task.features, features)


def fitting(task: NodeTask) -> list[str]:
    """Names of the branches that the data allow."""
    return [name for name, kind in KINDS.items() if task.edges is not None or not kind.graph]
