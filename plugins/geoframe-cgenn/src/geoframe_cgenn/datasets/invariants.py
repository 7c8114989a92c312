"""Functions of a few random vectors. Torch-free."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import attrs
import numpy as np
from numpy.typing import NDArray

from geoframe.config import option
from geoframe.dataset import Dataset
from geoframe_cgenn.sets import VectorSets


@attrs.frozen(kw_only=True)
class _Drawn(Dataset):
    """Sets of normal vectors in R^n, and a number for each."""

    provides = "vectors"

    def load(self) -> VectorSets:
        """Draw the vectors and compute the targets."""
        samples, held_out, seed, shape = self._sizes()
        counts = [samples, held_out, held_out]
        vectors = np.random.default_rng(seed).standard_normal((sum(counts), *shape))
        return VectorSets(
            vectors=vectors,
            scalars=np.zeros((len(vectors), 0)),
            sizes=np.ones(len(vectors), dtype=np.int64),
            targets=self.targets(vectors),
            kind="number",
            of_sets=False,
            split=np.repeat([0, 1, 2], counts),
        )

    @abstractmethod
    def _sizes(self) -> tuple[int, int, int, tuple[int, int]]:
        """Training sets, held-out sets, seed, and (vectors, n)."""

    @abstractmethod
    def targets(self, vectors: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the number of each row of vectors ``(m, v, n)`` -> ``(m,)``."""


@attrs.frozen(kw_only=True)
class SignedVolumes(_Drawn):
    """Signed volume of three vectors, det(X) / 10 (Ruhe et al. 2023, section 5.1)."""

    component: ClassVar[str] = "geoframe_cgenn.datasets.invariants:SignedVolumes"

    samples: int = option(65536, ge=1, unit="sets", help="Training sets.")
    held_out: int = option(16384, ge=1, unit="sets", help="Validation sets, and test sets.")
    seed: int = option(0, ge=0, help="Seed of the vectors.")

    def _sizes(self) -> tuple[int, int, int, tuple[int, int]]:
        return self.samples, self.held_out, self.seed, (3, 3)

    def targets(self, vectors: NDArray[np.float64]) -> NDArray[np.float64]:
        """det(X) / 10."""
        volumes: NDArray[np.float64] = np.linalg.det(vectors) / 10
        return volumes


@attrs.frozen(kw_only=True)
class ConvexHulls(_Drawn):
    """Volume of the convex hull of 16 normal points in R^5 (Ruhe et al. 2023, section 5.1)."""

    component: ClassVar[str] = "geoframe_cgenn.datasets.invariants:ConvexHulls"
    check_options: ClassVar = ({"samples": 32, "held_out": 8},)

    samples: int = option(16384, ge=1, unit="sets", help="Training sets.")
    held_out: int = option(4096, ge=1, unit="sets", help="Validation sets, and test sets.")
    seed: int = option(0, ge=0, help="Seed of the points.")
    as_sets: bool = option(
        False,
        help="Every point a row of a set, whose order says nothing; else 16 vectors of one row.",
    )

    def load(self) -> VectorSets:
        """Draw the points and compute the volumes."""
        drawn = super().load()
        if not self.as_sets:
            return drawn
        count, points, n = drawn.vectors.shape
        return attrs.evolve(
            drawn,
            vectors=drawn.vectors.reshape(count * points, 1, n),
            scalars=np.zeros((count * points, 0)),
            sizes=np.full(count, points, dtype=np.int64),
            of_sets=True,
        )

    def rival(self, train: VectorSets, test: VectorSets) -> tuple[str, dict[str, float]]:
        """Volumes as a straight line in the root of the determinant of the points' covariance."""

        def spans(sets: VectorSets) -> NDArray[np.float64]:
            points = sets.vectors.reshape(len(sets), -1, sets.n)
            away = points - points.mean(axis=1, keepdims=True)
            covariance = away.transpose(0, 2, 1) @ away / away.shape[1]
            return np.stack([np.ones(len(sets)), np.sqrt(np.linalg.det(covariance))], axis=1)

        assert train.targets is not None
        assert test.targets is not None
        line, *_ = np.linalg.lstsq(spans(train), train.targets, rcond=None)
        error = float(np.square(spans(test) @ line - test.targets).mean())
        return "a straight line in the root of the covariance's determinant", {"mse": error}

    def _sizes(self) -> tuple[int, int, int, tuple[int, int]]:
        return self.samples, self.held_out, self.seed, (16, 5)

    def targets(self, vectors: NDArray[np.float64]) -> NDArray[np.float64]:
        """Volume by Qhull."""
        from scipy.spatial import ConvexHull

        return np.array([ConvexHull(points).volume for points in vectors])


@attrs.frozen(kw_only=True)
class HiddenMetric(_Drawn):
    """sin|x1| - |x2|^3 / 2 + x1.x2 / (|x1| |x2|), every product taken in a metric M to be found.

    M = O diag(eigenvalues) O^T with a random rotation O. Five equal eigenvalues give the O(5)
    regression of EMLP (Ruhe et al. 2023); equal ones are the control in which a learned metric
    must come out as a multiple of the identity.
    """

    component: ClassVar[str] = "geoframe_cgenn.datasets.invariants:HiddenMetric"

    eigenvalues: tuple[float, ...] = option((3.0, 1.0, 0.4), gt=0, help="Eigenvalues of M.")
    rotation: int = option(7, ge=0, help="Seed of O.")
    samples: int = option(4000, ge=1, unit="sets", help="Training sets.")
    held_out: int = option(4096, ge=1, unit="sets", help="Validation sets, and test sets.")
    seed: int = option(0, ge=0, help="Seed of the vectors.")

    def matrix(self) -> NDArray[np.float64]:
        """Return M ``(n, n)``."""
        return rotated(self.eigenvalues, self.rotation)

    def _sizes(self) -> tuple[int, int, int, tuple[int, int]]:
        return self.samples, self.held_out, self.seed, (2, len(self.eigenvalues))

    def targets(self, vectors: NDArray[np.float64]) -> NDArray[np.float64]:
        """Value of the function for each pair."""
        gram = np.einsum("mvi,ij,mwj->mvw", vectors, self.matrix(), vectors)
        first, second = np.sqrt(gram[:, 0, 0]), np.sqrt(gram[:, 1, 1])
        values: NDArray[np.float64] = (
            np.sin(first) - second**3 / 2 + gram[:, 0, 1] / (first * second)
        )
        return values


def rotated(eigenvalues: Sequence[float], seed: int) -> NDArray[np.float64]:
    """O diag(eigenvalues) O^T with a rotation O drawn by ``seed``; symmetric to the bit."""
    n = len(eigenvalues)
    o, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal((n, n)))
    matrix = (o * np.array(eigenvalues)) @ o.T
    symmetric: NDArray[np.float64] = (matrix + matrix.T) / 2
    return symmetric
