"""Questions by name: one name or many in, a DataFrame out. Torch-free."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from geoframe.errors import DataError, did_you_mean
from geoframe_embedding.distances import Floats, Ints, row_blocks

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

Name = str | int
"""An item's name; 7 is the item named "7"."""
Names = Name | Sequence[Name]
"""One item's name, or several."""


class NamedItems(ABC):
    """Embedded items with their names, and what can be asked of them.

    It is :class:`~geoframe_embedding.distances.PairDistances` too: the same distances by the
    items' numbers.

    Parameters
    ----------
    names
        ``n`` different names, in the order of the items' numbers.
    """

    noun: ClassVar[str] = "item"
    """What messages call an item."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)

    def __len__(self) -> int:
        """Number of items."""
        return len(self.names)

    @abstractmethod
    def rows(self, items: Ints) -> Floats:
        """Distances from some items ``(k,)`` to all, in the unit of the data -> ``(k, n)``."""

    @abstractmethod
    def between(self, first: Ints, second: Ints) -> Floats:
        """Distances of pairs of items ``(p,)`` in the unit of the data."""

    @abstractmethod
    def picture(self) -> Figure:
        """Draw the embedding."""

    def numbers(self, names: Names) -> Ints:
        """Numbers of items by name -> ``(m,)``.

        Raises
        ------
        DataError
            If a name is not known.
        """
        several = [names] if isinstance(names, str | int) else names
        number = self._index.__getitem__
        try:
            return np.fromiter(map(number, map(str, several)), dtype=np.int64, count=len(several))
        except KeyError as unknown:
            name = unknown.args[0]
        raise DataError(f"no {self.noun} '{name}'{did_you_mean(name, self.names)}")

    def distance(self, first: Names, second: Names) -> pd.DataFrame:
        """Embedded distances in the unit of the data, a row for each pair.

        Parameters
        ----------
        first, second
            Names, equally many; or one name, which is then compared with all of the other.

        Returns
        -------
        pandas.DataFrame
            ``first``, ``second``, ``distance`` from the first to the second.

        Raises
        ------
        DataError
            If a name is not known, or there are not equally many.
        """
        u, v = self.paired(first, second)
        return self.pair_frame(u, v, distance=self.between(u, v))

    def paired(self, first: Names, second: Names) -> tuple[Ints, Ints]:
        """Numbers of pairs of names ``(p,)``, one name standing for as many as needed.

        Raises
        ------
        DataError
            If a name is not known, or there are not equally many.
        """
        u, v = self.numbers(first), self.numbers(second)
        if len(u) != len(v) and 1 not in (len(u), len(v)):
            raise DataError(
                f"{len(u)} names cannot be compared with {len(v)}: give equally many, or one"
            )
        u, v = np.broadcast_arrays(u, v)
        return u, v

    def pair_frame(self, u: Ints, v: Ints, **found: NDArray[Any]) -> pd.DataFrame:
        """The names ``first`` and ``second`` of pairs of numbers, and what was found of each."""
        import pandas as pd

        names = np.array(self.names, dtype=object)
        return pd.DataFrame({"first": names[u], "second": names[v], **found})

    def nearest(self, names: Names, k: int = 10) -> pd.DataFrame:
        """The ``k`` nearest other items of each of some items, nearest first.

        Returns
        -------
        pandas.DataFrame
            ``name``, ``neighbor``, ``rank`` from 1 on, and ``distance`` in the unit of the data.

        Raises
        ------
        DataError
            If a name is not known, or ``k`` is negative.
        """
        items = self.numbers(names)
        found = self.nearest_items(items, self._checked(k))
        return self._neighbors(items, *found)

    def nearest_items(self, items: Ints, k: int) -> tuple[Floats, Ints]:
        """Distances and numbers ``(m, k)`` of the nearest other items, nearest first."""
        k = min(k, len(self) - 1)
        distances, numbers = np.empty((len(items), k)), np.empty((len(items), k), dtype=np.int64)
        for block, rows in row_blocks(self, items):
            rows[np.arange(len(rows)), items[block]] = np.inf
            order = np.argsort(rows, axis=1, kind="stable")[:, :k]
            numbers[block] = order
            distances[block] = np.take_along_axis(rows, order, axis=1)
        return distances, numbers

    def _neighbors(self, items: Ints, distances: Floats, numbers: Ints) -> pd.DataFrame:
        """Table of neighbours ``(m, k)``; infinitely far ones are none."""
        import pandas as pd

        names = np.array(self.names, dtype=object)
        there = np.isfinite(distances)
        rank = np.broadcast_to(np.arange(1, distances.shape[1] + 1), distances.shape)
        return pd.DataFrame(
            {
                "name": np.repeat(names[items], there.sum(axis=1)),
                "neighbor": names[numbers[there]],
                "rank": rank[there],
                "distance": distances[there],
            }
        )

    @staticmethod
    def _checked(k: int) -> int:
        if k < 0:
            raise DataError(f"k must be 0 or more, got {k}")
        return k

    @cached_property
    def _index(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.names)}

    def _repr_html_(self) -> str:
        from html import escape

        from geoframe.run.figures import data_uri, svg

        return f'<p>{escape(repr(self))}</p><img src="{data_uri(svg(self.picture()))}">'


def columns(frame: pd.DataFrame) -> dict[str, NDArray[np.generic]]:
    """Columns of a table keyed by name as arrays, the name first."""
    names: dict[str, NDArray[np.generic]] = {"name": frame.index.to_numpy(dtype=str)}
    return {**names, **{str(key): frame[key].to_numpy() for key in frame.columns}}
