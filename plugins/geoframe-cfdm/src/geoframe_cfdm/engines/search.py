"""Nearest neighbours among the points, by torch or by faiss."""

from __future__ import annotations

from typing import Any, Literal, Protocol

import torch
from torch import Tensor

from geoframe.errors import ConfigError
from geoframe_cfdm.engines.points import Points

MANY = 200_000
"""Points from which an inverted-file index is built by default."""
BLAS_FROM = 20
"""Queries from which faiss should use matrix products: recent versions wait far too long."""


class Search(Protocol):
    """Finds the points nearest to queries."""

    def nearest(self, queries: Tensor, k: int) -> Tensor:
        """Return indices ``(n, k)`` of the nearest points of queries ``(n, d)``; -1 for none."""
        ...


class ExactSearch:
    """Products with all points, block by block."""

    def __init__(self, points: Points, block: int = 8192) -> None:
        self.points, self.block = points, block

    def nearest(self, queries: Tensor, k: int) -> Tensor:
        """Exact neighbours."""
        best: Tensor | None = None
        index: Tensor | None = None
        for start, part in self.points.blocks(self.block):
            half = self.points.half_norms[start : start + len(part)]
            near = torch.addmm(half, queries, part.T, beta=-1)
            value, place = near.topk(min(k, len(part)), dim=1)
            place = place + start
            if best is not None and index is not None:
                value, place = torch.cat([best, value], 1), torch.cat([index, place], 1)
                value, chosen = value.topk(min(k, value.shape[1]), dim=1)
                place = place.gather(1, chosen)
            best, index = value, place
        assert index is not None
        return index


class FaissSearch:
    """A faiss index over the points, which does not depend on the time."""

    def __init__(self, points: Points, kind: Literal["flat", "ivf"], probes: int) -> None:
        faiss = import_faiss()
        n, d = len(points), points.dim
        if kind == "ivf":
            cells = max(1, min(4096, round(4 * n**0.5), n // 39))
            self.index: Any = faiss.IndexIVFFlat(faiss.IndexFlatL2(d), d, cells)
            step = max(1, n // (64 * cells))
            chosen = torch.arange(0, n, step)
            self.index.train(points.rows(chosen).numpy(force=True))
            self.index.nprobe = probes
        else:
            self.index = faiss.IndexFlatL2(d)
        for _, part in points.blocks(65536):
            self.index.add(part.numpy(force=True))
        self._faiss = faiss

    def nearest(self, queries: Tensor, k: int) -> Tensor:
        """Return neighbours; -1, but for the first, where the cells visited held fewer than k."""
        threads, before = torch.get_num_threads(), self._faiss.omp_get_max_threads()
        threshold = self._faiss.cvar.distance_compute_blas_threshold
        self._faiss.omp_set_num_threads(threads)
        self._faiss.cvar.distance_compute_blas_threshold = BLAS_FROM
        try:
            _, found = self.index.search(queries.numpy(force=True), k)
        finally:
            self._faiss.omp_set_num_threads(before)
            self._faiss.cvar.distance_compute_blas_threshold = threshold
        index = torch.from_numpy(found).to(queries.device)
        index[:, 0].clamp_min_(0)
        return index


def import_faiss() -> Any:
    """Return the module faiss.

    Raises
    ------
    ConfigError
        If it is not installed.
    """
    try:
        import faiss
    except ImportError:
        raise ConfigError(
            ["sampler.neighbors.index: faiss is not installed; pip install 'geoframe-cfdm[faiss]'"]
        ) from None
    return faiss


def make_search(points: Points, kind: str, probes: int) -> Search:
    """Choose and build the index."""
    if kind == "auto":
        kind = "exact"
        if len(points) >= MANY:
            try:
                import_faiss()
                kind = "ivf"
            except ConfigError:
                pass
    if kind == "exact":
        return ExactSearch(points)
    return FaissSearch(points, "ivf" if kind == "ivf" else "flat", probes)
