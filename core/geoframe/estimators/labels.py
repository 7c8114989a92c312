"""Classes as the user gave them, from the text that files and methods keep of them."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

MOST = 1000
"""Different whole numbers that may still be classes."""


@attrs.frozen(kw_only=True, eq=False)
class ClassLabels:
    """Classes in their own type, and what they are called in text."""

    values: NDArray[Any]
    """The classes ``(k,)``, sorted, in the type of the labels."""
    names: dict[str, int]
    """Text of a class -> its place in ``values``."""

    @classmethod
    def of(cls, labels: ArrayLike) -> ClassLabels | None:
        """Read the classes off labels ``(n,)``; None for numbers that are measured."""
        given = np.asarray(labels)
        try:
            values = np.unique(given)
        except TypeError:  # texts among numbers, or gaps
            return None
        whole = given.dtype.kind == "f" and np.isfinite(values).all() and (values % 1 == 0).all()
        if given.dtype.kind not in "biuOUS" and not (whole and len(values) <= MOST):
            return None
        names: dict[str, int] = {}
        for place, value in enumerate(values.tolist()):
            names |= dict.fromkeys((str(value), str(value).lower()), place)
            if given.dtype.kind in "biuf":
                names[f"{value:g}"] = place
        return cls(values=values, names=names)

    def restore(self, predicted: NDArray[Any]) -> NDArray[Any]:
        """Predicted classes ``(n,)`` in the type of the labels; what is none of them stays."""
        if predicted.dtype.kind not in "OUT":
            return predicted
        places = [self.names.get(str(each)) for each in predicted.tolist()]
        return predicted if None in places else self.values[np.array(places, dtype=np.int64)]

    def columns(self, prefix: str, given: list[str]) -> list[str] | None:
        """Columns ``prefix + class`` in the order of ``values``; None if they are others."""
        found = {self.names.get(name.removeprefix(prefix)): name for name in given}
        if None in found or len(found) != len(self.values):
            return None
        return [found[place] for place in range(len(self.values))]
