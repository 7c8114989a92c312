"""Which products of blades a layer has to form: a list made once for each set of grades."""

from __future__ import annotations

import functools
import math

import attrs

from geoframe_cgenn.algebra.blades import Grades, blades

Term = tuple[int, int, int, int]
"""Row of the left and of the right factor, and their blades among all blades."""


@attrs.frozen(eq=False)
class ProductPlan:
    """Terms of a geometric product, by output blade and then by grade path."""

    n: int
    left: Grades
    right: Grades
    out: Grades
    terms: tuple[tuple[tuple[int, tuple[Term, ...]], ...], ...]
    """For each output row: (number of the path among all paths, its terms)."""
    paths: tuple[tuple[int, ...], ...]
    """For each output grade: numbers of the paths that lead to it."""

    @property
    def counts(self) -> tuple[int, ...]:
        """Number of blades of each grade of the result."""
        return tuple(math.comb(self.n, grade) for grade in self.out)

    @property
    def rows(self) -> tuple[int, int, int]:
        """Number of blades of the left factor, the right factor and the result."""
        left, right, out = (
            sum(math.comb(self.n, grade) for grade in grades)
            for grades in (self.left, self.right, self.out)
        )
        return left, right, out


@functools.cache
def product_plan(n: int, left: Grades, right: Grades, out: Grades) -> ProductPlan:
    """Plan the product of multivectors of grades ``left`` and ``right``.

    Parameters
    ----------
    out
        Grades of the result that are wanted; those that cannot occur are left out.
    """
    tables = blades(n)
    grade_of = tables.grades.tolist()
    number = {path: at for at, path in enumerate(tables.paths)}
    reached = tuple(j for j in out if any((i, j, k) in number for i in left for k in right))
    rows_left, rows_right = tables.positions(left), tables.positions(right)
    found: dict[int, dict[int, list[Term]]] = {at: {} for at in tables.positions(reached)}
    for a_row, a in enumerate(rows_left):
        for b_row, b in enumerate(rows_right):
            result = int(tables.result[a, b])
            if result in found:
                path = number[grade_of[a], grade_of[result], grade_of[b]]
                found[result].setdefault(path, []).append((a_row, b_row, a, b))
    terms = tuple(
        tuple((path, tuple(by_path[path])) for path in sorted(by_path))
        for by_path in found.values()
    )
    paths = tuple(
        tuple(sorted(number[i, j, k] for i in left for k in right if (i, j, k) in number))
        for j in reached
    )
    return ProductPlan(n=n, left=left, right=right, out=reached, terms=terms, paths=paths)
