"""Vectors, scalars and targets in sets: what a dataset of this method gives. Torch-free."""

from __future__ import annotations

import hashlib
from typing import Literal

import attrs
import numpy as np
from numpy.typing import NDArray

from geoframe_data import Schema

Kind = Literal["number", "class", "vector", "point"]
PARTS = ("train", "validation", "test")


@attrs.frozen(eq=False, kw_only=True)
class VectorSets:
    """Rows of vectors and scalars in sets of any sizes; rows of a set follow one another."""

    vectors: NDArray[np.float64]
    """``(r, v, n)``; the first ``points`` of the v are positions, without the mean of their set."""
    points: int = 0
    """How many of the vectors are positions."""
    scalars: NDArray[np.float64]
    """``(r, s)``."""
    sizes: NDArray[np.int64]
    """Rows of each set ``(g,)``."""
    targets: NDArray[np.float64] | NDArray[np.int64] | None
    """``(m,)`` numbers or classes, or ``(m, n)`` vectors; m is g if a set has one, else r. Points
    are relative to the first position of their row. None in data without targets."""
    kind: Kind
    of_sets: bool
    """Whether a set has one target; otherwise each row has one."""
    classes: tuple[str, ...] = ()
    origins: NDArray[np.float64] | None = None
    """First position of each row as it was given ``(r, n)``, for targets that are points."""
    split: NDArray[np.int64] | None = None
    """Part of each set ``(g,)``: 0 train, 1 validation, 2 test."""
    order: NDArray[np.int64] | None = None
    """Row of the table that each row comes from ``(r,)``."""
    schema: Schema | None = None
    """Types of the columns of the file, by which new data are read."""
    names: tuple[str, ...] = ()
    """Names of the sets, or of the rows."""
    notes: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """Dimension of the vectors."""
        return int(self.vectors.shape[2])

    def __len__(self) -> int:
        return len(self.sizes)

    @property
    def starts(self) -> NDArray[np.int64]:
        """First row of each set ``(g,)``."""
        starts: NDArray[np.int64] = np.cumsum(self.sizes) - self.sizes
        return starts

    def rows_of(self, sets: NDArray[np.int64]) -> NDArray[np.int64]:
        """Rows of some sets, in their order."""
        sizes = self.sizes[sets]
        within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        rows: NDArray[np.int64] = np.repeat(self.starts[sets], sizes) + within
        return rows

    def take(self, sets: NDArray[np.int64]) -> VectorSets:
        """Return some of the sets."""
        rows = self.rows_of(sets)
        answered = sets if self.of_sets else rows
        return attrs.evolve(
            self,
            vectors=self.vectors[rows],
            scalars=self.scalars[rows],
            sizes=self.sizes[sets],
            targets=None if self.targets is None else self.targets[answered],
            origins=None if self.origins is None else self.origins[rows],
            order=None if self.order is None else self.order[rows],
            split=None if self.split is None else self.split[sets],
            names=tuple(self.names[at] for at in answered) if self.names else (),
        )

    def part(self, name: str) -> VectorSets:
        """Return the sets of ``train``, ``validation`` or ``test``."""
        assert self.split is not None
        return self.take(np.flatnonzero(self.split == PARTS.index(name)))

    def shortened(self, largest: int) -> VectorSets:
        """Keep the first ``largest`` rows of each set."""
        within = np.arange(len(self.vectors)) - np.repeat(self.starts, self.sizes)
        kept = np.flatnonzero(within < largest)
        of_rows = not self.of_sets
        return attrs.evolve(
            self,
            vectors=self.vectors[kept],
            scalars=self.scalars[kept],
            sizes=np.minimum(self.sizes, largest),
            targets=self.targets[kept] if of_rows and self.targets is not None else self.targets,
            origins=None if self.origins is None else self.origins[kept],
            order=None if self.order is None else self.order[kept],
            names=tuple(self.names[at] for at in kept) if of_rows and self.names else self.names,
        )

    def divided(self, validation: float, test: float, seed: int) -> VectorSets:
        """Return the sets with parts drawn at random, unless they have them already."""
        if self.split is not None:
            return self
        order = np.random.default_rng(seed).permutation(len(self))
        counts = [max(1, round(share * len(self))) for share in (validation, test)]
        split = np.zeros(len(self), dtype=np.int64)
        split[order[: counts[0]]] = 1
        split[order[counts[0] : sum(counts)]] = 2
        return attrs.evolve(self, split=split)

    def first_for_training(self, count: int) -> VectorSets:
        """Return all sets but those of the training part behind its first ``count``."""
        assert self.split is not None
        kept = (np.cumsum(self.split == 0) <= count) | (self.split != 0)
        return self.take(np.flatnonzero(kept))

    def fingerprint(self) -> str:
        """SHA-256 of all values."""
        digest = hashlib.sha256(f"{self.kind} {self.of_sets} {self.classes}".encode())
        for array in (self.vectors, self.scalars, self.sizes, self.targets, self.split):
            if array is not None:
                digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()


def centred(
    vectors: NDArray[np.float64], points: int, sizes: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Take the mean position of each set off its positions; ``(r, v, n)`` -> the same shape."""
    if not points:
        return vectors
    starts = np.cumsum(sizes) - sizes
    sums = np.add.reduceat(vectors[:, :points].sum(axis=1), starts, axis=0)
    means = sums / (sizes * points)[:, None]
    moved = vectors.copy()
    moved[:, :points] -= np.repeat(means, sizes, axis=0)[:, None]
    return moved
