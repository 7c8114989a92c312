"""Tables of the basis blades of Cl(V, q), made once for each dimension. Torch-free.

A blade e_I is a product of different basis vectors, and is kept as the bitmap of I. Blades stand
in short-lex order: by grade, then lexicographically, so that a grade is a contiguous slice.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import NDArray

LARGEST = 8
"""Largest dimension of V: 256 blades."""

Grades = tuple[int, ...]
"""Grades that a multivector may have, ascending."""


@attrs.frozen(eq=False)
class Blades:
    """The 2^n blades over n orthogonal basis vectors. Make one with :func:`blades`."""

    n: int
    bitmaps: tuple[int, ...]
    """Bit i of a bitmap says whether the basis vector e_i is a factor."""
    grades: NDArray[np.int64]
    """Grade of each blade ``(D,)``."""
    sign: NDArray[np.int64]
    """s(A, B) in e_A e_B = s(A, B) (product of squares over A and B) e_(A xor B); ``(D, D)``."""
    result: NDArray[np.int64]
    """Position of A xor B ``(D, D)``."""
    common: NDArray[np.int64]
    """Position of A and B ``(D, D)``: the blade whose vectors are squared."""
    paths: tuple[tuple[int, int, int], ...]
    """Grades (left, result, right) of all products that can be different from zero.

    They follow from the grades alone, never from a table of numbers: an eigenvalue 0 removes
    products, but no path.
    """

    @property
    def size(self) -> int:
        """Number of blades D = 2^n."""
        return 1 << self.n

    @property
    def all_grades(self) -> Grades:
        """Every grade, 0 to n."""
        return tuple(range(self.n + 1))

    def count(self, grade: int) -> int:
        """Number of blades of a grade."""
        return math.comb(self.n, grade)

    def slice(self, grade: int) -> slice:
        """Where a grade stands among all blades."""
        start = sum(self.count(lower) for lower in range(grade))
        return slice(start, start + self.count(grade))

    def positions(self, grades: Sequence[int]) -> list[int]:
        """Positions of the blades of some grades among all blades."""
        return [at for grade in grades for at in range(self.size)[self.slice(grade)]]


@functools.cache
def blades(n: int) -> Blades:
    """Return the tables for n basis vectors.

    Raises
    ------
    ValueError
        If n is not 1 ... 8.
    """
    if not 1 <= n <= LARGEST:
        raise ValueError(f"vectors must have 1 to {LARGEST} components, not {n}")
    subsets = [c for grade in range(n + 1) for c in itertools.combinations(range(n), grade)]
    bitmaps = tuple(sum(1 << i for i in subset) for subset in subsets)
    position = np.empty(1 << n, dtype=np.int64)
    position[list(bitmaps)] = np.arange(1 << n)
    maps = np.array(bitmaps)
    left, right = maps[:, None], maps[None, :]
    return Blades(
        n=n,
        bitmaps=bitmaps,
        grades=np.bitwise_count(maps).astype(np.int64),
        sign=_reordering_sign(left, right, n),
        result=position[left ^ right],
        common=position[left & right],
        paths=tuple(
            (i, j, k)
            for i, j, k in itertools.product(range(n + 1), repeat=3)
            if abs(i - k) <= j <= min(i + k, 2 * n - i - k) and (i + j + k) % 2 == 0
        ),
    )


def _reordering_sign(
    left: NDArray[np.int64], right: NDArray[np.int64], n: int
) -> NDArray[np.int64]:
    """Return (-1)^(number of pairs of a vector on the left behind a vector on the right)."""
    swaps = sum(np.bitwise_count((left >> shift) & right) for shift in range(1, n + 1))
    signs: NDArray[np.int64] = 1 - 2 * (np.asarray(swaps, dtype=np.int64) % 2)
    return signs


def conjugation_signs(n: int, kind: str) -> NDArray[np.int64]:
    """Sign of each blade ``(D,)`` under one of the three conjugations.

    Parameters
    ----------
    kind
        ``"reversion"`` (-1)^(m(m-1)/2), ``"involution"`` (-1)^m or ``"conjugation"``
        (-1)^(m(m+1)/2) on grade m.
    """
    m = blades(n).grades
    exponent = {"reversion": m * (m - 1) // 2, "involution": m, "conjugation": m * (m + 1) // 2}
    signs: NDArray[np.int64] = 1 - 2 * (exponent[kind] % 2)
    return signs
